//! Policies as their authors meet them: what is told of their text, and what they ask for.

mod bench;
mod corpus;
mod evaluate;
mod faults;
mod hostile;
mod manual;
mod watchdog;
mod words;

//! Policies as their authors meet them: what is told of their text, and what they ask for.

mod bench;
mod evaluate;
mod faults;

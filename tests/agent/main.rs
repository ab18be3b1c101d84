//! The whole agent: a real page in, a real API out, and a journal that tells why.
//!
//! Every scenario ends with its journal made again: each recorded pass must come out as
//! the same plan.

mod alerts;
mod doctor;
mod doctor_own;
mod draining;
mod flags;
mod fleets;
mod growing;
mod jobs;
mod kills;
mod missing;
mod notices;
mod observing;
mod operating;
mod past;
mod prometheus;
mod recording;
mod refusals;
mod releasing;
mod rollouts;
mod scene;
mod settings;
mod signed;
mod starting;
mod traffic;
mod watchdog;

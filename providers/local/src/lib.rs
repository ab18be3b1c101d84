//! Targets on the agent's own machine: numbers in files, units of systemd.
//!
//! The rule it keeps: a file is whole at every moment. It is written anew beside the old one
//! and takes its place in one step, so that whoever reads it, and whatever goes wrong, there
//! is the old text or the new.
//!
//! Start reading at [`Files`] and [`Units`]. Other providers of files read and write them by
//! [`read_text`] and [`replace_text`].

mod blocking;
mod doctor;
mod failure;
mod file;
mod files;
mod place;
mod program;
mod units;

pub use blocking::within;
pub use doctor::why_not_writable;
pub use failure::Failure;
pub use file::{Located, NoPlace, read_text, replace_text};
pub use files::{FileEyes, FileHands, Files};
pub use units::{NoUnit, Unit, UnitEyes, UnitHands, Units};

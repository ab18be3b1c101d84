//! `setpoint-sim test`: policies on given readings, with claims about what is done.
//!
//! Every test is run by the real control loop; only what it sees and touches is the test's
//! own small world. Nothing passes in silence: a file that is not wholly understood, a test
//! that claims nothing, an expectation that no pass reaches and a folder without tests all
//! fail.
//!
//! ```text
//! PATH… ──► files ──► load (TOML + policies ──► Case) ──► run (ControlLoop on a Stage)
//!                                                            └──► judge ──► Report ──► output
//! ```
//!
//! Start reading at [`Suite`]; the format is in `docs/testing-policies.md`.

mod calendars;
mod case;
mod claims;
mod coverage;
mod expression;
mod flag;
mod group;
mod inputs;
mod job;
mod judge;
mod lexer;
mod load;
mod output;
mod replicas;
mod report;
mod rollout;
mod run;
mod series;
mod setting;
mod stage;
mod suite;
mod targets;
mod test;
mod trace;
mod traffic;
mod volume;

use crate::written::{fault, policy_files, suggest, table};

pub use coverage::{Coverage, RuleCoverage};
pub use output::{json, junit, text};
pub use report::{FileReport, Report, TestReport};
pub use run::Finding;
pub use suite::Suite;

//! Policies: scripts in Rhai that say what should be, and nothing of how.
//!
//! A policy is portable: it names inputs, targets and parameters, and the place where
//! it runs binds them. It is checked before anything of it runs, sees one snapshot at
//! a time, and leaves opinions behind. It has no input or output, no clock, no
//! randomness and no way to act.
//!
//! ```text
//! text ──► check ──► Script ──► bind ──► Policy ──► Policies::evaluate ──► Evaluation
//! ```
//!
//! Start reading at [`Script::parse`] and [`Policies::evaluate`]; the words of the
//! language are in [`language`].

pub mod calendar;
mod check;
mod engine;
mod fault;
mod faults;
mod forbidden;
mod header;
pub mod language;
mod policy;
mod run;
mod script;
mod source;
mod suggest;
mod syntax;

pub use fault::{FAULTS, Fault, FaultId, Severity, render};
pub use header::{EffectHeader, Header, InputHeader, Kind, ParamKind, ParamValue, TargetHeader};
pub use policy::{Policies, Policy};
pub use script::{RuleInfo, Script};
pub use source::{MAX_BYTES, MAX_LINES, text_of};

//! Feature flags in a file of flagd's format, as targets.
//!
//! ```text
//! Flags (eyes and hands) ──► flags.json ◄── flagd, or an OpenFeature provider in the process
//! ```
//!
//! The rule it keeps: a flag is changed only where its meaning is known, which is on, off, or on
//! for a share of users. Targeting rules that somebody wrote are left alone, and so is every byte
//! of the file that is not that flag's; what stood before comes back to the byte.
//!
//! Start reading at [`Flags`]; what a document says is in `document`.

mod document;
mod flags;

pub use flags::{FlagEyes, FlagHands, Flags};

//! A report written down: for people, for programs, for CI servers.

mod json;
mod junit;
mod text;

pub use json::json;
pub use junit::junit;
pub use text::text;

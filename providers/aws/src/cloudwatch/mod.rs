//! Readings from CloudWatch.
//!
//! ```text
//! text ─► query (as configured) ─► ask (batches of one call each) ─► GetMetricData
//!                                  Reading ◄─ answer (pure: what the results mean) ◄─┘
//! ```
//!
//! The rule it keeps: a period is asked for once, when it is over and `delay` has
//! passed, and its answer stands with its own stamp until the next one is. What is
//! missing or partial is never a number. Start reading at [`CloudWatchSource`].

mod answer;
mod ask;
mod query;
mod source;

pub use query::{MetricQuery, QueryError};
pub use source::{CloudWatchSettings, CloudWatchSource};

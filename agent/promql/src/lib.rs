//! The part of PromQL that one metrics page and its recent past can answer.
//!
//! No server stands behind a scraped page, so only questions that its own samples
//! answer are taken: selectors, rates and aggregates over time, quantiles of
//! histograms, sums and arithmetic. Anything else is refused when it is read, not
//! when it is asked. Everything here is pure.
//!
//! ```text
//! bytes ──► Page ──► Recent ──┐
//! text ───► Query ────────────┴─► Reading
//! ```
//!
//! Start reading at [`Query::parse`] and [`Query::answer`].

mod answer;
mod page;
mod query;
mod recent;

pub use page::{Labels, MAX_SAMPLES, Page, PageError};
pub use query::{Query, QueryFault};
pub use recent::Recent;

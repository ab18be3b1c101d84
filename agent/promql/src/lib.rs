//! PromQL: what a metrics page can answer of it, and how a server is asked.
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
//! A server answers all of PromQL, but stamps its answers with the time of asking: what it
//! is asked here tells how old the samples are as well.
//!
//! A [`Past`] is such a server in small: the simulator's worlds answer by it.
//!
//! Start reading at [`Query::parse`] and [`Query::answer`]; for servers at [`ServerQuery`].

mod alerts;
mod answer;
mod page;
mod past;
mod query;
mod recent;
mod rows;
mod server;
mod stamps;

pub use alerts::AlertQuery;
pub use page::{Labels, MAX_SAMPLES, Page, PageError};
pub use past::Past;
pub use query::{Query, QueryFault};
pub use recent::Recent;
pub use rows::{Row, Rows};
pub use server::ServerQuery;

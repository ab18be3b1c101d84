//! Readings from Prometheus' world: metrics pages, scraped without a server between, and
//! servers that speak PromQL.
//!
//! Whatever goes wrong with a page or an answer becomes a failed reading of every input
//! bound to it, never a number. Start reading at [`ScrapeSource`] and [`PrometheusSource`].

mod answer;
mod past;
mod scrape;
mod server;

pub use scrape::{MAX_PAGE, ScrapeSource};
pub use server::{MAX_ANSWER, PrometheusSource};

//! Readings from Prometheus' world: metrics pages, scraped without a server between.
//!
//! Whatever goes wrong with a page becomes a failed reading of every input bound to
//! it, never a number. Start reading at [`ScrapeSource`].

mod fetch;
mod scrape;

pub use fetch::{FetchError, MAX_BYTES};
pub use scrape::ScrapeSource;

//! Readings from Prometheus' world: metrics pages, scraped without a server between, servers
//! that speak PromQL, and Alertmanager.
//!
//! Whatever goes wrong with a page or an answer becomes a failed reading of every input
//! bound to it, never a number. Start reading at [`ScrapeSource`], [`PrometheusSource`] and
//! [`AlertSource`]; [`RangeClient`] asks for long stretches of the past, for those who study them.

#[cfg(feature = "sources")]
mod alerts;
mod answer;
#[cfg(feature = "sources")]
mod past;
mod range;
#[cfg(feature = "sources")]
mod rows;
#[cfg(feature = "sources")]
mod scrape;
#[cfg(feature = "sources")]
mod server;

#[cfg(feature = "sources")]
pub use alerts::{AlertSource, MAX_ALERTS};
pub use answer::MAX_ANSWER;
pub use range::{RangeClient, RangeError};
#[cfg(feature = "sources")]
pub use scrape::{MAX_PAGE, ScrapeSource};
#[cfg(feature = "sources")]
pub use server::PrometheusSource;
pub use setpoint_http::{Auth, HttpSettings, Secret};

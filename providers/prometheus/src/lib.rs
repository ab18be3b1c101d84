//! Readings from Prometheus' world: metrics pages, scraped without a server between, servers
//! that speak PromQL, and Alertmanager.
//!
//! Whatever goes wrong with a page or an answer becomes a failed reading of every input
//! bound to it, never a number. Start reading at [`ScrapeSource`], [`PrometheusSource`] and
//! [`AlertSource`]; [`RangeClient`] asks for long stretches of the past, for those who study them.

mod alerts;
mod answer;
mod past;
mod range;
mod scrape;
mod server;

pub use alerts::{AlertSource, MAX_ALERTS};
pub use range::{RangeClient, RangeError};
pub use scrape::{MAX_PAGE, ScrapeSource};
pub use server::{MAX_ANSWER, PrometheusSource};
pub use setpoint_http::{Auth, HttpSettings, Secret};

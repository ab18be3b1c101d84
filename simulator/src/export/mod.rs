//! Scenarios for other tools: the same load against a real service.

mod k6;
mod stages;

pub use k6::{Target, k6};
pub use stages::{Stage, stages};

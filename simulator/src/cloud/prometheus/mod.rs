//! Metrics, as Prometheus has them: of every cloud, told apart by the label `cloud`.
//!
//! Only what the worlds published is here. A policy that is to be tried must not see more.

mod api;
mod page;

use super::{
    Pace, Shared,
    http::{Face, Lost, Reply, whole},
    live::catch_up,
};
use async_trait::async_trait;
use bytes::Bytes;
use hyper::{Request, StatusCode};
use std::sync::Arc;

/// The text format of metrics pages.
const PAGE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A metrics server in front of all worlds.
pub(super) struct Prometheus {
    worlds: Vec<Shared>,
    pace: Arc<Pace>,
}

impl Prometheus {
    pub(super) const fn new(worlds: Vec<Shared>, pace: Arc<Pace>) -> Self {
        Self { worlds, pace }
    }
}

#[async_trait]
impl Face for Prometheus {
    async fn answer(&self, request: Request<Bytes>) -> Result<Reply, Lost> {
        catch_up(&self.worlds, self.pace.now());
        Ok(match request.uri().path() {
            "/metrics" => whole(StatusCode::OK, PAGE, page::page(&self.worlds, &self.pace)),
            path if path.starts_with("/api/v1/") => {
                api::answer(&request, &page::past(&self.worlds, &self.pace), self.pace.present())
            }
            "/-/ready" | "/-/healthy" => whole(StatusCode::OK, "text/plain", "ready\n"),
            _ => whole(StatusCode::NOT_FOUND, "text/plain", "there is no such page\n"),
        })
    }
}

//! What is on each page.

use super::{board::Board, metrics::Metrics};
use std::sync::Arc;

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the pages are made from.
pub(super) struct Pages {
    /// How the agent stands.
    pub(super) board: Arc<Board>,
    /// What it counted.
    pub(super) metrics: Arc<Metrics>,
}

impl Pages {
    /// Status, content type and body of the page at `path`.
    pub(super) fn page(&self, path: &str) -> (u16, &'static str, String) {
        match path {
            "/healthz" => (200, TEXT, "ok\n".to_owned()),
            "/readyz" => match self.board.not_ready().as_slice() {
                [] => (200, TEXT, "ready\n".to_owned()),
                reasons => (503, TEXT, reasons.join("\n") + "\n"),
            },
            "/metrics" => (200, OPEN_METRICS, self.metrics.text()),
            "/api/status" => match serde_json::to_string_pretty(&self.board.status()) {
                Ok(status) => (200, JSON, status + "\n"),
                Err(error) => (500, TEXT, format!("{error}\n")),
            },
            "/" => (200, TEXT, "/metrics\n/healthz\n/readyz\n/api/status\n".to_owned()),
            _ => (404, TEXT, "there is no such page; / lists them\n".to_owned()),
        }
    }
}

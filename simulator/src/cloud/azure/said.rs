//! An answer before it is written: status, document, headers.

use super::super::http::{Reply, whole};
use bytes::Bytes;
use hyper::{
    StatusCode,
    header::{self, HeaderName, HeaderValue},
};
use serde_json::Value;
use setpoint_core::Span;

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Said {
    status: StatusCode,
    document: Value,
    headers: Vec<(HeaderName, String)>,
}

impl Said {
    /// `document` is null where nothing is said.
    pub(super) const fn new(status: StatusCode, document: Value) -> Self {
        Self { status, document, headers: Vec::new() }
    }

    pub(super) const fn ok(document: Value) -> Self {
        Self::new(StatusCode::OK, document)
    }

    /// The same with one more header.
    #[must_use]
    pub(super) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with the word to come again after so much of the machine's time, in whole seconds.
    #[must_use]
    pub(super) fn retry_after(self, wait: Span) -> Self {
        self.with(header::RETRY_AFTER, wait.ms().div_ceil(1000).max(1).to_string())
    }

    pub(super) fn reply(self) -> Reply {
        let mut reply = if self.document.is_null() {
            let mut reply = whole(self.status, "application/json", Bytes::new());
            reply.headers_mut().remove(header::CONTENT_TYPE);
            reply
        } else {
            whole(self.status, "application/json; charset=utf-8", self.document.to_string())
        };
        for (name, value) in self.headers {
            // What a caller wrote, and could not be sent back, is left out.
            if let Ok(value) = HeaderValue::from_str(&value) {
                reply.headers_mut().append(name, value);
            }
        }
        reply
    }
}

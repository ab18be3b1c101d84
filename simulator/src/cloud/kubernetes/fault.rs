//! Why a call is answered with no, as the API's own `Status` says it.

use super::{super::http::Reply, json, route::Target, store::Key};
use hyper::{
    StatusCode,
    header::{self, HeaderValue},
};
use serde_json::{Value, json};
use setpoint_core::{FailureKind, Span};

/// A no.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    status: StatusCode,
    reason: &'static str,
    message: String,
    details: Value,
    retry_after: Option<Span>,
}

impl Fault {
    fn new(status: StatusCode, reason: &'static str, message: impl Into<String>) -> Self {
        let (message, details) = (message.into(), Value::Null);
        Self { status, reason, message, details, retry_after: None }
    }

    fn of_key(mut self, key: &Key) -> Self {
        let (group, kind) = (key.kind.group, key.kind.plural);
        self.details = json!({ "name": key.name, "group": group, "kind": kind });
        self
    }

    /// There is no such kind of thing.
    pub(super) fn no_resource() -> Self {
        let message = "the server could not find the requested resource";
        Self::new(StatusCode::NOT_FOUND, "NotFound", message)
    }

    /// There is no such thing.
    pub(super) fn not_found(key: &Key) -> Self {
        let message = format!("{} \"{}\" not found", key.kind.qualified(), key.name);
        Self::new(StatusCode::NOT_FOUND, "NotFound", message).of_key(key)
    }

    /// There is such a thing already.
    pub(super) fn exists(key: &Key) -> Self {
        let message = format!("{} \"{}\" already exists", key.kind.qualified(), key.name);
        Self::new(StatusCode::CONFLICT, "AlreadyExists", message).of_key(key)
    }

    /// Somebody was faster.
    pub(super) fn conflict(key: &Key) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{}\": the object has been modified; please \
             apply your changes to the latest version and try again",
            key.kind.qualified(),
            key.name
        );
        Self::new(StatusCode::CONFLICT, "Conflict", message).of_key(key)
    }

    /// It is another thing than the one that is meant.
    pub(super) fn precondition(key: &Key, what: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{}\": Precondition failed: {what}",
            key.kind.qualified(),
            key.name
        );
        Self::new(StatusCode::CONFLICT, "Conflict", message).of_key(key)
    }

    /// A document that cannot be meant.
    pub(super) fn invalid(key: &Key, why: &str) -> Self {
        let group = if key.kind.group.is_empty() { "" } else { "." };
        let kind = format!("{}{group}{}", key.kind.name, key.kind.group);
        let message = format!("{kind} \"{}\" is invalid: {why}", key.name);
        let fault = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message);
        let (field, cause) = why.split_once(": ").unwrap_or(("", why));
        let cause = json!({ "reason": "FieldValueInvalid", "message": cause, "field": field });
        let (group, kind) = (key.kind.group, key.kind.name);
        let details = json!({ "name": key.name, "group": group, "kind": kind, "causes": [cause] });
        Self { details, ..fault }
    }

    /// A request that cannot be meant.
    pub(super) fn bad(why: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", why)
    }

    /// The rest of a list, or a past, that is no longer kept.
    pub(super) fn expired(why: &str) -> Self {
        Self::new(StatusCode::GONE, "Expired", why)
    }

    /// A patch in a language that is not spoken here.
    pub(super) fn media(kind: &str) -> Self {
        let message = format!("the body of the request was in an unknown format: {kind}");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
    }

    /// Nothing that can be done with such a thing.
    pub(super) fn method(method: &str) -> Self {
        let message = format!("{method} is not supported on resources of this kind");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
    }

    /// Nobody knows who calls.
    pub(super) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Unauthorized", "Unauthorized")
    }

    /// Who calls may not do that.
    pub(super) fn forbidden(user: &str, verb: &str, target: &Target) -> Self {
        let Target { kind, namespace, name, sub } = target;
        let named = name.as_ref().map(|name| format!(" \"{name}\"")).unwrap_or_default();
        let place = namespace.as_ref().map_or_else(
            || "at the cluster scope".to_owned(),
            |it| format!("in the namespace \"{it}\""),
        );
        let message = format!(
            "{}{named} is forbidden: User \"{user}\" cannot {verb} resource \"{}{}\" in API group \
             \"{}\" {place}",
            kind.qualified(),
            kind.plural,
            sub.suffix(),
            kind.group,
        );
        Self::new(StatusCode::FORBIDDEN, "Forbidden", message)
    }

    /// The world's API did not take the call. `takes` is how long a time of the world's is.
    pub(super) fn of(kind: FailureKind, takes: impl Fn(Span) -> Span) -> Self {
        if let FailureKind::Throttled { retry_after } = kind {
            let message = "Too many requests, please try again later.";
            let wait = takes(retry_after.unwrap_or(Span::from_secs(1)));
            let retry_after = Some(wait);
            let fault = Self::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", message);
            return Self { retry_after, ..fault };
        }
        let message = "the server is currently unable to handle the request";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", message)
    }

    /// The same as a document.
    pub(super) fn document(&self) -> Value {
        let mut details = self.details.clone();
        if let Some(seconds) = self.seconds() {
            details = json!({ "retryAfterSeconds": seconds });
        }
        let mut document = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": self.message, "reason": self.reason, "code": self.status.as_u16(),
        });
        if !details.is_null() {
            document["details"] = details;
        }
        document
    }

    /// How long to wait, in whole seconds, if the caller should.
    fn seconds(&self) -> Option<u64> {
        self.retry_after.map(|wait| wait.ms().div_ceil(1000).max(1))
    }

    /// The same as an answer.
    pub(super) fn reply(&self) -> Reply {
        let mut reply = json(self.status, &self.document());
        if let Some(seconds) = self.seconds() {
            reply.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        reply
    }
}

//! Why a call is answered with no, as ARM says it.

use super::{super::http::Reply, route::Route, said::Said};
use hyper::{StatusCode, header};
use serde_json::{Value, json};
use setpoint_core::{FailureKind, Span};

/// A no.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fault {
    status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
    details: Value,
    retry_after: Option<Span>,
    /// Where a token is to be had, for those who need one.
    authority: Option<String>,
}

impl Fault {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let (message, details) = (message.into(), Value::Null);
        Self { status, code, message, details, retry_after: None, authority: None }
    }

    /// There is nothing at this address.
    pub(super) fn unknown(path: &str) -> Self {
        let message = format!("{path} is not simulated here.");
        Self::new(StatusCode::NOT_FOUND, "InvalidResourceType", message)
    }

    /// Nothing that can be done there.
    pub(super) fn method(method: &str) -> Self {
        let message = format!("The requested resource does not support http method '{method}'.");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", message)
    }

    /// The request does not say in which version it speaks.
    pub(super) fn no_version() -> Self {
        let message =
            "The api-version query parameter (?api-version=) is required for all requests.";
        Self::new(StatusCode::BAD_REQUEST, "MissingApiVersionParameter", message)
    }

    /// It says so in no way that is understood.
    pub(super) fn version(version: &str) -> Self {
        let message =
            format!("The api-version '{version}' is invalid. A date is wanted, as 2024-07-01.");
        Self::new(StatusCode::BAD_REQUEST, "InvalidApiVersionParameter", message)
    }

    /// There is no such resource group.
    pub(super) fn no_group(group: &str) -> Self {
        let message = format!("Resource group '{group}' could not be found.");
        Self::new(StatusCode::NOT_FOUND, "ResourceGroupNotFound", message)
    }

    /// There is no such resource in the group.
    pub(super) fn not_found(kind: &str, name: &str) -> Self {
        let group = super::GROUP;
        let message =
            format!("The Resource '{kind}/{name}' under resource group '{group}' was not found.");
        Self::new(StatusCode::NOT_FOUND, "ResourceNotFound", message)
    }

    /// There is no such instance in the set.
    pub(super) fn no_instance(set: &str, id: &str) -> Self {
        let message = format!("The entity '{set}_{id}' was not found in this scale set.");
        Self::new(StatusCode::NOT_FOUND, "NotFound", message)
    }

    /// There is no such operation, or none any more.
    pub(super) fn no_operation(id: &str) -> Self {
        let message = format!("The operation '{id}' was not found.");
        Self::new(StatusCode::NOT_FOUND, "NotFound", message)
    }

    /// A request that cannot be read.
    pub(super) fn content(why: &str) -> Self {
        let message =
            format!("The request content was invalid and could not be deserialized: '{why}'.");
        Self::new(StatusCode::BAD_REQUEST, "InvalidRequestContent", message)
    }

    /// A request that can be read, and not be meant.
    pub(super) fn parameter(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidParameter", message)
    }

    /// The same, as the servers of databases say it.
    pub(super) fn value(why: &str) -> Self {
        let message = format!("The request has an invalid parameter value: {why}.");
        Self::new(StatusCode::BAD_REQUEST, "InvalidParameterValue", message)
    }

    /// A server cannot be called what another is.
    pub(super) fn name_taken(name: &str) -> Self {
        let message = format!("Specified server name '{name}' is already used.");
        Self::new(StatusCode::CONFLICT, "ServerNameAlreadyExists", message)
    }

    /// Users find somebody else by this name.
    pub(super) fn dns_taken(message: String) -> Self {
        Self::new(StatusCode::CONFLICT, "Conflict", message)
    }

    /// Something else goes on with a server.
    pub(super) fn busy(name: &str) -> Self {
        let message = format!(
            "Cannot complete operation while server '{name}' is busy processing another \
             operation. Please try again later."
        );
        Self::new(StatusCode::CONFLICT, "ServerIsBusy", message)
    }

    /// A resource without a place.
    pub(super) fn no_location() -> Self {
        let message = "The location property is required for this definition.";
        Self::new(StatusCode::BAD_REQUEST, "LocationRequired", message)
    }

    /// A resource that is elsewhere already.
    pub(super) fn location(name: &str, own: &str, asked: &str) -> Self {
        let message = format!(
            "The resource '{name}' already exists in location '{own}' in resource group '{}'. A \
             resource with the same name cannot be created in location '{asked}'. Please select a \
             new resource name.",
            super::GROUP
        );
        Self::new(StatusCode::CONFLICT, "InvalidResourceLocation", message)
    }

    /// A question about metrics, or a profile of traffic, that cannot be meant.
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    /// Somebody was faster.
    pub(super) fn precondition() -> Self {
        let message = "The condition in the If-Match or If-None-Match header was not satisfied.";
        Self::new(StatusCode::PRECONDITION_FAILED, "PreconditionFailed", message)
    }

    /// Not now, or not so much.
    pub(super) fn not_allowed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "OperationNotAllowed", message)
    }

    /// Nobody knows who calls.
    pub(super) fn unauthenticated(route: &Route) -> Self {
        let message = "Authentication failed. The 'Authorization' header is missing.";
        let fault = Self::new(StatusCode::UNAUTHORIZED, "AuthenticationFailed", message);
        Self { authority: Some(format!("{}/common", route.base())), ..fault }
    }

    /// Who calls may not do that.
    pub(super) fn unauthorized(user: &str, action: &str, route: &Route) -> Self {
        let scope = &route.path;
        let message = format!(
            "The client '{user}' does not have authorization to perform action '{action}' over \
             scope '{scope}' or the scope is invalid. If access was recently granted, please \
             refresh your credentials."
        );
        Self::new(StatusCode::FORBIDDEN, "AuthorizationFailed", message)
    }

    /// The world's API did not take the call. `takes` is how long a time of the world's is.
    pub(super) fn of(kind: FailureKind, takes: impl Fn(Span) -> Span) -> Self {
        if let FailureKind::Throttled { retry_after } = kind {
            let message = "The server rejected the request because too many requests have been \
                           received for this subscription.";
            let fault = Self::new(StatusCode::TOO_MANY_REQUESTS, "OperationNotAllowed", message);
            let details = json!([{ "code": "TooManyRequests", "target": "Subscription",
                                   "message": "The limit of calls is reached." }]);
            let retry_after = Some(takes(retry_after.unwrap_or(Span::from_secs(1))));
            return Self { details, retry_after, ..fault };
        }
        let message = "Encountered internal server error.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", message)
    }

    /// The same as an answer.
    pub(super) fn reply(&self) -> Reply {
        let mut error = json!({ "code": self.code, "message": self.message });
        if !self.details.is_null() {
            error["details"] = self.details.clone();
        }
        let mut said = Said::new(self.status, json!({ "error": error }));
        if let Some(wait) = self.retry_after {
            said = said.retry_after(wait);
        }
        if let Some(authority) = &self.authority {
            let how = format!("Bearer authorization_uri=\"{authority}\", error=\"invalid_token\"");
            said = said.with(header::WWW_AUTHENTICATE, how);
        }
        said.reply()
    }
}

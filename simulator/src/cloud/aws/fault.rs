//! Why a call is answered with no. The codes are those of the services' published models.

use hyper::StatusCode;
use setpoint_core::FailureKind;

/// An error as AWS tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Fault {
    /// The caller's doing.
    pub(super) fn sender(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into() }
    }

    /// The same, where the service has it that such a thing was not found.
    pub(super) fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND, ..Self::sender(code, message) }
    }

    /// The same, where something of that name is there already.
    pub(super) fn conflict(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::CONFLICT, ..Self::sender(code, message) }
    }

    /// A parameter that cannot be meant.
    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::sender("ValidationError", message)
    }

    /// A parameter that is not there.
    pub(super) fn missing(name: &str) -> Self {
        Self::validation(format!("{name} must be given"))
    }

    /// Nothing of that name can be done here.
    pub(super) fn unknown_action(message: impl Into<String>) -> Self {
        Self::sender("InvalidAction", message)
    }

    /// Who calls is not who they say they are, or does not say it.
    pub(super) fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: StatusCode::FORBIDDEN, ..Self::sender(code, message) }
    }

    /// The world's API did not take the call.
    pub(super) fn of(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Throttled { .. } => Self::sender("Throttling", "Rate exceeded"),
            FailureKind::Unavailable | FailureKind::Stale | FailureKind::Refused => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                code: "ServiceUnavailable",
                message: "the service cannot answer just now".to_owned(),
            },
        }
    }

    /// Whose doing it is, as the query protocol says it.
    pub(super) fn blames(&self) -> &'static str {
        if self.status.is_server_error() { "Receiver" } else { "Sender" }
    }
}

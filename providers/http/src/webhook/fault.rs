//! What may be done about a service that did not say yes.

use crate::failure::{FetchError, hint};
use reqwest::StatusCode;
use setpoint_control::Sorted;
use setpoint_core::{FailureKind, Span};

/// Why something could not be read or done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// No answer could be had.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The service answered no.
    #[error("it answered {status}{}{}", note(.text), hint(*.status))]
    Answer {
        /// Its status.
        status: StatusCode,
        /// The beginning of what it said.
        text: String,
        /// When it may be asked again, if it said so.
        retry_after: Option<Span>,
    },
    /// Its document is not what it should be.
    #[error("{0}")]
    Content(String),
    /// The world has moved on since the decision.
    #[error("{0}")]
    Stale(String),
    /// It is not for us to do.
    #[error("{0}")]
    Refused(String),
}

impl Fault {
    /// There is nothing at `place`.
    pub(crate) fn no(place: &str) -> Self {
        Self::Content(format!("there is no {place}"))
    }
}

impl Sorted for Fault {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Fetch(FetchError::Late(_) | FetchError::Connection(_)) => {
                FailureKind::Unavailable
            }
            Self::Fetch(FetchError::Status { status }) => of_status(*status, None),
            Self::Fetch(
                FetchError::TooLarge { .. }
                | FetchError::Secret(_)
                | FetchError::NoHeader
                | FetchError::Unsigned(_),
            )
            | Self::Content(_)
            | Self::Refused(_) => FailureKind::Refused,
            Self::Answer { status, retry_after, .. } => of_status(*status, *retry_after),
            Self::Stale(_) => FailureKind::Stale,
        }
    }
}

/// A status that is no yes: whether it was done is not known of one from 500 up.
fn of_status(status: StatusCode, retry_after: Option<Span>) -> FailureKind {
    match status {
        StatusCode::TOO_MANY_REQUESTS => FailureKind::Throttled { retry_after },
        StatusCode::CONFLICT | StatusCode::PRECONDITION_FAILED | StatusCode::LOCKED => {
            FailureKind::Stale
        }
        StatusCode::REQUEST_TIMEOUT => FailureKind::Unavailable,
        status if status.is_server_error() => FailureKind::Unavailable,
        _ => FailureKind::Refused,
    }
}

fn note(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_no_is_never_taken_for_a_perhaps() {
        use FailureKind::{Refused, Stale, Unavailable};
        let throttled = FailureKind::Throttled { retry_after: Some(Span::from_secs(2)) };
        for (status, expected) in [
            (400, Refused),
            (401, Refused),
            (404, Refused),
            (301, Refused),
            (408, Unavailable),
            (409, Stale),
            (412, Stale),
            (423, Stale),
            (429, throttled),
            (500, Unavailable),
            (503, Unavailable),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            let retry_after = Some(Span::from_secs(2));
            let fault = Fault::Answer { status, text: String::new(), retry_after };
            assert_eq!(fault.kind(), expected, "{status}");
        }
    }
}

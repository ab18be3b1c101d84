//! Why a look or an action did not come off, in words for a person, and what may be done about it.

use setpoint_control::Sorted;
use setpoint_core::{FailureKind, Span};
use std::{error::Error as StdError, fmt};

/// Why a look or an action did not come off.
pub(crate) type Fault = setpoint_control::Fault<CallError>;

/// What was asked, and what Azure's permissions call that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// In words: "get scale set web".
    pub(crate) words: String,
    /// The action that a role must have: "Microsoft.Compute/virtualMachineScaleSets/read".
    pub(crate) action: &'static str,
    /// On what it must have it: the path of a resource or a group.
    pub(crate) scope: String,
}

/// One call that did not succeed.
#[derive(Debug)]
pub(crate) struct CallError {
    /// What was asked.
    pub(crate) asked: Box<Asked>,
    heard: Heard,
}

impl StdError for CallError {}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Asked { words, action, scope } = &*self.asked;
        write!(f, "{words}: {}", self.heard)?;
        if self.has_status(&[401]) {
            write!(f, "; the credentials were refused: `setpoint doctor` tells whose they are")?;
        }
        if self.has_status(&[403]) {
            write!(f, "; a role with {action} on {scope} would allow it")?;
        }
        Ok(())
    }
}

/// What was heard after a call that did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Heard {
    /// Nothing, or nothing whole: no connection, no answer in time, an answer cut short.
    #[error("{0}")]
    Nothing(String),
    /// The request never left: there is no token to send with it.
    #[error("no token could be had: {0}")]
    NoToken(String),
    /// The answer makes no sense.
    #[error("the answer is not understood: {0}")]
    Strange(String),
    /// An answer other than a yes.
    #[error("{}", in_words(*status, code, message))]
    Answer {
        /// The HTTP status.
        status: u16,
        /// Azure's own code: "OperationNotAllowed".
        code: String,
        /// Azure's own words.
        message: String,
        /// How long to wait, if it says.
        retry_after: Option<Span>,
    },
}

/// Codes of a conflict that does not pass by looking again: a person must ask Azure for more.
const QUOTA: [&str; 2] = ["QuotaExceeded", "SkuNotAvailable"];
/// Codes that say that Azure has no room, just now.
const NO_ROOM: [&str; 3] =
    ["AllocationFailed", "ZonalAllocationFailed", "OverconstrainedAllocationRequest"];

impl Sorted for CallError {
    /// What may be done about it: codes first, then the status; an unknown no is a no.
    fn kind(&self) -> FailureKind {
        let (status, code, message, retry_after) = match &self.heard {
            Heard::Nothing(_) | Heard::Strange(_) => return FailureKind::Unavailable,
            Heard::NoToken(_) => return FailureKind::Refused,
            Heard::Answer { status, code, message, retry_after } => {
                (*status, &**code, message, *retry_after)
            }
        };
        let is_quota = QUOTA.contains(&code)
            || (code == "OperationNotAllowed" && message.to_lowercase().contains("quota"));
        match status {
            429 => FailureKind::Throttled { retry_after },
            _ if is_quota => FailureKind::Refused,
            _ if NO_ROOM.contains(&code) => FailureKind::Unavailable,
            // Changed, gone, or in somebody else's hands: the decision was about something else.
            404 | 409 | 412 => FailureKind::Stale,
            408 => FailureKind::Unavailable,
            status if status >= 500 => FailureKind::Unavailable,
            _ => FailureKind::Refused,
        }
    }
}

impl CallError {
    pub(crate) fn new(asked: Asked, heard: Heard) -> Self {
        Self { asked: Box::new(asked), heard }
    }

    fn has_status(&self, wanted: &[u16]) -> bool {
        matches!(&self.heard, Heard::Answer { status, .. } if wanted.contains(status))
    }

    /// Whether Azure knows us, or not, and does not permit it.
    pub(crate) fn is_forbidden(&self) -> bool {
        self.has_status(&[401, 403])
    }

    /// Whether there is nothing where it was looked for.
    pub(crate) fn is_missing(&self) -> bool {
        self.has_status(&[404])
    }

    /// Whether there is nobody to ask with: no token.
    pub(crate) fn is_without_token(&self) -> bool {
        matches!(self.heard, Heard::NoToken(_))
    }
}

fn in_words(status: u16, code: &str, message: &str) -> String {
    match (status, code.trim(), message.trim()) {
        (401, _, "") => "the token was refused (401)".to_owned(),
        (_, "", "") => format!("status {status}"),
        (_, words, "") | (_, "", words) => format!("{words} ({status})"),
        (_, code, message) => format!("{} ({status} {code})", message.trim_end_matches('.')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, code: &str, message: &str) -> CallError {
        let asked = Asked {
            words: "resize scale set web".to_owned(),
            action: "Microsoft.Compute/virtualMachineScaleSets/write",
            scope: "/subscriptions/s/resourceGroups/games".to_owned(),
        };
        let (code, message) = (code.to_owned(), message.to_owned());
        let retry_after = Some(Span::from_secs(2));
        CallError::new(asked, Heard::Answer { status, code, message, retry_after })
    }

    #[test]
    fn it_says_what_may_be_done() {
        let throttled = FailureKind::Throttled { retry_after: Some(Span::from_secs(2)) };
        for (status, code, expected) in [
            (429, "OperationNotAllowed", throttled),
            (409, "Conflict", FailureKind::Stale),
            (409, "OperationNotAllowed", FailureKind::Stale),
            (409, "QuotaExceeded", FailureKind::Refused),
            (409, "AllocationFailed", FailureKind::Unavailable),
            (412, "PreconditionFailed", FailureKind::Stale),
            (404, "ResourceNotFound", FailureKind::Stale),
            (408, "", FailureKind::Unavailable),
            (500, "InternalServerError", FailureKind::Unavailable),
            (503, "", FailureKind::Unavailable),
            (401, "InvalidAuthenticationToken", FailureKind::Refused),
            (403, "AuthorizationFailed", FailureKind::Refused),
            (400, "InvalidParameter", FailureKind::Refused),
            (301, "", FailureKind::Refused),
        ] {
            assert_eq!(error(status, code, "words").kind(), expected, "{status} {code}");
        }
        let quota = error(409, "OperationNotAllowed", "exceeding approved Total Cores quota");
        assert_eq!(quota.kind(), FailureKind::Refused);
    }

    #[test]
    fn what_is_not_permitted_is_told_with_what_would_allow_it() {
        assert_eq!(
            error(403, "AuthorizationFailed", "The client may not.").to_string(),
            "resize scale set web: The client may not (403 AuthorizationFailed); a role with \
             Microsoft.Compute/virtualMachineScaleSets/write on \
             /subscriptions/s/resourceGroups/games would allow it"
        );
        assert_eq!(error(502, "", "").to_string(), "resize scale set web: status 502");
    }
}

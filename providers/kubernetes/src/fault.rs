//! Why a look or an action did not come off, in words for a person, and what may be done about it.

use setpoint_control::Sorted;
use setpoint_core::{FailureKind, Span};
use std::{error::Error as StdError, fmt};

/// Why a look or an action did not come off.
pub(crate) type Fault = setpoint_control::Fault<CallError>;

/// What was asked, as the cluster's permissions name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// "get", "list", "patch", "delete".
    pub(crate) verb: &'static str,
    /// The API group; empty for the core's.
    pub(crate) group: String,
    /// The resource, with its subresource: "deployments/scale".
    pub(crate) resource: String,
    /// The object, if it is one.
    pub(crate) name: Option<String>,
}

impl Asked {
    /// What would have to be allowed, as a rule of a role.
    pub(crate) fn rule(&self) -> String {
        let Self { verb, group, resource, name } = self;
        let names =
            name.as_ref().map_or_else(String::new, |name| format!(", resourceNames: [\"{name}\"]"));
        format!(
            "{{apiGroups: [\"{group}\"], resources: [\"{resource}\"]{names}, verbs: [\"{verb}\"]}}"
        )
    }
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
        let Asked { verb, resource, name, .. } = &*self.asked;
        write!(f, "{verb} {resource}")?;
        if let Some(name) = name {
            write!(f, " {name}")?;
        }
        write!(f, ": {}", self.heard)?;
        if self.has_status(&[403]) {
            write!(f, "; the rule {} would allow it", self.asked.rule())?;
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
    /// The request never left: there are no credentials to send with it.
    #[error("the credentials could not be had: {0}")]
    NotSent(String),
    /// The answer makes no sense.
    #[error("the answer is not understood: {0}")]
    Strange(String),
    /// An answer other than a yes.
    #[error("{}", in_words(*status, message))]
    Answer {
        /// The HTTP status.
        status: u16,
        /// The server's own words.
        message: String,
        /// How long to wait, if it says.
        retry_after: Option<Span>,
    },
}

impl Sorted for CallError {
    fn kind(&self) -> FailureKind {
        match &self.heard {
            Heard::Nothing(_) | Heard::Strange(_) => FailureKind::Unavailable,
            Heard::NotSent(_) => FailureKind::Refused,
            Heard::Answer { status, retry_after, .. } => match status {
                429 => FailureKind::Throttled { retry_after: *retry_after },
                // Changed, gone, or not yet there: the decision was about something else.
                404 | 409 => FailureKind::Stale,
                // The rest of a list that is no longer kept: the next look starts afresh.
                410 => FailureKind::Unavailable,
                status if *status >= 500 => FailureKind::Unavailable,
                _ => FailureKind::Refused,
            },
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

    /// Whether the server knows us, or not, and does not permit it.
    pub(crate) fn is_forbidden(&self) -> bool {
        self.has_status(&[401, 403])
    }

    /// Whether there is no such thing, or no such kind of thing.
    pub(crate) fn is_unknown(&self) -> bool {
        self.has_status(&[404])
    }
}

fn in_words(status: u16, message: &str) -> String {
    match (status, message.trim()) {
        (401, _) => "the credentials were refused (401)".to_owned(),
        (_, "") => format!("status {status}"),
        (_, message) => format!("{message} ({status})"),
    }
}

/// Every cause behind `error`, outermost first, each said once.
pub(crate) fn causes(error: &dyn StdError) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !words.contains(&text) {
            words = format!("{words}: {text}");
        }
        next = cause.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Asked {
        Asked {
            verb: "patch",
            group: "apps".to_owned(),
            resource: "deployments/scale".to_owned(),
            name: Some("web".to_owned()),
        }
    }

    #[test]
    fn it_says_what_may_be_done() {
        let throttled = FailureKind::Throttled { retry_after: Some(Span::from_secs(2)) };
        for (status, expected) in [
            (429, throttled),
            (409, FailureKind::Stale),
            (404, FailureKind::Stale),
            (410, FailureKind::Unavailable),
            (500, FailureKind::Unavailable),
            (504, FailureKind::Unavailable),
            (401, FailureKind::Refused),
            (403, FailureKind::Refused),
            (422, FailureKind::Refused),
            (301, FailureKind::Refused),
        ] {
            let retry_after = Some(Span::from_secs(2));
            let heard = Heard::Answer { status, message: String::new(), retry_after };
            assert_eq!(CallError::new(asked(), heard).kind(), expected, "{status}");
        }
        let silent = CallError::new(asked(), Heard::Nothing("refused".to_owned()));
        assert_eq!(silent.kind(), FailureKind::Unavailable);
        let unsent = CallError::new(asked(), Heard::NotSent("no token".to_owned()));
        assert_eq!(unsent.kind(), FailureKind::Refused);
    }

    #[test]
    fn what_would_have_to_be_allowed_is_a_rule_to_be_copied() {
        assert_eq!(
            asked().rule(),
            "{apiGroups: [\"apps\"], resources: [\"deployments/scale\"], \
             resourceNames: [\"web\"], verbs: [\"patch\"]}"
        );
    }
}

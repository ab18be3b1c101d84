//! What is said over the socket: one line of JSON each way, then it is closed.
//!
//! ```text
//! {"version":1,"ask":{"pause":{"reason":"a drill","lasts":1800000}}}
//! {"version":1,"reply":{"taken":{"pass":812}}}
//! ```

use super::Status;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use setpoint_core::Span;

/// The version of this protocol. Both sides say it first.
pub(crate) const VERSION: u32 = 1;

/// The longest question, in bytes.
pub(crate) const LONGEST_QUESTION: u64 = 16 * 1024;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Question {
    pub(crate) version: u32,
    pub(crate) ask: Ask,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Ask {
    /// How do things stand?
    Status,
    /// Do nothing until resumed, or until the time is over.
    Pause {
        /// Why, in a person's words.
        reason: String,
        /// For how long; until resumed without.
        lasts: Option<Span>,
        /// Only this target.
        target: Option<String>,
    },
    /// Go on.
    Resume {
        /// Only this target.
        target: Option<String>,
    },
    /// Shrink where that waits for an approval.
    Approve {
        /// This target.
        target: String,
        /// Down to this size and no further.
        to: u32,
        /// Who says so.
        by: String,
    },
    /// Leave this target alone from now on.
    Release {
        /// This target.
        target: String,
        /// Why, in a person's words.
        reason: String,
        /// Who says so.
        by: String,
        /// Of a database: remove the replicas that we made first.
        remove_replicas: bool,
    },
    /// Act on this target again.
    Adopt {
        /// This target.
        target: String,
        /// Who says so.
        by: String,
    },
    /// Read the configuration and the policies again.
    Reload,
}

impl Ask {
    /// The target it is about, if it is about one alone.
    pub(crate) fn target(&self) -> Option<&str> {
        match self {
            Self::Pause { target, .. } | Self::Resume { target } => target.as_deref(),
            Self::Approve { target, .. }
            | Self::Release { target, .. }
            | Self::Adopt { target, .. } => Some(target),
            Self::Status | Self::Reload => None,
        }
    }
}

/// An answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) version: u32,
    pub(crate) reply: Reply,
}

/// What is answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reply {
    /// So do they stand.
    Status(Box<Status>),
    /// A pass has taken the order in.
    Taken {
        /// Its number.
        pass: u64,
    },
    /// The new configuration is in force.
    Reloaded {
        /// What it has.
        what: String,
    },
    /// No, and why.
    Refused {
        /// Why.
        why: String,
    },
}

/// Reads a question, or says what is wrong with it.
pub(crate) fn understand(line: &[u8]) -> Result<Ask, String> {
    let value: Value = serde_json::from_slice(line).map_err(|error| format!("no JSON: {error}"))?;
    match value.get("version").and_then(Value::as_u64) {
        Some(version) if version == u64::from(VERSION) => {}
        Some(version) => {
            return Err(format!("this agent speaks version {VERSION}, not {version}"));
        }
        None => return Err(format!("no version: this agent speaks version {VERSION}")),
    }
    let question: Question = serde_json::from_value(value).map_err(|error| error.to_string())?;
    Ok(question.ask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(line: &str, why: &str) {
        let said = understand(line.as_bytes()).unwrap_err();
        assert!(said.contains(why), "{said}");
    }

    #[test]
    fn a_question_reads_back_as_it_was_asked() {
        let lasts = Some(Span::from_minutes(30));
        let ask = Ask::Pause { reason: "a drill".into(), lasts, target: None };
        let line = serde_json::to_vec(&Question { version: VERSION, ask: ask.clone() }).unwrap();
        assert_eq!(understand(&line), Ok(ask));
        assert_eq!(understand(br#"{"version":1,"ask":"status"}"#), Ok(Ask::Status));
    }

    #[test]
    fn what_is_not_understood_is_never_half_obeyed() {
        refused("pause", "no JSON");
        refused("{}", "no version");
        refused(r#"{"version":2,"ask":"status"}"#, "version 1, not 2");
        refused(r#"{"version":1,"ask":"stop"}"#, "unknown variant");
        refused(r#"{"version":1,"ask":"status","and":1}"#, "unknown field");
        refused(r#"{"version":1,"ask":{"pause":{"reason":"x","fro":1}}}"#, "unknown field");
        refused(r#"{"version":1,"ask":{"pause":{"lasts":-1,"reason":""}}}"#, "invalid value");
    }
}

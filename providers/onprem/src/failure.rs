//! What can go wrong between us, HAProxy and the programs that start and stop members.

use setpoint_control::Sorted;
use setpoint_core::{FailureKind, Span};
use std::io;

/// Why something could not be read or done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// HAProxy does not answer.
    #[error("HAProxy does not answer at {0}: {1}")]
    Unreachable(String, #[source] io::Error),
    /// Its answer has no end.
    #[error("HAProxy's answer at {0} is not whole")]
    Cut(String),
    /// It took too long.
    #[error("not done within {0}")]
    Late(Span),
    /// HAProxy has no such backend.
    #[error("HAProxy has no backend {0}")]
    NoBackend(String),
    /// The socket permits less than it takes.
    #[error("HAProxy denies it: the socket is not of level admin")]
    Denied,
    /// What HAProxy says is not what it should be.
    #[error("HAProxy says {0:?}")]
    Answer(String),
    /// A program does not do it.
    #[error("{0}")]
    Program(String),
    /// It has been begun and is not over.
    #[error("{0}")]
    Unfinished(String),
    /// The world has moved on since the decision.
    #[error("{0}")]
    Stale(String),
    /// It is not for us to do.
    #[error("{0}")]
    Refused(String),
}

impl Sorted for Failure {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Unreachable(..) | Self::Cut(_) | Self::Late(_) | Self::Unfinished(_) => {
                FailureKind::Unavailable
            }
            Self::Stale(_) => FailureKind::Stale,
            Self::NoBackend(_)
            | Self::Denied
            | Self::Answer(_)
            | Self::Program(_)
            | Self::Refused(_) => FailureKind::Refused,
        }
    }
}

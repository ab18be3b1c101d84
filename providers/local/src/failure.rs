//! What can go wrong on the agent's own machine.

use setpoint_control::Sorted;
use setpoint_core::{FailureKind, Span};
use std::{io, path::PathBuf};

/// Why something could not be read or done.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A file cannot be read or written.
    #[error("{} cannot be {what}: {source}{}", path.display(), remedy(source))]
    File {
        /// The file.
        path: PathBuf,
        /// What was being done with it.
        what: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// What is in a file is not what it should be.
    #[error("{0}")]
    Content(String),
    /// The world has moved on since the decision.
    #[error("{0}")]
    Stale(String),
    /// It is not for us to do.
    #[error("{0}")]
    Refused(String),
    /// Who would do it cannot be asked, or did not live to say what came of it.
    #[error("{0}")]
    Unreachable(String),
    /// It took too long: a file system that hangs.
    #[error("not done within {0}")]
    Late(Span),
}

impl Sorted for Failure {
    fn kind(&self) -> FailureKind {
        match self {
            Self::File { source, .. } if is_forbidden(source) => FailureKind::Refused,
            Self::File { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                FailureKind::Stale
            }
            // A disk that is full or broken, a server of files that is gone.
            Self::File { .. } | Self::Unreachable(_) => FailureKind::Unavailable,
            Self::Content(_) | Self::Refused(_) => FailureKind::Refused,
            Self::Stale(_) => FailureKind::Stale,
            Self::Late(_) => FailureKind::Unavailable,
        }
    }
}

/// What people can do about it, after what joins it to the words.
fn remedy(error: &io::Error) -> &'static str {
    let kind = error.kind();
    if kind == io::ErrorKind::PermissionDenied {
        "; the agent's user must be permitted to"
    } else if kind == io::ErrorKind::ReadOnlyFilesystem {
        "; under systemd, ReadWritePaths= in the unit names what may be written"
    } else {
        ""
    }
}

/// Whether it will not be allowed at the next try either.
fn is_forbidden(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

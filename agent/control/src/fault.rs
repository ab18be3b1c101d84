//! Why a look or an action of a back end did not come off, and what may be done about it.

use setpoint_core::FailureKind;
use std::{error::Error as StdError, time::Duration};

/// Why a look or an action did not come off; `E` is what the back end has to say of a call.
#[derive(Debug, thiserror::Error)]
pub enum Fault<E> {
    /// A call did not succeed.
    #[error(transparent)]
    Call(#[from] E),
    /// The target is not, or no longer, as the decision took it to be.
    #[error("{0}")]
    Stale(String),
    /// It would be wrong, or the back end is known to say no.
    #[error("{0}")]
    Refused(String),
    /// It took too long.
    #[error("no answer within {0:?}")]
    Late(Duration),
}

/// An error of a back end, sorted by what may be done about it.
pub trait Sorted: StdError + Send + Sync + 'static {
    /// What may be done about it.
    fn kind(&self) -> FailureKind;
}

impl<E: Sorted> Sorted for Fault<E> {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Call(error) => error.kind(),
            Self::Stale(_) => FailureKind::Stale,
            Self::Refused(_) => FailureKind::Refused,
            Self::Late(_) => FailureKind::Unavailable,
        }
    }
}

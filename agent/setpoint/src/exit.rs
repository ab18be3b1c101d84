//! How the program ends. The manual lists these; they never change.

use std::process::ExitCode;

/// What the number a program ends with says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Fine,
    /// The program worked, and the answer is no.
    No,
    /// `plan --detailed-exitcode` would change something.
    Changes,
    /// The command line makes no sense.
    Usage,
    /// A source or a cloud does not answer.
    Unreachable,
    /// A fault of ours.
    Internal,
    /// The machine or a cloud does not permit it.
    NotPermitted,
    /// The configuration or a policy has faults.
    BadConfig,
}

impl Exit {
    /// The number; from 64 on as in BSD's sysexits.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::No => 1,
            Self::Changes => 2,
            Self::Usage => 64,
            Self::Unreachable => 69,
            Self::Internal => 70,
            Self::NotPermitted => 77,
            Self::BadConfig => 78,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

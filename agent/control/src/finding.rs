//! What a look around before work finds: `doctor` tells it to a person.

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know.
    Note,
    /// It works, and asks for a second look.
    Warning,
    /// It will not work as it is meant.
    Problem,
    /// A permission is lacking.
    NotPermitted,
    /// Something does not answer.
    Unreachable,
}

impl Severity {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Problem => "problem",
            Self::NotPermitted => "not permitted",
            Self::Unreachable => "unreachable",
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is about: "target web", "provider aws".
    pub about: String,
    /// What was found: a fragment that names the thing.
    pub message: String,
    /// What to do about it, if anything.
    pub help: Option<String>,
}

impl Finding {
    /// A finding about `about`.
    pub fn new(severity: Severity, about: impl Into<String>, message: impl Into<String>) -> Self {
        Self { severity, about: about.into(), message: message.into(), help: None }
    }

    /// With what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

//! What a look around before work finds: `doctor` tells it to a person.

use setpoint_core::{Group, Range};

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

    /// What there is to say of a group that is to keep within `range`: its size, and whether it is
    /// busy or short of members.
    pub fn of_group(about: &str, group: &Group, range: Range) -> Vec<Self> {
        let (now, is_outside) = (group.desired, range.clamp(group.desired) != group.desired);
        let outside =
            is_outside.then(|| format!("it has {now} now, outside the configuration's {range}"));
        let busy = group.busy.as_ref().map(|why| format!("it is busy: {why}"));
        let short = group.shortfall.as_ref().map(|why| format!("it is short of members: {why}"));
        let all = [outside, busy, short].into_iter().flatten();
        all.map(|message| Self::new(Severity::Warning, about, message)).collect()
    }

    /// With what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

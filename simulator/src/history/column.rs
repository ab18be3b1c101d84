//! What a history can tell of a service, each in one unit.

use std::fmt;

/// One thing that a history tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Column {
    /// Requests that arrived, per second.
    Load,
    /// Members that served.
    Ready,
    /// Members that were asked for.
    Desired,
    /// The members' mean CPU, in percent.
    Cpu,
    /// The time within which 99 % of answers came, in milliseconds.
    P99,
    /// Requests without a good answer, in percent.
    Failed,
    /// Requests that waited.
    Queue,
}

impl Column {
    /// Every column, in the order in which a table has them.
    pub const ALL: [Self; 7] =
        [Self::Load, Self::Ready, Self::Desired, Self::Cpu, Self::P99, Self::Failed, Self::Queue];

    /// Its name in tables and options.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Ready => "ready",
            Self::Desired => "desired",
            Self::Cpu => "cpu",
            Self::P99 => "p99",
            Self::Failed => "failed",
            Self::Queue => "queue",
        }
    }

    /// The column of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

//! Why a command cannot do what it was asked, and what to do about it.

use std::fmt;

/// Whose doing it is: the exit code depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The command line makes no sense: 64.
    CommandLine,
    /// A server cannot be reached, or does not answer as it should: 69.
    Server,
    /// A file is not there or not understood: 78.
    File,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// Whose doing it is.
    pub whose: Whose,
    /// What is wrong, with its place where it has one.
    pub what: String,
    /// What to do about it, where that can be told.
    pub help: Option<String>,
}

impl Trouble {
    /// The command line makes no sense.
    pub fn command_line(what: impl Into<String>) -> Self {
        Self { whose: Whose::CommandLine, what: what.into(), help: None }
    }

    /// A server is of no help.
    pub fn server(what: impl Into<String>) -> Self {
        Self { whose: Whose::Server, what: what.into(), help: None }
    }

    /// A file is not understood.
    pub fn file(what: impl Into<String>) -> Self {
        Self { whose: Whose::File, what: what.into(), help: None }
    }

    /// The same, with advice.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "\nhelp: {help}"))
    }
}

impl std::error::Error for Trouble {}

//! What is wrong with a configuration, where, and what to do about it.
//!
//! Reading never stops at the first fault: everything that can be told is told at
//! once. Each kind of fault has an id that stays the same for ever, so that it can
//! be looked up in the manual and counted by programs.

use std::{cell::RefCell, ops::Range, path::PathBuf, sync::Arc};

/// A file as it was read, kept so that a fault can show the line it speaks of.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// The path, as people named it.
    pub(crate) path: PathBuf,
    /// What is in it; empty if it could not be read.
    pub(crate) text: String,
}

/// Some bytes of a file.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The file.
    pub(crate) file: Arc<SourceFile>,
    /// Where in its text; `None` speaks of the file as a whole.
    pub(crate) span: Option<Range<usize>>,
}

impl Place {
    /// The file as a whole.
    pub(crate) const fn whole(file: Arc<SourceFile>) -> Self {
        Self { file, span: None }
    }

    /// The text as it stands in the file: before any variable is expanded, so a
    /// message that quotes it never shows a secret.
    pub(crate) fn written(&self) -> &str {
        self.span.clone().and_then(|span| self.file.text.get(span)).unwrap_or_default()
    }

    /// Line and column, both counted from 1, the column in characters.
    pub(crate) fn line_and_column(&self) -> Option<(usize, usize)> {
        let before = self.file.text.get(..self.span.as_ref()?.start)?;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Some((before.matches('\n').count() + 1, before[line_start..].chars().count() + 1))
    }
}

/// A value and the place where it was written.
#[derive(Clone, Debug)]
pub(crate) struct At<T> {
    /// The value.
    pub(crate) value: T,
    /// Where it stands.
    pub(crate) place: Place,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $id:literal,)*) => {
        /// The kinds of fault.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// The id, as printed.
            pub(crate) const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }
        }
    };
}

codes! {
    /// A file is missing, not a file, or not ours to read.
    Unreadable = "C001",
    /// A file is larger than any configuration is.
    TooLarge = "C002",
    /// A file is not text.
    NotText = "C003",
    /// A file is not TOML.
    Syntax = "C004",
    /// A file says nothing.
    Nothing = "C005",
    /// A key that means nothing here.
    UnknownKey = "C006",
    /// A key that must be there is not.
    MissingKey = "C007",
    /// A value is of another type than its key wants.
    WrongType = "C008",
    /// A `${NAME}` that cannot be expanded.
    Variable = "C009",
    /// A value that its key cannot have.
    BadValue = "C010",
    /// One thing is said twice.
    Twice = "C011",
    /// A name that nothing has.
    UnknownName = "C012",
    /// A word of the language that this version does not act on yet.
    NotYet = "C013",
    /// A range with nothing in it.
    EmptyRange = "C014",
    /// A policy's input has no query.
    InputNotBound = "C015",
    /// A policy's target is bound to nothing.
    TargetNotBound = "C016",
    /// A policy's target is bound to a target of another kind.
    WrongKind = "C017",
    /// A parameter's value is not what the policy takes.
    BadParameter = "C018",
    /// A query that cannot be answered.
    BadQuery = "C019",
    /// The policy itself has faults.
    BadPolicy = "C020",
    /// Nothing uses this.
    Unused = "C101",
    /// The configuration is whole but will do nothing.
    Idle = "C102",
    /// The policy works, but something in it asks for a second look.
    PolicyWarning = "C103",
    /// A setting that is read and checked, and that this version does not act on yet.
    WithoutEffect = "C104",
    /// Credentials would be sent where others can read them.
    InTheClear = "C105",
}

impl Code {
    /// Whether the agent can work nevertheless.
    pub(crate) const fn is_warning(self) -> bool {
        matches!(
            self,
            Self::Unused
                | Self::Idle
                | Self::PolicyWarning
                | Self::WithoutEffect
                | Self::InTheClear
        )
    }
}

/// One fault.
#[derive(Clone, Debug)]
pub(crate) struct ConfigFault {
    /// Its kind.
    pub(crate) code: Code,
    /// The id to show instead of the kind's own: a policy fault brings its own.
    pub(crate) id: Option<String>,
    /// Where it is.
    pub(crate) place: Place,
    /// What is wrong: a lowercase fragment that names the thing and its value.
    pub(crate) message: String,
    /// What stands under the caret.
    pub(crate) label: Option<String>,
    /// Another place that has to do with it, and what it has to do with it.
    pub(crate) also: Option<(Place, String)>,
    /// What to do about it.
    pub(crate) help: Option<String>,
}

impl ConfigFault {
    /// A fault at `place`.
    pub(crate) fn new(code: Code, place: &Place, message: impl Into<String>) -> Self {
        Self {
            code,
            id: None,
            place: place.clone(),
            message: message.into(),
            label: None,
            also: None,
            help: None,
        }
    }

    /// With words under the caret.
    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// With advice.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With advice, if there is any.
    pub(crate) fn maybe_help(mut self, help: Option<impl Into<String>>) -> Self {
        self.help = help.map(Into::into);
        self
    }

    /// With another place.
    pub(crate) fn also(mut self, place: &Place, label: impl Into<String>) -> Self {
        self.also = Some((place.clone(), label.into()));
        self
    }

    /// Whether the agent can work nevertheless.
    pub(crate) const fn is_warning(&self) -> bool {
        self.code.is_warning()
    }

    /// The id, as printed: "C012".
    pub(crate) fn id(&self) -> &str {
        self.id.as_deref().unwrap_or(self.code.id())
    }
}

/// Where faults are gathered while reading goes on.
#[derive(Debug, Default)]
pub(crate) struct Faults(RefCell<Vec<ConfigFault>>);

impl Faults {
    /// Takes down one more.
    pub(crate) fn push(&self, fault: ConfigFault) {
        self.0.borrow_mut().push(fault);
    }

    /// Whether the agent cannot work.
    pub(crate) fn any_error(&self) -> bool {
        self.0.borrow().iter().any(|fault| !fault.is_warning())
    }

    /// All of them as a person reads: errors before warnings, each file from its top.
    pub(crate) fn into_vec(self) -> Vec<ConfigFault> {
        let mut faults = self.0.into_inner();
        faults.sort_by_cached_key(|fault| {
            let Place { file, span } = &fault.place;
            (fault.is_warning(), file.path.clone(), span.as_ref().map(|span| span.start))
        });
        faults
    }
}

//! What is wrong with a test file, where, and what to do about it.
//!
//! Reading never stops at the first fault: everything that can be told is told at once.
//! Each kind of fault has an id that stays the same for ever. A policy's own faults keep
//! theirs, and their place in the policy.

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet, renderer::DecorStyle};
use std::{cell::RefCell, fmt, ops::Range, sync::Arc};

/// A file as it was read, kept so that a fault can show the line it speaks of.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// The path, as people named it.
    pub(crate) path: String,
    /// What is in it; empty if it could not be read.
    pub(crate) text: String,
}

/// Some bytes of a file.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    file: Arc<SourceFile>,
    span: Range<usize>,
}

impl Place {
    /// These bytes of `file`; what lies beyond its text is its end.
    pub(crate) fn new(file: &Arc<SourceFile>, span: Range<usize>) -> Self {
        let most = file.text.len();
        let span = span.start.min(most)..span.end.clamp(span.start.min(most), most);
        Self { file: Arc::clone(file), span }
    }

    /// The file as a whole: its first line.
    pub(crate) fn whole(file: &Arc<SourceFile>) -> Self {
        Self::new(file, 0..0)
    }

    /// The text as it stands in the file.
    pub(crate) fn written(&self) -> &str {
        self.file.text.get(self.span.clone()).unwrap_or_default()
    }

    /// The part of a text between quotes that `part` counts in `value`, which is what the
    /// quotes mean. The whole, if it is written with escapes.
    pub(crate) fn part(&self, value: &str, part: Range<usize>) -> Self {
        let inside = self.span.start + 1..self.span.end.saturating_sub(1);
        if self.file.text.get(inside.clone()) != Some(value) {
            return self.clone();
        }
        Self::new(&self.file, inside.start + part.start..inside.start + part.end)
    }

    /// The file, as people named it.
    pub(crate) fn path(&self) -> &str {
        &self.file.path
    }

    /// Line and column, both from 1, the column in characters.
    pub(crate) fn line_and_column(&self) -> (usize, usize) {
        let before = self.file.text.get(..self.span.start).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[start..].chars().count() + 1)
    }
}

/// `x.test.toml:12:3`
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_and_column();
        write!(f, "{}:{line}:{column}", self.file.path)
    }
}

/// A value and the place where it is written.
#[derive(Clone, Debug)]
pub(crate) struct At<T> {
    pub(crate) value: T,
    pub(crate) place: Place,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $id:literal,)*) => {
        /// The kinds of fault that a test file can have.
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
    /// A file is missing, too large, not text, or not ours to read.
    Unreadable = "T001",
    /// A test file is not TOML.
    Syntax = "T002",
    /// A test file has no tests, or a test asserts nothing.
    Nothing = "T003",
    /// A key that means nothing here.
    UnknownKey = "T004",
    /// A key that must be there is not.
    MissingKey = "T005",
    /// A value is of another type than its key wants.
    WrongType = "T006",
    /// A value that its key cannot have.
    BadValue = "T007",
    /// One thing is said twice.
    Twice = "T008",
    /// A name that nothing has.
    UnknownName = "T009",
    /// A series that cannot be read.
    BadSeries = "T010",
    /// A series that ends before the run does.
    ShortSeries = "T011",
    /// An expression that cannot be read.
    BadExpression = "T012",
    /// An expectation that no pass reaches.
    Unreached = "T013",
    /// Policies that cannot work together here.
    Policies = "T014",
    /// A set-up that cannot come out well.
    Infeasible = "T016",
    /// A signal that nothing uses.
    Unused = "T015",
}

/// One fault of a test file or of a policy that it tests.
#[derive(Clone, Debug)]
pub struct FileFault {
    id: &'static str,
    place: Place,
    message: String,
    help: Option<String>,
}

impl FileFault {
    /// A fault at `place`.
    pub(crate) fn new(code: Code, place: &Place, message: impl Into<String>) -> Self {
        Self { id: code.id(), place: place.clone(), message: message.into(), help: None }
    }

    /// A fault of a policy, which keeps its own id.
    pub(crate) fn of_policy(fault: &setpoint_policies::Fault, source: &Arc<SourceFile>) -> Self {
        let place = Place::new(source, fault.span.clone());
        let (message, help) = (fault.message.clone(), fault.help.clone());
        Self { id: fault.id.code(), place, message, help }
    }

    /// With advice.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With advice, if there is any.
    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// Its kind: "T009"; "P030" if it is a policy's.
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// The file it is in.
    pub fn file(&self) -> &str {
        self.place.path()
    }

    /// Line and column, both from 1.
    pub fn line_and_column(&self) -> (usize, usize) {
        self.place.line_and_column()
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, if there is advice.
    pub fn advice(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// As a person reads it: with the line itself and a caret.
    pub fn render(&self, colour: bool) -> String {
        let title = Level::ERROR.primary_title(self.message.as_str()).id(self.id);
        let file = &self.place.file;
        let mut report = if file.text.is_empty() {
            title.element(Origin::path(file.path.as_str()))
        } else {
            let marked = AnnotationKind::Primary.span(self.place.span.clone());
            let source = Snippet::source(file.text.as_str());
            title.element(source.path(file.path.as_str()).annotation(marked))
        };
        if let Some(help) = &self.help {
            report = report.element(Level::HELP.message(help.as_str()));
        }
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        renderer.decor_style(DecorStyle::Ascii).term_width(140).render(&[report])
    }
}

/// On one line: `x.test.toml:3:7: error[T009]: there is no input `cpuu`; did you mean `cpu`?`
impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: error[{}]: {}", self.place, self.id, self.message)?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

/// Where faults are gathered while reading goes on.
#[derive(Debug, Default)]
pub(crate) struct Faults(RefCell<Vec<FileFault>>);

impl Faults {
    /// Takes down one more.
    pub(crate) fn push(&self, fault: FileFault) {
        self.0.borrow_mut().push(fault);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.borrow().len()
    }

    /// All of them, each file from its top.
    pub(crate) fn into_vec(self) -> Vec<FileFault> {
        let mut faults = self.0.into_inner();
        faults.sort_by(|a, b| {
            let key = |fault: &FileFault| (fault.place.span.start, fault.id);
            a.file().cmp(b.file()).then_with(|| key(a).cmp(&key(b)))
        });
        faults
    }
}

//! Faults: what is wrong with a policy, where, and what to write instead.
//!
//! Every fault has an id that never changes its meaning, so that people can look it
//! up and scripts can match it. [`FAULTS`] is the one list of them; the manual's page
//! is made from it.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use std::{fmt, ops::Range, sync::Arc};

/// One thing wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What kind of thing.
    pub id: FaultId,
    /// The file, as it was named to the parser.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The bytes of the source it is about; within the source and on character boundaries.
    pub span: Range<usize>,
    /// What is wrong, as a lowercase fragment that names the thing.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Fault {
    /// Whether the policy may run in spite of it.
    pub const fn severity(&self) -> Severity {
        self.id.severity()
    }

    /// Whether the policy may not run.
    pub const fn is_error(&self) -> bool {
        matches!(self.severity(), Severity::Error)
    }
}

/// On one line: `web.rhai:3:7: error[P030]: unknown input 'm.cpuu'; did you mean 'cpu'?`
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, file, line, column, message, help, .. } = self;
        write!(f, "{file}:{line}:{column}: {}[{id}]: {message}", self.severity())?;
        match help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

/// Whether a policy may run in spite of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It may not.
    Error,
    /// It may, but probably does not mean what it says.
    Warning,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

macro_rules! faults {
    ($($name:ident $code:literal $severity:ident $meaning:literal;)*) => {
        /// The kinds of fault. An id keeps its meaning for ever; a new meaning gets a new id.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum FaultId {
            $(#[doc = $meaning] $name,)*
        }

        /// Every kind of fault, in the order of the ids.
        pub const FAULTS: &[FaultId] = &[$(FaultId::$name),*];

        impl FaultId {
            /// The id as people see it: "P013".
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What faults of this kind have in common, in one sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }

            /// Whether a policy with such a fault may run.
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }
        }
    };
}

faults! {
    TooLarge "P001" Error "The file is larger than is read: 256 KiB, 10,000 lines, 1,000 variables, 1,000 entries of one list or map.";
    NotText "P002" Error "The file is not UTF-8 text.";
    Syntax "P003" Error "The text does not follow the grammar; nothing after this place was looked at.";
    TooMany "P004" Error "There are more than 100 faults; the rest is not shown.";
    NoHeader "P010" Error "There is no `const POLICY = #{ … };` at the top level.";
    HeaderTwice "P011" Error "`POLICY` is defined more than once.";
    NotLiteral "P012" Error "A value in the header is computed; the header is read without running anything.";
    UnknownKey "P013" Error "A key in the header is not known.";
    MissingKey "P014" Error "A key that the header must have is missing; `owner` and `runbook` where a rule calls people.";
    WrongType "P015" Error "A value in the header is of the wrong type.";
    BadValue "P016" Error "A value in the header cannot be read or is out of range.";
    UnknownUnit "P017" Error "An input's unit is not known.";
    UnknownKind "P018" Error "A target's kind is not known.";
    NotYet "P019" Error "This version does not support it yet.";
    BadName "P020" Error "A name in the header is not a plain identifier, or is taken.";
    NotForKind "P021" Error "A target's key does not fit its kind.";
    NewerLanguage "P022" Error "The policy is written for a version of the language that is not known here.";
    UnknownInput "P030" Error "`m.x` names an input that the header does not declare.";
    UnknownParam "P031" Error "`p.x` names a parameter that the header does not declare.";
    UnknownState "P032" Error "`state.x` names a state that the header does not declare.";
    UnknownVariable "P033" Error "A name is neither a target, nor a variable, nor one of `m`, `p`, `now` and `state`.";
    UnknownMember "P034" Error "A value has no such method or property.";
    UnknownFunction "P035" Error "No function of this name is defined.";
    WrongArguments "P036" Error "A call has the wrong number of arguments, or one of the wrong type.";
    DuplicateRule "P040" Error "Two rules have the same name.";
    MisplacedRule "P041" Error "A rule stands inside a block, a function or another rule.";
    Forbidden "P042" Error "Policies may not use this part of the language.";
    Shadowing "P043" Error "A name that already means something is defined again.";
    NoRules "P044" Error "The policy has no rules.";
    MisplacedOpinion "P045" Error "An opinion is recorded, or people are told something, outside a rule's body; or a rule's value is used.";
    ReadOnly "P046" Error "Something that can only be read is assigned to.";
    BareNumber "P050" Error "A number without a unit meets a quantity that has one.";
    MixedDimensions "P051" Error "Quantities that measure different things are compared, added or matched.";
    WrongValue "P052" Error "A value is used where one of another type belongs.";
    WindowTooLong "P053" Error "A window looks further back than its input keeps samples.";
    NoOpinion "P060" Warning "A rule can never ask for anything.";
    UnusedInput "P061" Warning "An input is declared and never used.";
    UnusedTarget "P062" Warning "A target is declared and never used.";
    UnusedParam "P063" Warning "A parameter is declared and never used.";
    Saturating "P064" Warning "A group is sized only by readings that stop rising when it is overloaded.";
    Endless "P065" Warning "A loop has no way out; its rule will fail at the limit of operations.";
}

impl fmt::Display for FaultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Faults as people read them: each with an excerpt of `source`, a caret and its help.
///
/// `source` is the text the faults were found in; with `colour`, ANSI escapes are used.
pub fn render(faults: &[Fault], source: &str, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut text = String::new();
    for fault in faults {
        text.push_str(&renderer.render(&[report(fault, source)]));
        text.push_str("\n\n");
    }
    text
}

/// The longest line of which an excerpt is shown, in bytes; nobody reads a longer one.
const LONGEST_LINE: usize = 2_000;

fn report<'a>(fault: &'a Fault, source: &'a str) -> Group<'a> {
    let level = match fault.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(&fault.message).id(fault.id.code());
    let (start, line) = line_at(source, fault.span.start);
    let group = if line.len() > LONGEST_LINE {
        let origin = Origin::path(&*fault.file).line(fault.line as usize);
        title.element(origin.char_column(fault.column as usize))
    } else {
        let within = |at: usize| at.saturating_sub(start).min(line.len());
        let token = within(fault.span.start)..within(fault.span.end);
        let excerpt = Snippet::source(line).path(&*fault.file).line_start(fault.line as usize);
        title.element(excerpt.annotation(AnnotationKind::Primary.span(token)))
    };
    match &fault.help {
        Some(help) => group.element(Level::HELP.message(help)),
        None => group,
    }
}

/// Where the line begins in which the byte `at` is, and the line.
fn line_at(source: &str, at: usize) -> (usize, &str) {
    let before = source.get(..at).unwrap_or(source);
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let rest = source.get(start..).unwrap_or_default();
    (start, rest.lines().next().unwrap_or_default())
}

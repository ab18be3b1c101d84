//! The words of the language: every handle, what it reads, what it records.
//!
//! The one table of them is in `words`, that of units in `units`. The checker looks words up here, the engine is tested
//! against it, and the manual is made from it. A word that is not here does not exist.

mod units;
mod words;

pub use crate::forbidden::{FORBIDDEN, FORBIDDEN_SYNTAX, why_not};

pub use units::{UNITS, UnitWord};
pub use words::{NOT_YET, WORDS};

use setpoint_core::Dimension;

/// What a word is said of: `fleet.track(…)` is said of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// `m`, the inputs.
    Inputs,
    /// `m.x`: an input's latest value, with its past behind it. All words of quantities hold too.
    Reading,
    /// `m.x` with `per` in the header: a value of each member or zone.
    Each,
    /// One of those values, from the list of them.
    Part,
    /// Any number with a unit.
    Quantity,
    /// A bare number.
    Number,
    /// A target of kind `group`.
    Group,
    /// A target of kind `database`.
    Database,
    /// A target of kind `setting`.
    Setting,
    /// A target of kind `flag`.
    Flag,
    /// A target of kind `rollout`.
    Rollout,
    /// A target of kind `job`.
    Job,
    /// A target of kind `volume`.
    Volume,
    /// A target of kind `traffic`.
    Traffic,
    /// What recording an opinion gives back.
    Opinion,
    /// What `alert("name")` gives.
    Alert,
    /// `now`.
    Now,
    /// Nothing: a function.
    Nothing,
}

impl On {
    /// Whether it is a target.
    pub const fn is_target(self) -> bool {
        matches!(
            self,
            Self::Group
                | Self::Database
                | Self::Setting
                | Self::Flag
                | Self::Rollout
                | Self::Job
                | Self::Volume
                | Self::Traffic
        )
    }

    /// As a noun phrase: "a group".
    pub const fn noun(self) -> &'static str {
        match self {
            Self::Inputs => "the inputs 'm'",
            Self::Reading => "a reading",
            Self::Each => "a reading of each",
            Self::Part => "one of m.x.each",
            Self::Quantity => "a quantity",
            Self::Number => "a number",
            Self::Group => "a group",
            Self::Database => "a database",
            Self::Setting => "a setting",
            Self::Flag => "a flag",
            Self::Rollout => "a rollout",
            Self::Job => "a job",
            Self::Volume => "a volume",
            Self::Traffic => "a traffic",
            Self::Opinion => "an opinion",
            Self::Alert => "an alert",
            Self::Now => "'now'",
            Self::Nothing => "a policy",
        }
    }
}

/// What an argument must be. Missing readings are quantities too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arg {
    /// A quantity or number of any dimension.
    Any,
    /// A quantity of the dimension of what comes before: the first argument, else the receiver.
    Same,
    /// A number of things, without a unit.
    Count,
    /// A number of things, or a share.
    CountOrShare,
    /// A share, or a number from 0 to 1.
    Share,
    /// A size in bytes.
    Bytes,
    /// A duration.
    Time,
    /// A duration back from now, within the input's window.
    Window,
    /// A text.
    Text,
    /// The name of a destination of the traffic before it.
    Destination,
    /// A map of shares by destination that add up to 100 %.
    Shares,
}

/// What a word gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// A quantity of the dimension of the receiver, or of the first argument of a function.
    Same,
    /// A quantity of this dimension.
    Quantity(Dimension),
    /// What the receiver changes by in a second: a rate, if it is a count.
    PerSecond,
    /// A bare number.
    Number,
    /// True or false.
    Bool,
    /// A text.
    Text,
    /// A list of quantities.
    List,
    /// An alert.
    Alert,
    /// Something to say `because` of.
    Opinion,
    /// Nothing: people are told.
    Nothing,
}

/// A word of the language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// What it is said of.
    pub on: On,
    /// The word.
    pub name: &'static str,
    /// The arguments of a method or function; `None` for a property.
    pub args: Option<&'static [Arg]>,
    /// What it gives back.
    pub gives: Gives,
    /// What it is, in one line.
    pub doc: &'static str,
}

impl Word {
    const fn property(on: On, name: &'static str, gives: Gives, doc: &'static str) -> Self {
        Self { on, name, args: None, gives, doc }
    }

    const fn method(
        on: On,
        name: &'static str,
        args: &'static [Arg],
        gives: Gives,
        doc: &'static str,
    ) -> Self {
        Self { on, name, args: Some(args), gives, doc }
    }
}

/// The names every policy finds in scope, besides its targets.
pub const GLOBALS: [&str; 4] = ["m", "p", "now", "state"];

/// The language versions that this program reads.
pub const LANGUAGE: u32 = 1;

/// The word `name` said of `on`.
pub fn word(on: On, name: &str) -> Option<&'static Word> {
    let of = |on: On| WORDS.iter().find(move |word| word.on == on && word.name == name);
    of(on).or_else(|| if on == On::Reading { of(On::Quantity) } else { None })
}

/// The unit `name`.
pub fn unit_word(name: &str) -> Option<&'static UnitWord> {
    UNITS.iter().find(|unit| unit.name == name)
}

/// Every word that may be said of `on`.
pub fn words(on: On) -> impl Iterator<Item = &'static str> {
    let also = if on == On::Reading { On::Quantity } else { on };
    let words = WORDS.iter().filter(move |word| word.on == on || word.on == also);
    let units = UNITS.iter().filter(move |_| on == On::Number);
    words.map(|word| word.name).chain(units.map(|unit| unit.name))
}

//! The words of the language: every handle, what it reads, what it records.
//!
//! This is the one table of them. The checker looks words up here, the engine is tested
//! against it, and the manual is made from it. A word that is not here does not exist.

pub use crate::forbidden::{FORBIDDEN, FORBIDDEN_SYNTAX, why_not};

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
    /// A target of kind `job`.
    Job,
    /// A target of kind `volume`.
    Volume,
    /// What recording an opinion gives back.
    Opinion,
    /// `now`.
    Now,
    /// Nothing: a function.
    Nothing,
}

impl On {
    /// Whether it is a target.
    pub const fn is_target(self) -> bool {
        matches!(self, Self::Group | Self::Database | Self::Setting | Self::Job | Self::Volume)
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
            Self::Job => "a job",
            Self::Volume => "a volume",
            Self::Opinion => "an opinion",
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
    /// Something to say `because` of.
    Opinion,
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

/// Every word, except the units of numbers: those are [`UNITS`].
pub const WORDS: &[Word] = &[
    Word::method(
        On::Inputs,
        "has",
        &[Arg::Text],
        Gives::Bool,
        "whether the input has a fresh value",
    ),
    Word::property(
        On::Reading,
        "age",
        Gives::Quantity(Dimension::Time),
        "how old the latest value is",
    ),
    Word::method(
        On::Reading,
        "peak",
        &[Arg::Window],
        Gives::Same,
        "the largest value in the window",
    ),
    Word::method(
        On::Reading,
        "low",
        &[Arg::Window],
        Gives::Same,
        "the smallest value in the window",
    ),
    Word::method(On::Reading, "avg", &[Arg::Window], Gives::Same, "the mean over the window"),
    Word::method(
        On::Reading,
        "quantile",
        &[Arg::Share, Arg::Window],
        Gives::Same,
        "the value below which this share of the window's values lies",
    ),
    Word::method(
        On::Reading,
        "rate",
        &[Arg::Window],
        Gives::PerSecond,
        "the last value of the window less the first, per second",
    ),
    Word::method(
        On::Reading,
        "slope",
        &[Arg::Window],
        Gives::PerSecond,
        "the slope of the straight line through the window, per second",
    ),
    Word::method(
        On::Reading,
        "forecast",
        &[Arg::Window, Arg::Time],
        Gives::Same,
        "the straight line through the window, this far ahead",
    ),
    Word::property(On::Each, "worst", Gives::Same, "the largest of the values"),
    Word::property(On::Each, "worst_key", Gives::Text, "whose value is the largest"),
    Word::property(On::Each, "median", Gives::Same, "the value in the middle"),
    Word::property(
        On::Each,
        "each",
        Gives::List,
        "all values in the order of their names, for at most 1000",
    ),
    Word::property(On::Part, "key", Gives::Text, "whose value it is"),
    Word::method(
        On::Quantity,
        "or",
        &[Arg::Same],
        Gives::Same,
        "the value, or this where it is missing; never a reason to shrink",
    ),
    Word::property(On::Group, "ready", Gives::Number, "members able to serve"),
    Word::property(On::Group, "desired", Gives::Number, "members asked for"),
    Word::property(
        On::Group,
        "unhealthy",
        Gives::Number,
        "members that the provider calls unhealthy",
    ),
    Word::property(On::Group, "min", Gives::Number, "the fewest members allowed"),
    Word::property(On::Group, "max", Gives::Number, "the most members allowed"),
    Word::property(
        On::Group,
        "shortfall",
        Gives::Bool,
        "whether the cloud could not give what was asked for",
    ),
    Word::property(
        On::Group,
        "busy",
        Gives::Bool,
        "whether the group should be left alone just now",
    ),
    Word::property(
        On::Group,
        "at_limit",
        Gives::Bool,
        "whether as many members are asked for as are allowed",
    ),
    Word::method(
        On::Group,
        "track",
        &[Arg::Any, Arg::Same],
        Gives::Opinion,
        "size it so that the value comes to the goal",
    ),
    Word::method(
        On::Group,
        "serve",
        &[Arg::Any, Arg::Same],
        Gives::Opinion,
        "size it for the total when one member serves this much",
    ),
    Word::method(On::Group, "scale_to", &[Arg::Count], Gives::Opinion, "have this many members"),
    Word::method(
        On::Group,
        "scale_by",
        &[Arg::CountOrShare],
        Gives::Opinion,
        "have this many, or this share, more; fewer if negative",
    ),
    Word::method(On::Group, "at_least", &[Arg::Count], Gives::Opinion, "have no fewer members"),
    Word::method(On::Group, "at_most", &[Arg::Count], Gives::Opinion, "have no more members"),
    Word::method(
        On::Group,
        "replace",
        &[Arg::Text],
        Gives::Opinion,
        "have another member in the place of this one, called as its provider calls it",
    ),
    Word::method(
        On::Group,
        "replace_unhealthy",
        &[],
        Gives::Opinion,
        "have others in the place of members that their provider calls unhealthy, one by one",
    ),
    Word::property(On::Database, "replicas", Gives::Number, "read replicas that serve or will"),
    Word::property(
        On::Database,
        "lag",
        Gives::Quantity(Dimension::Time),
        "how far the slowest replica is behind; missing if unknown",
    ),
    Word::property(
        On::Database,
        "max_connections",
        Gives::Number,
        "connections one instance takes at most; missing if unknown",
    ),
    Word::property(
        On::Database,
        "busy",
        Gives::Bool,
        "whether the database should be left alone just now",
    ),
    Word::property(
        On::Database,
        "at_limit",
        Gives::Bool,
        "whether it has as many replicas as are allowed",
    ),
    Word::method(On::Database, "add_replica", &[], Gives::Opinion, "have one read replica more"),
    Word::method(
        On::Database,
        "remove_replica",
        &[],
        Gives::Opinion,
        "have one read replica fewer",
    ),
    Word::method(
        On::Database,
        "at_least",
        &[Arg::Count],
        Gives::Opinion,
        "have no fewer read replicas",
    ),
    Word::property(On::Setting, "value", Gives::Number, "what it is set to"),
    Word::property(On::Setting, "min", Gives::Number, "the least value allowed"),
    Word::property(On::Setting, "max", Gives::Number, "the largest value allowed"),
    Word::property(
        On::Setting,
        "busy",
        Gives::Bool,
        "whether the setting should be left alone just now",
    ),
    Word::property(
        On::Setting,
        "at_limit",
        Gives::Bool,
        "whether it stands at an end of what is allowed",
    ),
    Word::method(On::Setting, "set_to", &[Arg::Count], Gives::Opinion, "have this value"),
    Word::property(
        On::Job,
        "last",
        Gives::Text,
        "what became of its last run: \"never\", \"running\", \"ok\" or \"failed\"",
    ),
    Word::property(
        On::Job,
        "stuck",
        Gives::Bool,
        "whether it has been running for longer than it may",
    ),
    Word::property(On::Job, "busy", Gives::Bool, "whether it runs, or should be left alone"),
    Word::method(On::Job, "start", &[], Gives::Opinion, "run it, unless it runs"),
    Word::method(On::Job, "restart", &[], Gives::Opinion, "run it, and end the run under way"),
    Word::property(On::Volume, "size", Gives::Quantity(Dimension::Bytes), "its size"),
    Word::property(
        On::Volume,
        "used",
        Gives::Quantity(Dimension::Bytes),
        "how much of it is used; missing where the provider does not tell",
    ),
    Word::property(
        On::Volume,
        "busy",
        Gives::Bool,
        "whether its cloud works on an earlier change, or it should be left alone",
    ),
    Word::property(On::Volume, "at_limit", Gives::Bool, "whether it is as large as is allowed"),
    Word::method(
        On::Volume,
        "grow_to",
        &[Arg::Bytes],
        Gives::Opinion,
        "have this size; a volume never shrinks",
    ),
    Word::method(On::Opinion, "because", &[Arg::Text], Gives::Opinion, "say why, for the record"),
    Word::method(
        On::Now,
        "between",
        &[Arg::Text, Arg::Text],
        Gives::Bool,
        "whether the time of day (UTC) is between \"09:00\" and \"17:00\"",
    ),
    Word::method(
        On::Now,
        "within",
        &[Arg::Text, Arg::Time],
        Gives::Bool,
        "whether it is a time of this calendar of the configuration, or will be within the duration",
    ),
    Word::method(On::Nothing, "min", &[Arg::Any, Arg::Same], Gives::Same, "the smaller of two"),
    Word::method(On::Nothing, "max", &[Arg::Any, Arg::Same], Gives::Same, "the larger of two"),
    Word::method(On::Nothing, "abs", &[Arg::Any], Gives::Same, "the value without its sign"),
    Word::method(
        On::Nothing,
        "ceil",
        &[Arg::CountOrShare],
        Gives::Number,
        "the next whole number up",
    ),
    Word::method(
        On::Nothing,
        "floor",
        &[Arg::CountOrShare],
        Gives::Number,
        "the next whole number down",
    ),
    Word::method(On::Nothing, "sqrt", &[Arg::CountOrShare], Gives::Same, "the square root"),
    Word::method(
        On::Nothing,
        "round",
        &[Arg::CountOrShare],
        Gives::Number,
        "the nearest whole number",
    ),
];

/// Words that are set aside: this version answers "not supported yet".
pub const NOT_YET: &[(On, &str)] = &[
    (On::Group, "age"),
    (On::Group, "leave_zone"),
    (On::Group, "survive_zones"),
    (On::Database, "age"),
    (On::Database, "promote"),
    (On::Nothing, "alert"),
    (On::Nothing, "page"),
    (On::Nothing, "ticket"),
    (On::Nothing, "say"),
];

/// A unit: `60.percent` is 60 × `scale` in the base unit of `dimension`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnitWord {
    /// The property of a bare number.
    pub name: &'static str,
    /// What it measures.
    pub dimension: Dimension,
    /// How many of the dimension's base unit it is: multiply by this, then divide by `per`.
    pub scale: f64,
    /// See `scale`. So that `90.percent` is exactly 0.9.
    pub per: f64,
}

const fn unit(name: &'static str, dimension: Dimension, scale: f64, per: f64) -> UnitWord {
    UnitWord { name, dimension, scale, per }
}

/// Every unit of a bare number.
pub const UNITS: &[UnitWord] = &[
    unit("percent", Dimension::Ratio, 1.0, 100.0),
    unit("ms", Dimension::Time, 1.0, 1000.0),
    unit("second", Dimension::Time, 1.0, 1.0),
    unit("seconds", Dimension::Time, 1.0, 1.0),
    unit("minute", Dimension::Time, 60.0, 1.0),
    unit("minutes", Dimension::Time, 60.0, 1.0),
    unit("hour", Dimension::Time, 3600.0, 1.0),
    unit("hours", Dimension::Time, 3600.0, 1.0),
    unit("day", Dimension::Time, 86_400.0, 1.0),
    unit("days", Dimension::Time, 86_400.0, 1.0),
    unit("kib", Dimension::Bytes, 1024.0, 1.0),
    unit("mib", Dimension::Bytes, 1_048_576.0, 1.0),
    unit("gib", Dimension::Bytes, 1_073_741_824.0, 1.0),
    unit("tib", Dimension::Bytes, 1_099_511_627_776.0, 1.0),
    unit("per_second", Dimension::Rate, 1.0, 1.0),
];

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

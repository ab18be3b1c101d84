//! What is answered, before it is written in one protocol or another.

use setpoint_core::Timestamp;

/// A value of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Data {
    /// A text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// Any number.
    Real(f64),
    /// Yes or no.
    Flag(bool),
    /// A moment of the machine's time.
    Time(Timestamp),
    /// A list; in XML each of its entries has this name.
    List(&'static str, Vec<Data>),
    /// Named values, in their order.
    Map(Vec<(&'static str, Data)>),
}

impl Data {
    /// Nothing yet.
    pub(super) const fn map() -> Self {
        Self::Map(Vec::new())
    }

    /// The same with one more value. Only of [`Map`](Self::Map)s.
    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: impl Into<Self>) -> Self {
        if let Self::Map(values) = &mut self {
            values.push((name, value.into()));
        }
        self
    }

    /// The same with one more value, if there is one.
    #[must_use]
    pub(super) fn maybe(self, name: &'static str, value: Option<impl Into<Self>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The same with one more list, whose entries are called `member`.
    #[must_use]
    pub(super) fn members(self, name: &'static str, all: impl IntoIterator<Item = Self>) -> Self {
        self.with(name, Self::List("member", all.into_iter().collect()))
    }
}

impl From<&str> for Data {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Data {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u32> for Data {
    fn from(number: u32) -> Self {
        Self::Whole(i64::from(number))
    }
}

impl From<f64> for Data {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<bool> for Data {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Timestamp> for Data {
    fn from(at: Timestamp) -> Self {
        Self::Time(at)
    }
}

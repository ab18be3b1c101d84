//! A number with a unit, as policies know it: a value, or the reason for having none.
//!
//! Absence passes through arithmetic and windows, and is raised only by what needs to
//! know: a comparison or an opinion. What `.or(…)` put in stays marked.

use super::{Outcome, missing, with};
use setpoint_core::{Dimension, Quantity, Span, Stat, Timestamp};
use std::{fmt, sync::Arc};

/// A value in a policy.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// The value, or why there is none.
    pub(crate) value: Result<Quantity, Arc<str>>,
    /// What it measures; known even where the value is not.
    pub(crate) dimension: Dimension,
    /// Where it came from, for the record.
    pub(crate) label: Option<Arc<str>>,
    /// Whether anything in it was put in by `.or(…)`.
    pub(crate) substituted: bool,
    /// When its sample was taken, if it rests on one.
    pub(crate) taken: Option<Timestamp>,
    /// The input it is read from, if nothing was done to it since but to ask its window.
    pub(crate) origin: Option<Origin>,
    /// The member or zone whose value it is, if it is that of one.
    pub(crate) of: Option<Arc<str>>,
}

/// A question to one input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Origin {
    /// The input's place among those of the policy.
    pub(crate) input: usize,
    /// What was asked of its window; the latest value without.
    pub(crate) window: Option<(Stat, Span)>,
}

impl Reading {
    /// A value that rests on no sample.
    pub(crate) fn fixed(value: f64, dimension: Dimension) -> Outcome<Self> {
        let quantity =
            Quantity::new(value, dimension).ok_or("the result is not a finite number")?;
        Ok(Self {
            value: Ok(quantity),
            dimension,
            label: None,
            substituted: false,
            taken: None,
            origin: None,
            of: None,
        })
    }

    /// A number of things that was seen.
    pub(crate) fn count(value: u32, label: String) -> Self {
        let quantity = Quantity { value: f64::from(value), dimension: Dimension::Count };
        Self {
            value: Ok(quantity),
            dimension: Dimension::Count,
            label: Some(label.into()),
            substituted: false,
            taken: None,
            origin: None,
            of: None,
        }
    }

    /// No value, for a reason.
    pub(crate) fn absent(why: Arc<str>, dimension: Dimension, label: Option<Arc<str>>) -> Self {
        Self {
            value: Err(why),
            dimension,
            label,
            substituted: false,
            taken: None,
            origin: None,
            of: None,
        }
    }

    /// The value, to whoever needs to know; notes that a substitute was used.
    ///
    /// Fails as missing data if there is none.
    pub(crate) fn need(&self) -> Outcome<Quantity> {
        if self.substituted {
            with(|context| context.substituted = true)?;
        }
        self.value.clone().map_err(|why| missing(why.to_string()))
    }

    /// As people read it in a message: `cpu = 70 % (a share)`.
    pub(crate) fn describe(&self) -> String {
        let noun = self.dimension.noun();
        match (&self.label, &self.value) {
            (Some(label), Ok(_)) => format!("{label} = {self} ({noun})"),
            (None, Ok(_)) => format!("{self} ({noun})"),
            (Some(label), Err(_)) => format!("{label} ({noun})"),
            (None, Err(_)) => noun.to_owned(),
        }
    }

    /// What comes of this and `other`: absent if either is, marked if either is.
    pub(crate) fn combine(
        &self,
        other: &Self,
        dimension: Dimension,
        with: impl FnOnce(f64, f64) -> Outcome<f64>,
    ) -> Outcome<Self> {
        let value = match (&self.value, &other.value) {
            (Ok(a), Ok(b)) => {
                let value = with(a.value, b.value)?;
                Ok(Quantity::new(value, dimension).ok_or("the result is not a finite number")?)
            }
            (Err(why), _) | (_, Err(why)) => Err(Arc::clone(why)),
        };
        let taken = match (self.taken, other.taken) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, other) => one.or(other),
        };
        let substituted = self.substituted || other.substituted;
        let label = derived(self.label.as_ref(), other.label.as_ref());
        Ok(Self { value, dimension, label, substituted, taken, origin: None, of: None })
    }

    /// This value if there is one, else the `other`, marked as put in.
    pub(crate) fn or(&self, other: &Self) -> Outcome<Self> {
        same(self, other, "replace")?;
        Ok(match self.value {
            Ok(_) => self.clone(),
            Err(_) => Self { substituted: true, ..other.clone() },
        })
    }
}

/// `74 %`, `97 % (i-3)`, or that there is no value.
impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.value, &self.of) {
            (Ok(value), None) => value.fmt(f),
            (Ok(value), Some(of)) => write!(f, "{value} ({of})"),
            (Err(_), _) => f.write_str("no value"),
        }
    }
}

/// What the label of a value that was made from others begins with.
const FROM: &str = "from ";

/// The label of a value that was made from others.
///
/// It is made at every operation of every pass, so what is said already is not written again.
fn derived(a: Option<&Arc<str>>, b: Option<&Arc<str>>) -> Option<Arc<str>> {
    let plain = |label: &Arc<str>| label.strip_prefix(FROM).map_or(0, |_| FROM.len());
    let (one, other) = match (a, b) {
        (None, None) => return None,
        (Some(one), None) | (None, Some(one)) => (one, None),
        (Some(a), Some(b)) if a[plain(a)..] == b[plain(b)..] => {
            (if plain(a) > 0 { a } else { b }, None)
        }
        (Some(a), Some(b)) => (a, Some(b)),
    };
    match other {
        None if plain(one) > 0 => Some(Arc::clone(one)),
        None => Some([FROM, one].concat().into()),
        Some(other) => {
            Some([FROM, &one[plain(one)..], ", ", &other[plain(other)..]].concat().into())
        }
    }
}

/// Fails unless both are of one dimension.
pub(crate) fn same(a: &Reading, b: &Reading, what: &str) -> Outcome<()> {
    if a.dimension == b.dimension {
        return Ok(());
    }
    let (a, b, example) = (a.describe(), b.describe(), a.dimension.example());
    Err(format!("cannot {what} {a} with {b}; write a value such as {example}").into())
}

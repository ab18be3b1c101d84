//! What a source said of one input: a sample, or a reason for having none.
//!
//! Missing is a variant, never a number: no path leads from "nothing was read"
//! to 0.

use crate::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One measured value and when it was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The source's own stamp: when the value was true, not when it was asked for.
    pub at: Timestamp,
    value: f64,
}

impl Sample {
    /// A sample, if `value` is a finite number.
    pub fn new(at: Timestamp, value: f64) -> Option<Self> {
        value.is_finite().then_some(Self { at, value })
    }

    /// The value; always finite.
    pub const fn value(self) -> f64 {
        self.value
    }
}

/// What a source said of one input in one pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// A value. Its age is judged by its own stamp.
    Sample(Sample),
    /// A value of each member or zone, by its name; at least one. Each has its own stamp.
    Each(BTreeMap<String, Sample>),
    /// A value of some members or zones, and why there is none of another. What is known may
    /// justify growth; the input is missing.
    Partly(BTreeMap<String, Sample>, String),
    /// The query succeeded and matched nothing. What that means is the binding's to say.
    Empty,
    /// The source answered, but not with a usable value: NaN, an infinity, too old.
    Absent(String),
    /// The source did not answer, or not sensibly.
    Failed(String),
}

/// The most members or zones that one input may have a value of.
const MAX_EACH: usize = 5_000;

/// The longest name of a member or zone, in bytes.
const MAX_NAME: usize = 256;

impl Reading {
    /// What a source heard of each member or zone: a sample, or why there is none.
    ///
    /// Two values of one name are a failure: which of them is meant nobody knows.
    pub fn of_each(heard: impl IntoIterator<Item = (String, Result<Sample, String>)>) -> Self {
        let (mut each, mut missing) = (BTreeMap::new(), BTreeMap::new());
        for (name, sample) in heard {
            if name.is_empty() || name.len() > MAX_NAME {
                return Self::Failed(format!("a name of {} letters is none", name.len()));
            }
            if each.contains_key(&name) || missing.contains_key(&name) {
                return Self::Failed(format!("there are two values of {name}"));
            }
            match sample {
                Ok(sample) => drop(each.insert(name, sample)),
                Err(why) => drop(missing.insert(name, why)),
            }
            if each.len() + missing.len() > MAX_EACH {
                return Self::Failed(format!("there are values of more than {MAX_EACH}"));
            }
        }
        let more = missing.len().saturating_sub(1);
        match (missing.pop_first(), each.is_empty()) {
            (None, true) => Self::Empty,
            (None, false) => Self::Each(each),
            (Some((name, why)), _) if more == 0 => Self::Partly(each, format!("{name}: {why}")),
            (Some((name, why)), _) => Self::Partly(each, format!("{name}: {why}; and {more} more")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(heard: &[(&str, Result<f64, &str>)], expected: &str) {
        let sample = |value| Sample::new(Timestamp::from_ms(0), value).unwrap();
        let heard = heard.iter().map(|(name, value)| {
            ((*name).to_owned(), value.map(sample).map_err(ToOwned::to_owned))
        });
        let said = match Reading::of_each(heard) {
            Reading::Each(each) => format!("{:?}", each.keys().collect::<Vec<_>>()),
            Reading::Partly(each, why) => format!("{:?}, {why}", each.keys().collect::<Vec<_>>()),
            Reading::Failed(why) => format!("failed: {why}"),
            Reading::Empty => "empty".to_owned(),
            Reading::Sample(_) | Reading::Absent(_) => panic!("neither of one nor of each"),
        };
        assert_eq!(said, expected);
    }

    #[test]
    fn a_part_is_never_taken_for_the_whole() {
        check(&[("a", Ok(1.0)), ("b", Ok(2.0))], r#"["a", "b"]"#);
        check(&[("a", Ok(1.0)), ("b", Err("NaN"))], r#"["a"], b: NaN"#);
        check(&[("c", Err("x")), ("b", Err("NaN"))], "[], b: NaN; and 1 more");
        check(&[], "empty");
    }

    #[test]
    fn a_value_whose_owner_is_not_known_is_no_value() {
        check(&[("a", Ok(1.0)), ("a", Ok(2.0))], "failed: there are two values of a");
        check(&[("a", Ok(1.0)), ("a", Err("NaN"))], "failed: there are two values of a");
        check(&[("", Ok(1.0))], "failed: a name of 0 letters is none");
        let many: Vec<String> = (0..=MAX_EACH).map(|n| n.to_string()).collect();
        let many: Vec<_> = many.iter().map(|name| (name.as_str(), Ok(1.0))).collect();
        check(&many, "failed: there are values of more than 5000");
    }
}

//! How much worse a measure may be: `p99=+50ms`, `p99=+10%`, `rps=-5%`, `failed=x1.5`, `p99=800ms`.

use crate::trouble::Trouble;
use std::{fmt, str::FromStr};

/// What a measure is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// A share of a hundred.
    Percent,
    /// Milliseconds.
    Ms,
    /// So many a second.
    PerSecond,
    /// Whatever it is counted in.
    Plain,
}

impl Unit {
    /// A number in this unit, for people.
    pub(super) fn show(self, value: f64) -> String {
        let size = value.abs();
        let digits = match size {
            _ if size >= 100.0 => 0,
            _ if size >= 10.0 => 1,
            _ if size >= 1.0 || size == 0.0 => 2,
            _ if size >= 0.01 => 3,
            _ => 5,
        };
        let name = match self {
            Self::Percent => " %",
            Self::Ms => " ms",
            Self::PerSecond => "/s",
            Self::Plain => "",
        };
        format!("{value:.digits$}{name}")
    }
}

/// How much worse a measure may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    text: String,
    measure: String,
    kind: Kind,
    amount: Amount,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// The baseline and so much more.
    Rise,
    /// The baseline and so much less: of what is the better the more there is of it.
    Fall,
    /// So much, whatever the baseline was.
    AtMost,
    /// So many times the baseline: at most if above 1, else at least.
    Times,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Amount {
    Number(f64),
    Ms(f64),
    Percent(f64),
    PerSecond(f64),
}

/// A limit for a measure of a known unit: the candidate less `times` the baseline may be at
/// most `plus`, or at least if the limit is a lower one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bound {
    pub(super) times: f64,
    pub(super) plus: f64,
    pub(super) is_lower: bool,
}

impl Limit {
    /// The measure as it was written.
    pub(super) fn measure(&self) -> &str {
        &self.measure
    }

    /// What the limit comes to for a measure in `unit`.
    ///
    /// `%` means points of a measure that is a percentage itself, and a share of the baseline
    /// of every other: `failed=+0.1%` lets 0.2 % become 0.3 %.
    pub(super) fn bound(&self, unit: Unit) -> Result<Bound, Trouble> {
        let is_lower = self.kind == Kind::Fall;
        let sign = if is_lower { -1.0 } else { 1.0 };
        let plus = match (self.kind, self.amount, unit) {
            (Kind::Times, Amount::Number(times), _) => {
                return Ok(Bound { times, plus: 0.0, is_lower: times < 1.0 });
            }
            (_, Amount::Percent(points), Unit::Percent) => points,
            (Kind::Rise | Kind::Fall, Amount::Percent(share), _) => {
                return Ok(Bound { times: 1.0 + sign * share / 100.0, plus: 0.0, is_lower });
            }
            (_, Amount::Number(number), Unit::Plain)
            | (_, Amount::Ms(number), Unit::Ms)
            | (_, Amount::PerSecond(number), Unit::PerSecond) => number,
            _ => return Err(self.wrong_unit(unit)),
        };
        let times = if self.kind == Kind::AtMost { 0.0 } else { 1.0 };
        Ok(Bound { times, plus: sign * plus, is_lower })
    }

    fn wrong_unit(&self, unit: Unit) -> Trouble {
        let (is, like) = match unit {
            Unit::Percent => ("a percentage", "+0.1% (points), or x1.5"),
            Unit::Ms => ("a time", "+50ms, +10% or x1.1"),
            Unit::PerSecond => ("a rate", "-5%, -20/s or x0.95"),
            Unit::Plain => ("a number", "+5, +10% or x1.1"),
        };
        let what = format!("--max {self}: `{}` is {is}", self.measure);
        Trouble::command_line(what).help(format!("write its limit like {like}"))
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A text is no limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write it as p99=+50ms, p99=+10%, failed=+0.1%, rps=-5%, failed=x1.5 or p99=800ms")]
pub struct NotALimit;

impl FromStr for Limit {
    type Err = NotALimit;

    fn from_str(text: &str) -> Result<Self, NotALimit> {
        let (measure, written) = text.rsplit_once('=').ok_or(NotALimit)?;
        let (measure, written) = (measure.trim(), written.trim());
        let (kind, written) = match written.split_at_checked(1).ok_or(NotALimit)? {
            ("+", rest) => (Kind::Rise, rest),
            ("-", rest) => (Kind::Fall, rest),
            ("x", rest) => (Kind::Times, rest),
            _ => (Kind::AtMost, written),
        };
        let amount = amount(written).ok_or(NotALimit)?;
        let is_factor = matches!(amount, Amount::Number(times) if times > 0.0);
        if measure.is_empty() || (kind == Kind::Times && !is_factor) {
            return Err(NotALimit);
        }
        Ok(Self { text: text.to_owned(), measure: measure.to_owned(), kind, amount })
    }
}

/// A number that is not negative, with its unit.
fn amount(text: &str) -> Option<Amount> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().ok()?;
    match unit.trim() {
        "" => Some(Amount::Number(number)),
        "us" => Some(Amount::Ms(number / 1000.0)),
        "ms" => Some(Amount::Ms(number)),
        "s" => Some(Amount::Ms(number * 1000.0)),
        "%" | "pp" => Some(Amount::Percent(number)),
        "/s" => Some(Amount::PerSecond(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, unit: Unit, expected: Option<(f64, f64, bool)>) {
        let bound = text.parse::<Limit>().unwrap().bound(unit).ok();
        let bound = bound.map(|bound| (bound.times, bound.plus, bound.is_lower));
        assert_eq!(bound, expected, "{text}");
    }

    #[test]
    fn a_limit_is_an_amount_a_share_a_factor_or_a_ceiling() {
        check("p99=+50ms", Unit::Ms, Some((1.0, 50.0, false)));
        check("p99=+0.05s", Unit::Ms, Some((1.0, 50.0, false)));
        check("p99=+10%", Unit::Ms, Some((1.1, 0.0, false)));
        check("p99=800ms", Unit::Ms, Some((0.0, 800.0, false)));
        check("failed=+0.1%", Unit::Percent, Some((1.0, 0.1, false)));
        check("failed=1%", Unit::Percent, Some((0.0, 1.0, false)));
        check("failed=x1.5", Unit::Percent, Some((1.5, 0.0, false)));
        check("rps=-5%", Unit::PerSecond, Some((0.95, 0.0, true)));
        check("rps=-20/s", Unit::PerSecond, Some((1.0, -20.0, true)));
        check("rps=x0.9", Unit::PerSecond, Some((0.9, 0.0, true)));
        check("checks.rate=-1%", Unit::Percent, Some((1.0, -1.0, true)));
        check("http_req_duration{scenario:buy}.p95=+5ms", Unit::Ms, Some((1.0, 5.0, false)));
    }

    #[test]
    fn a_limit_in_another_unit_than_its_measure_is_refused_and_never_converted() {
        check("p99=+50", Unit::Ms, None);
        check("p99=50%", Unit::Ms, None);
        check("failed=+50ms", Unit::Percent, None);
        check("cost=+50ms", Unit::Plain, None);
    }

    #[test]
    fn what_is_no_limit_is_refused() {
        for text in
            ["", "p99", "p99=", "p99=+", "=+5ms", "p99=+-5ms", "p99=+5 m", "p99=x5ms", "p99=x0"]
        {
            assert_eq!(text.parse::<Limit>(), Err(NotALimit), "{text}");
        }
    }
}

//! Series in promtool's notation: `60x3 74+2x4 _x2 stale`.
//!
//! As in promtool, a count says how many *further* samples there are: `60x3` is four
//! samples of 60, `1+2x3` is 1 3 5 7. Only `_x3` is three: there is no first one to start
//! from. Source: the Prometheus manual, "Unit testing for rules". Histograms are left out.

use std::ops::Range;

/// The most samples in a series: four weeks of passes every half minute, and some.
pub(super) const MOST: usize = 100_000;

/// One sample, or the lack of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Point {
    /// A number; finite.
    Number(f64),
    /// `_`: nothing was read.
    Missing,
    /// `stale`: the query matches nothing any more.
    Stale,
}

/// Samples, one a pass.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    points: Vec<Point>,
    endless: bool,
}

impl Series {
    /// The same number for ever.
    pub(super) fn constant(number: f64) -> Self {
        Self { points: vec![Point::Number(number)], endless: true }
    }

    /// The sample of pass `index`, counted from 0; nothing is read after the end.
    pub(super) fn at(&self, index: u64) -> Point {
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        match self.points.get(index) {
            Some(point) => *point,
            None if self.endless => self.points.last().copied().unwrap_or(Point::Missing),
            None => Point::Missing,
        }
    }

    /// How many passes it has samples for; `None` if for all there are.
    pub(super) fn length(&self) -> Option<u64> {
        (!self.endless).then_some(self.points.len() as u64)
    }

    /// Reads the notation.
    ///
    /// Fails with every part of `text` that is not of it.
    pub(super) fn parse(text: &str) -> Result<Self, Vec<Wrong>> {
        let (mut points, mut wrong) = (Vec::new(), Vec::new());
        for (start, word) in words(text) {
            let at = start..start + word.len();
            match samples(word) {
                Ok(mut samples) => {
                    let room = MOST.saturating_sub(points.len());
                    if samples.clone().nth(room).is_some() {
                        let message = format!("a series has at most {MOST} samples");
                        wrong.push(Wrong { at, message, help: None });
                        break;
                    }
                    points.extend(samples.by_ref());
                }
                Err((message, help)) => {
                    wrong.push(Wrong { at, message, help: help.map(str::to_owned) });
                }
            }
        }
        if points.is_empty() && wrong.is_empty() {
            let help = Some("write its samples as in `60x3 74x4`, or `_` for none".to_owned());
            wrong.push(Wrong {
                at: 0..text.len(),
                message: "a series without samples".into(),
                help,
            });
        }
        if wrong.is_empty() { Ok(Self { points, endless: false }) } else { Err(wrong) }
    }
}

/// What is wrong with a part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    /// Which bytes of it.
    pub(super) at: Range<usize>,
    /// What.
    pub(super) message: String,
    /// What to write instead.
    pub(super) help: Option<String>,
}

/// The words of a text, each with the byte at which it starts.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_whitespace().map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

const NOTATION: &str = "write `60`, `60x3`, `60+5x3`, `60-5x3`, `_`, `_x3` or `stale`";

/// The samples that one word stands for; lazily, for there may be too many.
fn samples(
    word: &str,
) -> Result<impl Iterator<Item = Point> + Clone, (String, Option<&'static str>)> {
    let wrong = || (format!("`{word}` is no part of a series"), Some(NOTATION));
    let (first, step, times) = match word {
        "stale" => (Point::Stale, 0.0, 1),
        "_" => (Point::Missing, 0.0, 1),
        _ if word.starts_with("_x") => (Point::Missing, 0.0, times(&word[2..]).ok_or_else(wrong)?),
        _ => numbers(word)?,
    };
    Ok((0..times).map(move |n| match first {
        Point::Number(first) => Point::Number(first + step * n as f64),
        none @ (Point::Missing | Point::Stale) => none,
    }))
}

/// `60`, `60x3` or `60+5x3`: the first number, the step and how many there are.
fn numbers(word: &str) -> Result<(Point, f64, u64), (String, Option<&'static str>)> {
    let wrong = || (format!("`{word}` is no part of a series"), Some(NOTATION));
    if ["nan", "inf", "+inf", "-inf"].contains(&word.to_lowercase().as_str()) {
        return Err((format!("`{word}` is no number"), Some("write `_`: nothing was read")));
    }
    let (first, rest) = number(word).ok_or_else(wrong)?;
    if rest.is_empty() {
        return Ok((Point::Number(first), 0.0, 1));
    }
    let (step, rest) = match rest.starts_with(['+', '-']) {
        true => number(rest).ok_or_else(wrong)?,
        false => (0.0, rest),
    };
    let further = rest.strip_prefix('x').and_then(times).ok_or_else(wrong)?;
    if !(first + step * further as f64).is_finite() {
        return Err((format!("`{word}` grows beyond all numbers"), None));
    }
    Ok((Point::Number(first), step, further.saturating_add(1)))
}

/// A count after `x`.
fn times(digits: &str) -> Option<u64> {
    digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// The number that `text` starts with, and what follows it.
fn number(text: &str) -> Option<(f64, &str)> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|c| c.is_ascii_digit()).count();
    let sign = usize::from(text.starts_with(['+', '-']));
    let mut end = sign + digits(sign);
    if end == sign {
        return None;
    }
    if bytes.get(end) == Some(&b'.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let signed = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let start = end + 1 + signed;
        if start <= bytes.len() && digits(start) > 0 {
            end = start + digits(start);
        }
    }
    let number: f64 = text[..end].parse().ok()?;
    number.is_finite().then_some((number, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let shown = match Series::parse(text) {
            Ok(series) => series.points.iter().map(show).collect::<Vec<_>>().join(" "),
            Err(wrong) => {
                let places = wrong.iter().map(|wrong| format!("!{}", &text[wrong.at.clone()]));
                places.collect::<Vec<_>>().join(" ")
            }
        };
        assert_eq!(shown, expected, "{text}");
    }

    fn show(point: &Point) -> String {
        match point {
            Point::Number(number) => number.to_string(),
            Point::Missing => "_".to_owned(),
            Point::Stale => "stale".to_owned(),
        }
    }

    /// The examples of the Prometheus manual come first.
    #[test]
    fn it_reads_what_promtool_reads() {
        check("-2+4x3", "-2 2 6 10");
        check(" 1-2x4", "1 -1 -3 -5 -7");
        check(" 1x4", "1 1 1 1 1");
        check(" 1 _x3 stale", "1 _ _ _ stale");
        check("60x3 74x4", "60 60 60 60 74 74 74 74 74");
        check("1.5e3 2e-1-1x1 +3", "1500 0.2 -0.8 3");
        check("7x0 _x0 0.5", "7 0.5");
    }

    #[test]
    fn it_never_guesses_at_what_it_cannot_read() {
        check("60x 74x-1 60y3 x3", "!60x !74x-1 !60y3 !x3");
        check("60+x3 1+2 _y _x- stale3", "!60+x3 !1+2 !_y !_x- !stale3");
        check("NaN inf 1e999 1e308+1e308x9", "!NaN !inf !1e999 !1e308+1e308x9");
        check("1x18446744073709551616 é", "!1x18446744073709551616 !é");
        check("", "!");
    }

    #[test]
    fn it_never_holds_more_samples_than_its_limit() {
        check("1x99999", &vec!["1"; MOST].join(" "));
        check("1x100000", "!1x100000");
        check("1x99999 1", "!1");
        check("_x18446744073709551615", "!_x18446744073709551615");
    }

    #[test]
    fn nothing_is_read_after_its_end_unless_it_has_none() {
        let series = Series::parse("1 2").unwrap();
        assert_eq!((series.at(1), series.at(2)), (Point::Number(2.0), Point::Missing));
        assert_eq!((series.length(), Series::constant(3.0).length()), (Some(2), None));
        assert_eq!(Series::constant(3.0).at(u64::MAX), Point::Number(3.0));
    }
}

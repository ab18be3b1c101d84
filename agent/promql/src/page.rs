//! A metrics page in Prometheus' text format, read line by line.
//!
//! Names, values and stamps are read by `prometheus-parse`. Labels are read here: that
//! library splits them at every comma and equals sign, also within quotes.

use prometheus_parse::LineInfo;
use setpoint_core::Timestamp;
use std::{collections::BTreeMap, fmt};

/// The most samples a page may have.
pub const MAX_SAMPLES: usize = 100_000;

/// The labels of a series, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Labels(pub(crate) BTreeMap<String, String>);

impl Labels {
    /// The value of the label `name`; empty if there is none, as PromQL has it.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Every label with its value, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// These labels, except the one called `name`.
    pub(crate) fn without(&self, name: &str) -> Self {
        let mut rest = self.clone();
        rest.0.remove(name);
        rest
    }
}

impl FromIterator<(String, String)> for Labels {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(labels: T) -> Self {
        Self(labels.into_iter().collect())
    }
}

/// `{code="200",method="GET"}`.
impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        write!(f, "{{{}}}", pairs.join(","))
    }
}

/// One line of a page. The value may be NaN or infinite: that is for the answer to judge.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) labels: Labels,
    pub(crate) value: f64,
    pub(crate) at: Option<Timestamp>,
}

/// A page that was read whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    pub(crate) lines: Vec<Line>,
}

/// A page that could not be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// The bytes are no text.
    #[error("line {line} is not UTF-8; the page must be plain text")]
    NotText {
        /// The line, from 1.
        line: usize,
    },
    /// A line is neither a comment nor a sample.
    #[error("line {line} is no sample: '{excerpt}'; expected: name{{label=\"value\"}} number")]
    NoSample {
        /// The line, from 1.
        line: usize,
        /// Its beginning.
        excerpt: String,
    },
    /// There is more than we are willing to hold.
    #[error("line {line}: more than {MAX_SAMPLES} samples; scrape a smaller page")]
    TooMany {
        /// The line, from 1.
        line: usize,
    },
}

impl Page {
    /// Reads a page. One broken line fails the whole: half a page would look like a
    /// fleet that has shrunk.
    pub fn parse(bytes: &[u8]) -> Result<Self, PageError> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            PageError::NotText { line: before.iter().filter(|byte| **byte == b'\n').count() + 1 }
        })?;
        let mut lines = Vec::new();
        for (index, text) in text.lines().enumerate() {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let line = index + 1;
            if lines.len() == MAX_SAMPLES {
                return Err(PageError::TooMany { line });
            }
            let excerpt = || text.chars().take(60).collect();
            lines.push(
                sample(text).ok_or_else(|| PageError::NoSample { line, excerpt: excerpt() })?,
            );
        }
        Ok(Self { lines })
    }

    /// How many samples it has.
    pub fn samples(&self) -> usize {
        self.lines.len()
    }
}

fn sample(text: &str) -> Option<Line> {
    let (name, labels, rest) = split(text)?;
    // The library takes no colons in names; the name is ours already.
    let plain = format!("x {rest}");
    let LineInfo::Sample { value, timestamp, .. } = LineInfo::parse(&plain) else { return None };
    let at = match timestamp {
        Some("#") | None => None, // an exemplar follows
        Some(stamp) => Some(Timestamp::from_ms(stamp.parse().ok()?)),
    };
    Some(Line { name: name.to_owned(), labels, value: number(value)?, at })
}

/// Name, labels, and what is behind them.
fn split(text: &str) -> Option<(&str, Labels, &str)> {
    let end = text.find(|c: char| c == '{' || c.is_whitespace())?;
    let (name, rest) = text.split_at(end);
    let named = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    if name.is_empty() || !name.chars().all(named) || name.starts_with(|c: char| c.is_ascii_digit())
    {
        return None;
    }
    let Some(mut rest) = rest.trim_start().strip_prefix('{') else {
        return Some((name, Labels::default(), rest));
    };
    let mut labels = BTreeMap::new();
    loop {
        rest = rest.trim_start_matches([',', ' ', '\t']);
        if let Some(rest) = rest.strip_prefix('}') {
            return Some((name, Labels(labels), rest));
        }
        let (label, quoted) = rest.split_once('=')?;
        let (value, behind) = unquote(quoted.trim_start())?;
        labels.insert(label.trim().to_owned(), value);
        rest = behind;
    }
}

/// The text in quotes that `text` begins with, and what is behind it.
fn unquote(text: &str) -> Option<(String, &str)> {
    let inside = text.strip_prefix('"')?;
    let mut value = String::new();
    let mut letters = inside.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, inside.get(at + 1..)?)),
            '\\' => match letters.next()?.1 {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
    None
}

/// A number as Go writes it: also `NaN`, `+Inf` and `-Inf`.
fn number(text: &str) -> Option<f64> {
    match text {
        "NaN" | "nan" => Some(f64::NAN),
        "+Inf" | "Inf" | "inf" | "+inf" => Some(f64::INFINITY),
        "-Inf" | "-inf" => Some(f64::NEG_INFINITY),
        other if other.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c)) => {
            other.parse().ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let page = Page::parse(text.as_bytes()).unwrap();
        let line = &page.lines[0];
        let at = line.at.map(|at| format!(" at {}", at.ms())).unwrap_or_default();
        assert_eq!(format!("{}{} = {}{at}", line.name, line.labels, line.value), expected);
    }

    #[test]
    fn it_reads_every_form_of_a_sample() {
        check("up 1", "up{} = 1");
        check("job:rps:rate5m 2.5e3 1700000000000", "job:rps:rate5m{} = 2500 at 1700000000000");
        check("a{b=\"c\"} NaN", "a{b=\"c\"} = NaN");
        check(
            "a{b=\"c,d=e}\",f=\"g \\\"h\\\" \\\\\",} +Inf",
            "a{b=\"c,d=e}\",f=\"g \\\"h\\\" \\\\\"} = inf",
        );
        check("a_bucket{le=\"0.1\"} 3 # {trace_id=\"x\"} 0.05", "a_bucket{le=\"0.1\"} = 3");
        check("# HELP x y\n# TYPE x counter\n\n  x{ } 7  ", "x{} = 7");
    }

    #[test]
    fn a_broken_line_fails_the_page_and_is_named() {
        for (text, line) in [
            ("up 1\nup", 2),
            ("up one", 1),
            ("1up 1", 1),
            ("a{b=\"c} 1", 1),
            ("a{b} 1", 1),
            ("a 1 x", 1),
        ] {
            let error = Page::parse(text.as_bytes()).unwrap_err();
            assert!(matches!(&error, PageError::NoSample { line: l, .. } if *l == line), "{error}");
        }
        let error = Page::parse(b"up 1\nup{a=\"\xff\"} 1").unwrap_err();
        assert_eq!(error.to_string(), "line 2 is not UTF-8; the page must be plain text");
    }

    #[test]
    fn it_holds_no_more_samples_than_it_promised() {
        let page = "x 1\n".repeat(MAX_SAMPLES + 1);
        assert_eq!(Page::parse(page.as_bytes()), Err(PageError::TooMany { line: MAX_SAMPLES + 1 }));
    }
}

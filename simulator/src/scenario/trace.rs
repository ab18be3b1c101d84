//! A load as it was recorded: a CSV file, read row by row and never whole.

use crate::world::Shape;
use setpoint_core::Span;
use std::{fs, io, path::Path};

/// The largest file that is read, in bytes: a second's count for ten years is less.
const LARGEST: u64 = 256 * 1024 * 1024;
/// The most rows that are read.
const ROWS: usize = 4_000_000;

/// What a trace is wanted for: which columns, and what their numbers count.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The column with the load; without, the last.
    pub column: Option<String>,
    /// The column with the times, in seconds or as timestamps; without, the first of several.
    pub time: Option<String>,
    /// The time that each number counts the requests of; without, numbers are per second.
    pub per: Option<Span>,
    /// The time from row to row where there is no column of times.
    pub step: Option<Span>,
}

/// A load over time: from each time on, until the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Times after the first row, ascending, with requests per second.
    steps: Vec<(Span, f64)>,
}

/// Why a trace cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// It cannot be read.
    #[error("{file} cannot be read: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// It is too large.
    #[error("{file} has {bytes} bytes, and at most {LARGEST} are read")]
    TooLarge {
        /// The file.
        file: String,
        /// Its size.
        bytes: u64,
    },
    /// A row cannot be meant.
    #[error("{file}:{line}: {message}")]
    Row {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        message: String,
        /// What to do about it.
        help: Option<String>,
    },
}

impl TraceError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Unreadable { .. } => None,
            Self::TooLarge { .. } => {
                Some("thin it out first: a number a minute is enough for most".to_owned())
            }
            Self::Row { help, .. } => help.clone(),
        }
    }
}

impl Trace {
    /// Reads the trace in the file at `path`.
    ///
    /// Fails at the first row that cannot be meant: a load that is missing, below zero or no
    /// number, a time that does not ascend.
    pub fn read(path: &Path, wanted: &Wanted) -> Result<Self, TraceError> {
        let file = path.display().to_string();
        let unreadable = |source| TraceError::Unreadable { file: file.clone(), source };
        let bytes = fs::metadata(path).map_err(unreadable)?.len();
        if bytes > LARGEST {
            return Err(TraceError::TooLarge { file, bytes });
        }
        Self::parse(fs::File::open(path).map_err(unreadable)?, &file, wanted)
    }

    /// Reads the trace that `input` has, called `file`. Fails as [`read`](Self::read) does.
    pub fn parse(input: impl io::Read, file: &str, wanted: &Wanted) -> Result<Self, TraceError> {
        let mut rows = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(input);
        let fault = |line, message: String, help: Option<&str>| TraceError::Row {
            file: file.to_owned(),
            line,
            message,
            help: help.map(str::to_owned),
        };
        let broken = |error: &csv::Error| {
            fault(error.position().map_or(0, csv::Position::line), error.to_string(), None)
        };
        let heads = rows.headers().map_err(|error| broken(&error))?.clone();
        let columns = Columns::of(&heads, wanted)
            .map_err(|(message, help)| fault(1, message, help.as_deref()))?;
        let mut steps: Vec<(Span, f64)> = Vec::new();
        let mut began = None;
        for row in rows.records() {
            let row = row.map_err(|error| broken(&error))?;
            let line = row.position().map_or(0, csv::Position::line);
            let load = columns.load(&row).map_err(|(message, help)| fault(line, message, help))?;
            let at = match columns.time(&row) {
                None => wanted
                    .step
                    .or(wanted.per)
                    .unwrap_or(Span::from_secs(1))
                    .times(steps.len() as u64),
                Some(time) => {
                    let time = time.map_err(|(message, help)| fault(line, message, help))?;
                    let after = time - *began.get_or_insert(time);
                    if after < 0.0 || steps.last().is_some_and(|(last, _)| after <= last.secs()) {
                        let message = "the times do not ascend".to_owned();
                        return Err(fault(line, message, Some("sort the rows by time")));
                    }
                    Span::from_ms((after * 1000.0).round() as u64)
                }
            };
            steps.push((at, load / wanted.per.map_or(1.0, Span::secs)));
            if steps.len() > ROWS {
                let help = "thin it out first: a number a minute is enough for most";
                return Err(fault(line, format!("more than {ROWS} rows"), Some(help)));
            }
        }
        if steps.is_empty() {
            return Err(fault(1, "there are no rows".to_owned(), None));
        }
        Ok(Self { steps })
    }

    /// A trace of these steps, in the order of time.
    pub fn new(steps: Vec<(Span, f64)>) -> Self {
        Self { steps }
    }

    /// The largest load, in requests per second.
    pub fn peak_rps(&self) -> f64 {
        self.steps.iter().map(|step| step.1).fold(0.0, f64::max)
    }

    /// Its steps: from each time on, so many requests per second.
    pub fn steps(&self) -> &[(Span, f64)] {
        &self.steps
    }

    /// What is left of it from `start` on.
    #[must_use]
    pub fn from(mut self, start: Span) -> Self {
        let first = self.steps.partition_point(|(at, _)| *at <= start).saturating_sub(1);
        self.steps.drain(..first);
        self.steps.iter_mut().for_each(|(at, _)| *at = at.minus(start));
        self
    }

    /// Its loads times `factor`, as a shape.
    pub fn shape(&self, factor: f64) -> Shape {
        Shape::Steps(self.steps.iter().map(|(at, rps)| (*at, rps * factor)).collect())
    }
}

type Wrong = (String, Option<&'static str>);

/// Which columns are read.
struct Columns {
    load: (usize, String),
    time: Option<(usize, String)>,
}

impl Columns {
    fn of(heads: &csv::StringRecord, wanted: &Wanted) -> Result<Self, (String, Option<String>)> {
        let find = |name: &String| {
            let place = heads.iter().position(|head| head == name);
            place.map(|place| (place, name.clone())).ok_or_else(|| {
                let help = crate::written::suggest::advice(name, heads.iter());
                (format!("there is no column `{name}`"), help)
            })
        };
        let named = |place: usize| (place, heads.get(place).unwrap_or_default().to_owned());
        let load = match &wanted.column {
            Some(name) => find(name)?,
            None => named(heads.len().saturating_sub(1)),
        };
        let time = match &wanted.time {
            Some(name) => Some(find(name)?),
            None if wanted.step.is_some() || heads.len() < 2 => None,
            None => Some(named(0)).filter(|time| time.0 != load.0),
        };
        Ok(Self { load, time })
    }

    fn load(&self, row: &csv::StringRecord) -> Result<f64, Wrong> {
        let (place, name) = &self.load;
        let written = row.get(*place).unwrap_or_default();
        let number = written.parse::<f64>().ok().filter(|number| number.is_finite());
        match number {
            Some(number) if number >= 0.0 => Ok(number),
            Some(_) => Err((format!("`{name}` is {written}: a load cannot be below zero"), None)),
            None => {
                let help = "leave out the row: a gap holds the load before it";
                Err((format!("`{name}` is \"{written}\", which is no number"), Some(help)))
            }
        }
    }

    /// Seconds, of whatever epoch.
    fn time(&self, row: &csv::StringRecord) -> Option<Result<f64, Wrong>> {
        let (place, name) = self.time.as_ref()?;
        let written = row.get(*place).unwrap_or_default();
        let seconds = written.parse::<f64>().ok().filter(|seconds| seconds.is_finite());
        let stamp = || written.parse::<jiff::Timestamp>().ok();
        let time = seconds.or_else(|| stamp().map(|at| at.as_millisecond() as f64 / 1000.0));
        Some(time.ok_or_else(|| {
            let help = "write seconds, or times such as 2026-11-27T08:00:00Z";
            (format!("`{name}` is \"{written}\", which is no time"), Some(help))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, wanted: &Wanted) -> Result<Vec<(u64, f64)>, String> {
        let trace = Trace::parse(text.as_bytes(), "x.csv", wanted).map_err(|e| e.to_string())?;
        Ok(trace.steps.iter().map(|(at, rps)| (at.ms() / 1000, *rps)).collect())
    }

    #[test]
    fn counts_become_loads_at_steps_of_any_length() {
        let minute = Wanted { per: Some(Span::from_secs(60)), ..Wanted::default() };
        assert_eq!(
            parse("t_s,value\n100,600\n160,1200\n400,0\n", &minute),
            Ok(vec![(0, 10.0), (60, 20.0), (300, 0.0)])
        );
        assert_eq!(parse("requests\n60\n120\n", &minute), Ok(vec![(0, 1.0), (60, 2.0)]));
        let named = Wanted { column: Some("b".into()), time: Some("at".into()), ..minute };
        assert_eq!(
            parse("b,at,c\n60,2026-01-05T00:00:00Z,1\n0,2026-01-05T00:01:00Z,2\n", &named),
            Ok(vec![(0, 1.0), (60, 0.0)])
        );
    }

    #[test]
    fn what_cannot_be_meant_is_told_with_its_line() {
        let plain = Wanted::default();
        for (text, expected) in [
            ("t,v\n0,1\n60,-2\n", "x.csv:3: `v` is -2: a load cannot be below zero"),
            ("t,v\n0,1\n60,NaN\n", "x.csv:3: `v` is \"NaN\", which is no number"),
            ("t,v\n0,1\n60,\n", "x.csv:3: `v` is \"\", which is no number"),
            ("t,v\n60,1\n0,1\n", "x.csv:3: the times do not ascend"),
            ("t,v\nnoon,1\n", "x.csv:2: `t` is \"noon\", which is no time"),
            ("t,v\n", "x.csv:1: there are no rows"),
        ] {
            assert_eq!(parse(text, &plain), Err(expected.to_owned()));
        }
        let named = Wanted { column: Some("load".into()), ..plain };
        let told = parse("t,loads\n0,1\n", &named);
        assert_eq!(told, Err("x.csv:1: there is no column `load`".to_owned()));
    }

    #[test]
    fn a_part_of_it_begins_with_what_was_in_force() {
        let trace = Trace::new([0, 60, 120].map(|at| (Span::from_secs(at), at as f64)).into());
        let part = trace.from(Span::from_secs(90));
        assert_eq!(part.steps, [(Span::ZERO, 60.0), (Span::from_secs(30), 120.0)]);
    }
}

//! A history as a CSV file: a line of names, then a line for each step. An empty cell is a gap.
//!
//! `time` is RFC 3339 or seconds since 1970; `stamp`, where there is one, is when the sample
//! behind the line was taken. Columns that are not known here are passed over.

use super::{Column, History, MOST_STEPS};
use crate::{trouble::Trouble, written::suggest};
use csv::{ReaderBuilder, StringRecord, Writer};
use setpoint_core::{Span, Timestamp};
use std::{collections::BTreeMap, fs::File, path::Path};

/// The column with the times.
const TIME: &str = "time";
/// The column with the stamps.
const STAMP: &str = "stamp";

/// The most that a line may be off the grid, as a share of a step.
const MOST_OFF: f64 = 0.25;

/// One line: its number in the file, its time, and what it says.
struct Line {
    number: u64,
    at: Timestamp,
    stamp: Option<Timestamp>,
    values: Vec<(Column, f64)>,
}

/// Where the columns are in a line.
struct Places {
    time: usize,
    stamp: Option<usize>,
    columns: Vec<(Column, usize)>,
}

/// Reads a history. `names` tells columns that have another name in the file.
///
/// Fails at the first line that makes no sense: a negative number, text where a number belongs,
/// a time that is not after the one before, a time off the grid of the others.
pub fn read(path: &Path, names: &BTreeMap<Column, String>) -> Result<History, Trouble> {
    let file = path.display().to_string();
    let open = File::open(path);
    let open = open.map_err(|error| Trouble::file(format!("{file} cannot be read: {error}")))?;
    let mut reader = ReaderBuilder::new().flexible(false).from_reader(open);
    let broken = |error: csv::Error| Trouble::file(format!("{file}: {error}"));
    let places = Places::of(&file, reader.headers().map_err(broken)?, names)?;
    let mut lines: Vec<Line> = Vec::new();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(broken)? {
        let number = record.position().map_or(0, csv::Position::line);
        let at = |what: String| Trouble::file(format!("{file}:{number}: {what}"));
        let line = places.line(number, &record).map_err(at)?;
        if let Some(last) = lines.last().filter(|last| line.at <= last.at) {
            let what = format!("{} is not after {}, the time before", line.at, last.at);
            return Err(at(what).help("sort the lines by time, each time once"));
        }
        if lines.len() == MOST_STEPS {
            let help = "take a shorter stretch, or one line for several";
            return Err(at(format!("these are more than {MOST_STEPS} lines")).help(help));
        }
        lines.push(line);
    }
    on_grid(&file, lines)
}

impl Places {
    fn of(
        file: &str,
        header: &StringRecord,
        names: &BTreeMap<Column, String>,
    ) -> Result<Self, Trouble> {
        let place = |name: &str| header.iter().position(|written| written.trim() == name);
        let lacks = |name: &str| {
            let what = format!("{file}:1: there is no column `{name}`");
            Trouble { help: suggest::advice(name, header.iter()), ..Trouble::file(what) }
        };
        let time = place(TIME).ok_or_else(|| lacks(TIME))?;
        let mut columns = Vec::new();
        for column in Column::ALL {
            match names.get(&column) {
                Some(name) => columns.push((column, place(name).ok_or_else(|| lacks(name))?)),
                None => columns.extend(place(column.name()).map(|place| (column, place))),
            }
        }
        if columns.is_empty() {
            let known = Column::ALL.map(Column::name).join(", ");
            return Err(Trouble::file(format!("{file}:1: there is no column that is known here"))
                .help(format!("name them {known}, or say which is which: --column cpu=NAME")));
        }
        Ok(Self { time, stamp: place(STAMP), columns })
    }

    fn line(&self, number: u64, record: &StringRecord) -> Result<Line, String> {
        let cell = |place: usize| record.get(place).map_or("", str::trim);
        let at = time(cell(self.time))?;
        let stamp = self.stamp.map(cell).filter(|text| !text.is_empty()).map(time).transpose()?;
        let mut values = Vec::new();
        for (column, place) in &self.columns {
            if let Some(value) =
                number_in(cell(*place)).map_err(|why| format!("{column}: {why}"))?
            {
                values.push((*column, value));
            }
        }
        Ok(Line { number, at, stamp, values })
    }
}

/// A time: RFC 3339, or seconds since 1970.
fn time(text: &str) -> Result<Timestamp, String> {
    let wrong =
        || format!("'{text}' is no time: write 2026-11-23T14:00:00Z, or seconds since 1970");
    if let Ok(read) = text.parse::<jiff::Timestamp>() {
        return Ok(Timestamp::from_ms(read.as_millisecond()));
    }
    let seconds: f64 = text.parse().map_err(|_| wrong())?;
    // The year 9999: what is later are milliseconds, and would be read as a time far away.
    if !(0.0..253_402_300_800.0).contains(&seconds) {
        return Err(wrong());
    }
    Ok(Timestamp::from_ms((seconds * 1000.0).round() as i64))
}

/// A number, or a gap: an empty cell, or what a server writes for no number.
fn number_in(text: &str) -> Result<Option<f64>, String> {
    if text.is_empty() || text.eq_ignore_ascii_case("nan") {
        return Ok(None);
    }
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() && value >= 0.0 => Ok(Some(value)),
        Ok(value) if value.is_finite() => Err(format!("{value} is below zero")),
        _ => Err(format!("'{text}' is no number; a gap is an empty cell")),
    }
}

fn on_grid(file: &str, lines: Vec<Line>) -> Result<History, Trouble> {
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
        return Err(Trouble::file(format!("{file} has no lines")));
    };
    let mut apart: Vec<Span> = lines.windows(2).map(|pair| pair[1].at.since(pair[0].at)).collect();
    apart.sort_unstable();
    let Some(step) = apart.get(apart.len().saturating_sub(1) / 2).copied() else {
        return Err(Trouble::file(format!("{file} has one line, which is no stretch of time")));
    };
    let place = |line: &Line| line.at.since(first.at).secs() / step.secs();
    let length = place(last).round() as usize + 1;
    if length > MOST_STEPS {
        let what = format!("{file} spans {length} steps of {step}, at most {MOST_STEPS} are taken");
        return Err(Trouble::file(what).help("take a shorter stretch"));
    }
    let mut history = History::new(first.at, step, length);
    for line in &lines {
        let exact = place(line);
        if (exact - exact.round()).abs() > MOST_OFF {
            let (number, at) = (line.number, line.at);
            let what =
                format!("{file}:{number}: {at} is between the steps of {step} of the others");
            return Err(Trouble::file(what).help("give all lines the same distance"));
        }
        let step = exact.round() as usize;
        line.values.iter().for_each(|(column, value)| history.put(*column, step, *value));
        line.stamp.iter().for_each(|stamp| history.put_stamp(step, *stamp));
    }
    Ok(history)
}

/// The history as CSV, every step of it.
pub fn write(history: &History) -> Vec<u8> {
    let columns: Vec<Column> = history.columns().collect();
    let mut writer = Writer::from_writer(Vec::new());
    let header = std::iter::once(TIME.to_owned()).chain(columns.iter().map(Column::to_string));
    writer.write_record(header).expect("memory takes what is written");
    for step in 0..history.len() {
        let cell = |column: &Column| history.get(*column, step).map_or_else(String::new, short);
        let cells = std::iter::once(history.time(step).to_string()).chain(columns.iter().map(cell));
        writer.write_record(cells).expect("memory takes what is written");
    }
    writer.into_inner().expect("memory takes what is written")
}

/// A number with six digits that count: a server's sums have noise behind them.
fn short(value: f64) -> String {
    let digits = if value == 0.0 { 0 } else { 5 - value.log10().floor() as i32 };
    let factor = 10_f64.powi(digits);
    let rounded = (value * factor).round() / factor;
    format!("{rounded}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;

    fn parse(text: &str) -> Result<History, Trouble> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("week.csv");
        fs::write(&path, text).unwrap();
        read(&path, &BTreeMap::new()).map_err(|trouble| Trouble {
            what: trouble.what.replace(&format!("{}/", folder.path().display()), ""),
            ..trouble
        })
    }

    #[track_caller]
    fn refused(text: &str, expected: &str) {
        assert_eq!(parse(text).unwrap_err().what, expected);
    }

    #[test]
    fn a_gap_stays_a_gap_whether_a_cell_or_a_line_is_missing() {
        let history = parse(
            "time,load,ready,note\n\
             2026-11-23T00:00:00Z,10,2,x\n\
             2026-11-23T00:01:00Z,,2,\n\
             2026-11-23T00:02:00Z,NaN,3,\n\
             2026-11-23T00:04:00Z,0,3,\n",
        )
        .unwrap();
        let load: Vec<_> = (0..5).map(|step| history.get(Column::Load, step)).collect();
        assert_eq!(load, [Some(10.0), None, None, None, Some(0.0)]);
        assert_eq!((history.step(), history.len()), (Span::from_secs(60), 5));
        assert_eq!(history.get(Column::Ready, 3), None);
        assert!((history.missing(Column::Load) - 0.6).abs() < 1e-9);
    }

    #[test]
    fn what_makes_no_sense_is_told_with_its_line() {
        refused("time,load\n0,1\n60,-2\n", "week.csv:3: load: -2 is below zero");
        refused(
            "time,load\n0,1\n60,many\n",
            "week.csv:3: load: 'many' is no number; a gap is an empty cell",
        );
        refused(
            "time,load\n0,1\n60,inf\n",
            "week.csv:3: load: 'inf' is no number; a gap is an empty cell",
        );
        refused(
            "time,load\n60,1\n0,1\n",
            "week.csv:3: 1970-01-01T00:00:00Z is not after 1970-01-01T00:01:00Z, the time before",
        );
        refused(
            "time,load\n0,1\n60,1\n120,1\n150,1\n210,1\n",
            "week.csv:5: 1970-01-01T00:02:30Z is between the steps of 1m of the others",
        );
        refused(
            "time,load\nsoon,1\n",
            "week.csv:2: 'soon' is no time: write 2026-11-23T14:00:00Z, or seconds since 1970",
        );
        refused("load\n1\n", "week.csv:1: there is no column `time`");
        refused("time,rps\n0,1\n", "week.csv:1: there is no column that is known here");
        refused("time,load\n", "week.csv has no lines");
        refused("time,load\n0,1\n", "week.csv has one line, which is no stretch of time");
        refused(
            "time,load\n0,1\n60,1\n120,1\n9999999999,1\n100000000020,1\n",
            "week.csv spans 1666666668 steps of 1m, at most 1100000 are taken",
        );
        refused(
            "time,load\n0,1\n60\n",
            "week.csv: CSV error: record 2 (line: 3, byte: 14): found record with 1 fields, but the previous record has 2 fields",
        );
    }

    #[test]
    fn a_column_may_have_another_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("week.csv");
        fs::write(&path, "time,requests\n0,5\n60,6\n").unwrap();
        let named = |name: &str| read(&path, &BTreeMap::from([(Column::Load, name.to_owned())]));
        assert_eq!(named("requests").unwrap().get(Column::Load, 1), Some(6.0));
        assert_eq!(named("request").unwrap_err().help.unwrap(), "did you mean `requests`?");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            values in prop::collection::vec(prop::option::of(0.0..1e7_f64), 2..200),
            minutes in 1..60_u64,
        ) {
            let step = Span::from_minutes(minutes);
            let mut history = History::new(Timestamp::from_ms(1_790_000_000_000), step, values.len());
            for (i, value) in values.iter().enumerate() {
                value.iter().for_each(|value| history.put(Column::Load, i, *value));
                history.put(Column::Ready, i, 3.0);
            }
            let again = parse(&String::from_utf8(write(&history)).unwrap()).unwrap();
            prop_assert_eq!((again.start(), again.step(), again.len()), (history.start(), step, history.len()));
            for i in 0..values.len() {
                let (old, new) = (history.get(Column::Load, i), again.get(Column::Load, i));
                prop_assert_eq!(old.is_some(), new.is_some());
                let close = old.zip(new).is_none_or(|(old, new)| (old - new).abs() <= 1e-5 * old);
                prop_assert!(close, "{old:?} {new:?}");
            }
        }
    }
}

//! What one input read, pass after pass, in promtool's notation. Pure.

use setpoint_core::Reading;
use std::{collections::BTreeMap, fmt::Write};

/// What an input read in each pass, and why it did not where it did not.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    points: Vec<Point>,
    whys: BTreeMap<String, usize>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Point {
    Number(f64),
    Missing,
    Stale,
}

impl Series {
    /// Takes in what was said in the next pass; `None` if no pass was made then.
    pub(super) fn push(&mut self, said: Option<Option<&Reading>>) {
        let point = match said {
            Some(Some(Reading::Sample(sample))) => Ok(Point::Number(sample.value())),
            Some(Some(Reading::Empty)) => Ok(Point::Stale),
            Some(Some(Reading::Absent(why) | Reading::Failed(why))) => Err(why.as_str()),
            Some(Some(Reading::Each(_) | Reading::Partly(..))) => {
                Err("a value of each member cannot be written")
            }
            Some(None) => Err("its source said nothing"),
            None => Err("no pass was made"),
        };
        let point = point.unwrap_or_else(|why| {
            *self.whys.entry(plain(why)).or_default() += 1;
            Point::Missing
        });
        self.points.push(point);
    }

    /// In how many passes nothing was read, and the reasons, the commonest first.
    pub(super) fn missing(&self) -> Option<(usize, String)> {
        let passes: usize = self.whys.values().sum();
        let mut whys: Vec<(&String, &usize)> = self.whys.iter().collect();
        whys.sort_by_key(|(_, passes)| std::cmp::Reverse(**passes));
        let told: Vec<String> =
            whys.iter().map(|(why, passes)| format!("{passes} × {why}")).collect();
        (passes > 0).then(|| (passes, told.join("; ")))
    }

    /// The notation: the number after `x` counts further samples, but for `_x`.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for run in self.points.chunk_by(|one, next| one == next) {
            let (n, space) = (run.len(), if text.is_empty() { "" } else { " " });
            let word = match (run[0], n) {
                (Point::Number(number), 1) => format!("{number}"),
                (Point::Number(number), n) => format!("{number}x{}", n - 1),
                (Point::Missing, 1) => "_".to_owned(),
                (Point::Missing, n) => format!("_x{n}"),
                (Point::Stale, n) => vec!["stale"; n].join(" "),
            };
            write!(text, "{space}{word}").expect("a string accepts writes");
        }
        text
    }
}

/// A reason on one line, without what only tells when it is asked again.
fn plain(why: &str) -> String {
    let why = why.split("; asked again in").next().unwrap_or(why);
    why.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use setpoint_core::{Sample, Timestamp};

    #[test]
    fn it_writes_what_was_read_and_never_a_number_for_what_was_not() {
        let number =
            |value| Some(Some(Reading::Sample(Sample::new(Timestamp::from_ms(0), value).unwrap())));
        let gone = || Some(Some(Reading::Failed("refused; asked again in 15s".to_owned())));
        let said = [
            number(60.0),
            number(60.0),
            number(0.5),
            gone(),
            Some(None),
            None,
            Some(Some(Reading::Empty)),
            Some(Some(Reading::Empty)),
            number(-7.25),
            gone(),
        ];
        let mut series = Series::default();
        for said in &said {
            series.push(said.as_ref().map(Option::as_ref));
        }
        assert_eq!(series.text(), "60x1 0.5 _x3 stale stale -7.25 _");
        let (passes, why) = series.missing().unwrap();
        assert_eq!(passes, 4);
        assert!(why.starts_with("2 × refused; 1 × "), "{why}");
    }
}

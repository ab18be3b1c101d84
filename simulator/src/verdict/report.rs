//! A verdict, for people and for programs.

use super::{Judged, Outcome, Verdict};
use serde_json::{Value, json};
use std::fmt::Write as _;

impl Verdict {
    /// For people: a line for each limit, what to know, and the answer.
    pub fn text(&self) -> String {
        let mut rows: Vec<[String; 6]> = vec![
            ["measure", "baseline", "candidate", "limit", "", "resting on"].map(str::to_owned),
        ];
        rows.extend(self.judged.iter().map(|judged| self.row(judged)));
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
        let widths: [usize; 6] = std::array::from_fn(|column| width(column).unwrap_or(0));
        let mut text = String::new();
        for row in &rows {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
            writeln!(text, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())
                .expect("a string takes text");
        }
        for note in &self.notes {
            writeln!(text, "note: {note}").expect("a string takes text");
        }
        text.push_str(&self.answer());
        text
    }

    fn row(&self, judged: &Judged) -> [String; 6] {
        let show = |value| judged.unit.show(value);
        let noise = judged.change.map_or_else(String::new, |(low, high)| {
            let percent = 100.0 * self.confidence;
            format!(", change from {} to {} ({percent:.0} % each)", show(low), show(high))
        });
        [
            judged.limit.measure().to_owned(),
            show(judged.baseline),
            show(judged.candidate),
            show(judged.at),
            self.word(judged.outcome).to_owned(),
            format!("{}{noise}", judged.basis),
        ]
    }

    fn word(&self, outcome: Outcome) -> &'static str {
        match (outcome, self.accepts(outcome)) {
            (Outcome::Within, _) => "ok",
            (Outcome::Unsure, true) => "ok, not proved",
            (Outcome::Noise, true) => "ok, noise",
            (Outcome::Unsure | Outcome::Noise, false) => "NOT PROVED",
            (Outcome::Beyond, _) => "BEYOND",
        }
    }

    fn answer(&self) -> String {
        let of = self.judged.len();
        let refused = self.judged.iter().filter(|judged| !self.accepts(judged.outcome)).count();
        match refused {
            0 if of == 1 => "verdict: yes, within its limit\n".to_owned(),
            0 => format!("verdict: yes, within all {of} limits\n"),
            _ => format!("verdict: no, {refused} of {of} limits not kept\n"),
        }
    }

    /// For programs: one JSON object.
    pub fn json(&self) -> String {
        let limits: Vec<Value> = self.judged.iter().map(|judged| self.limit(judged)).collect();
        let verdict = json!({
            "schema": 1,
            "pass": self.passes(),
            "confidence": self.confidence,
            "strict": self.strict,
            "limits": limits,
            "notes": self.notes,
        });
        format!("{verdict:#}\n")
    }

    fn limit(&self, judged: &Judged) -> Value {
        let outcome = match judged.outcome {
            Outcome::Within => "within",
            Outcome::Unsure => "unsure",
            Outcome::Noise => "noise",
            Outcome::Beyond => "beyond",
        };
        json!({
            "measure": judged.limit.measure(),
            "limit": judged.limit.to_string(),
            "baseline": judged.baseline,
            "candidate": judged.candidate,
            "at": judged.at,
            "change": judged.candidate - judged.baseline,
            "change_low": judged.change.map(|change| change.0),
            "change_high": judged.change.map(|change| change.1),
            "outcome": outcome,
            "pass": self.accepts(judged.outcome),
            "basis": judged.basis,
        })
    }
}

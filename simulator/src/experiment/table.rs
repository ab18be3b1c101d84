//! Results for people: a row for each contender, and a line for each gate.

use super::{results::Results, verdict::Verdict};
use crate::{
    demo::style,
    scenario::{Against, Measure, Scenario},
};
use std::fmt::Write as _;

/// A column: its two lines of heading, its width, and what it shows.
struct Column {
    head: [&'static str; 2],
    width: usize,
    show: fn(&Results, &str) -> String,
}

const COLUMNS: [Column; 10] = [
    Column { head: ["failed", "%"], width: 9, show: |r, p| shown(r, p, Measure::Failed, 3) },
    Column { head: ["slow", "%"], width: 9, show: |r, p| shown(r, p, Measure::Slow, 3) },
    Column { head: ["lacking", "θ_U %"], width: 9, show: |r, p| shown(r, p, Measure::ThetaU, 3) },
    Column { head: ["degraded", "%"], width: 9, show: |r, p| shown(r, p, Measure::Degraded, 2) },
    Column { head: ["cost", "$"], width: 9, show: |r, p| shown(r, p, Measure::Cost, 2) },
    Column {
        head: ["times", "oracle"],
        width: 8,
        show: |r, p| shown(r, p, Measure::CostVsOracle, 2),
    },
    Column { head: ["saved to", "static %"], width: 9, show: saved },
    Column {
        head: ["most", "members"],
        width: 8,
        show: |r, p| shown(r, p, Measure::MaxInstances, 0),
    },
    Column { head: ["changes", ""], width: 8, show: |r, p| shown(r, p, Measure::Adaptations, 0) },
    Column { head: ["longest", "violation"], width: 10, show: longest },
];

/// The table of `results` and the lines of `verdict`, with colours.
pub fn table(results: &Results, verdict: &Verdict) -> String {
    let mut text = heading(&results.scenario, results.seeds.clone().count());
    let names = results.shown();
    let widest = names.iter().map(|name| name.len()).max().unwrap_or(0).max(8);
    for line in 0..2 {
        let quiet = style::QUIET;
        write!(text, "{quiet}{:widest$}", "").expect("a string takes text");
        for column in &COLUMNS {
            write!(text, "{:>width$}", column.head[line], width = column.width)
                .expect("a string takes text");
        }
        writeln!(text, "{quiet:#}").expect("a string takes text");
    }
    for name in names {
        write!(text, "{name:widest$}").expect("a string takes text");
        for column in &COLUMNS {
            let value = (column.show)(results, name);
            write!(text, "{value:>width$}", width = column.width).expect("a string takes text");
        }
        text.push('\n');
    }
    text.push_str(&lines(verdict));
    text
}

/// What stands above each column: "failed %".
pub(crate) fn heads() -> impl Iterator<Item = String> {
    COLUMNS.iter().map(|column| column.head.join(" ").trim_end().to_owned())
}

/// What stands in each column for one contender.
pub(crate) fn cells(results: &Results, name: &str) -> impl Iterator<Item = String> {
    COLUMNS.iter().map(move |column| (column.show)(results, name))
}

fn heading(scenario: &Scenario, seeds: usize) -> String {
    let (head, quiet) = (style::HEAD, style::QUIET);
    let claim = scenario.claim.as_ref().map_or_else(String::new, |claim| format!(" ({claim})"));
    let about = scenario.about.as_ref().map_or_else(String::new, |about| format!("{about}\n"));
    let many = if seeds == 1 { "1 seed".to_owned() } else { format!("means over {seeds} seeds") };
    format!(
        "{head}{}{claim}{head:#}\n{about}{quiet}{}, a pass every {}; {many}{quiet:#}\n\n",
        scenario.name, scenario.length, scenario.every
    )
}

fn shown(results: &Results, policy: &str, measure: Measure, decimals: usize) -> String {
    let mean = results.mean(policy, measure);
    mean.map_or_else(|| "–".to_owned(), |mean| format!("{mean:.decimals$}"))
}

fn saved(results: &Results, policy: &str) -> String {
    let times = results.mean(policy, Measure::CostVsStaticPeak);
    times.map_or_else(|| "–".to_owned(), |times| format!("{:.1}", 100.0 * (1.0 - times)))
}

/// Of all seeds.
fn longest(results: &Results, policy: &str) -> String {
    let values = results.of(policy).filter_map(|row| row.value(Measure::WorstViolation));
    let longest = values.fold(0.0, f64::max);
    if longest > 0.0 { format!("{longest:.0} s") } else { "none".to_owned() }
}

fn lines(verdict: &Verdict) -> String {
    let mut text = String::new();
    if !verdict.gates.is_empty() || !verdict.broken.is_empty() {
        text.push('\n');
    }
    for judged in &verdict.gates {
        let (style, word) =
            if judged.pass { (style::GOOD, "pass") } else { (style::TROUBLE, "FAIL") };
        let worst = match (&judged.gate.against, judged.worst) {
            (Against::Max(_) | Against::Min(_), Some(worst)) => format!(" (worst {worst:.3})"),
            (Against::Max(_) | Against::Min(_) | Against::Times(..) | Against::Over(..), _) => {
                String::new()
            }
        };
        writeln!(
            text,
            "{style}{word}{style:#} {}: {}{worst}; {judged}",
            judged.policy, judged.gate
        )
        .expect("a string takes text");
    }
    for (policy, why) in &verdict.broken {
        let style = style::TROUBLE;
        writeln!(text, "{style}FAIL{style:#} {policy}: {why}").expect("a string takes text");
    }
    text
}

//! The rows of a report's tables and lists.

use super::words::time;
use crate::{
    chronicle::{Chapter, Chronicle},
    experiment::{Recording, Results, Verdict, cells, heads},
    scenario::Against,
};
use minijinja::{Value, context};

/// The most kinds of decision that are listed of one policy.
const MOST_KINDS: usize = 200;

/// A row for each who is shown, and whether its lines are drawn at first.
pub(super) fn scores(results: &Results, shown: &[bool]) -> Value {
    let ours = results.scenario.contestants.len();
    let rows = results.shown().into_iter().zip(shown).enumerate().map(|(place, (name, shown))| {
        let cells: Vec<String> = cells(results, name).collect();
        context! { name, cells, shown, ours => place < ours }
    });
    context! { heads => heads().collect::<Vec<_>>(), rows => rows.collect::<Vec<_>>() }
}

/// A line for each gate.
pub(super) fn gates(verdict: &Verdict) -> Vec<Value> {
    let gates = verdict.gates.iter().map(|judged| {
        // Against a rival only means are held.
        let worst = match judged.gate.against {
            Against::Max(_) | Against::Min(_) => judged.worst,
            Against::Times(..) | Against::Over(..) => None,
        };
        let worst = worst.map_or_else(String::new, |worst| format!(" (worst {worst:.3})"));
        let text = format!("{}: {}{worst}", judged.policy, judged.gate);
        context! { pass => judged.pass, text, proves => judged.to_string() }
    });
    gates.collect()
}

/// What was recorded, of the one who stands first.
pub(super) fn recorded(results: &Results) -> Option<&Recording> {
    results.rows.iter().find_map(|row| row.cell.recording.as_deref())
}

/// "08:00–08:30 zone b is down", a line for each thing that went wrong in the recorded runs.
pub(super) fn occurred(results: &Results) -> Vec<String> {
    let scenario = &results.scenario;
    let all = recorded(results).map(|it| it.occurred.as_slice()).unwrap_or_default();
    let told = all.iter().map(|one| {
        let [from, until] =
            [one.from, one.until].map(|it| time(scenario.world.starts + it, scenario.length));
        if from == until {
            format!("{from} {}", one.kind)
        } else {
            format!("{from}–{until} {}", one.kind)
        }
    });
    told.collect()
}

/// For each policy, every kind of decision in its first run.
pub(super) fn decided(results: &Results) -> Vec<Value> {
    let scenario = &results.scenario;
    let of = |name: &str| -> Option<Value> {
        let chronicle: &Chronicle = results.of(name).next()?.cell.chronicle.as_ref()?;
        let kind = |chapter: &Chapter| {
            let rule = chapter.rule().map(|(policy, rule)| format!("{policy}, rule “{rule}”: "));
            context! {
                first => time(chapter.first.at, scenario.length),
                target => chapter.target().as_str(),
                what => chapter.first.what,
                times => chapter.count,
                last => time(chapter.last.at, scenario.length),
                why => rule.unwrap_or_default() + chapter.first.why.as_str(),
            }
        };
        let kinds: Vec<Value> = chronicle.chapters.iter().take(MOST_KINDS).map(kind).collect();
        Some(context! { name, kinds, passes => chronicle.passes })
    };
    scenario.contestants.iter().filter_map(|one| of(&one.name)).collect()
}

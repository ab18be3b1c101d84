//! What was found out about the past, in words.

use super::{Recalled, Replay, Tried, done, words};
use crate::{
    demo::style,
    explained::{answer, place, ruling},
};
use serde_json::json;
use setpoint_core::{Decision, Quantity, TargetName, Timestamp, Unit, Verdict};
use std::fmt::{self, Write as _};

/// The most inputs of which it is told that they change nothing.
const STILL: usize = 8;

/// A decision in full, and what would have changed it.
pub fn explained(pass: &Recalled, target: &TargetName, tried: &[Tried]) -> Option<String> {
    let decisions = &pass.thought.plan.decisions;
    let decision = decisions.iter().find(|decision| decision.target == *target)?;
    let (head, quiet) = (style::HEAD, style::QUIET);
    let (number, at) = (pass.snapshot.pass, time(pass.snapshot.at.wall));
    let mut text =
        format!("{head}{target}: {}{head:#}, in pass {number} at {at}\n", words(decision));
    if !pass.same {
        let trouble = style::TROUBLE;
        line(&mut text, format_args!("{trouble}made again, it is not what is recorded{trouble:#}"));
    }
    whole(&mut text, pass, decision);
    line(&mut text, format_args!("\n{head}What would have changed it{head:#}"));
    if tried.is_empty() {
        line(&mut text, format_args!("  nothing can be tried: no input was read as one number"));
    }
    let (moving, still): (Vec<&Tried>, Vec<&Tried>) =
        tried.iter().partition(|tried| !tried.changes.is_empty());
    for tried in &moving {
        for change in &tried.changes {
            let (was, would) = (shown(tried.was, tried.unit), shown(change.would, tried.unit));
            let input = format!("{}", tried.input);
            line(&mut text, format_args!("  {input:24} {was} → {would}: {}", change.outcome));
        }
    }
    if !still.is_empty() {
        let names: Vec<String> = still.iter().take(STILL).map(|it| it.input.to_string()).collect();
        line(&mut text, format_args!("  {quiet}by itself not: {}{quiet:#}", names.join(", ")));
    }
    if let Some(least) = moving.first().and_then(|tried| Some((tried, tried.changes.first()?))) {
        let (tried, change) = least;
        line(
            &mut text,
            format_args!("{}", sentence(decision, tried, &change.outcome, change.would)),
        );
    }
    Some(text)
}

/// The same for programs.
pub fn explained_json(pass: &Recalled, target: &TargetName, tried: &[Tried]) -> Option<String> {
    let decisions = &pass.thought.plan.decisions;
    let decision = decisions.iter().find(|decision| decision.target == *target)?;
    let rules = pass.thought.evaluations.iter().flat_map(|evaluation| {
        let named = evaluation.rules.iter().filter(|it| it.names.contains(target));
        named.map(|report| json!({"policy": evaluation.policy, "report": report}))
    });
    let result = match &decision.verdict {
        Verdict::Act(intent) => pass.results.get(&intent.id),
        Verdict::Held(_) => None,
    };
    let tried = tried.iter().map(|tried| {
        let changes =
            tried.changes.iter().map(|it| json!({"would": it.would, "outcome": it.outcome}));
        json!({
            "input": tried.input, "unit": tried.unit, "was": tried.was,
            "changes": changes.collect::<Vec<_>>(),
        })
    });
    let value = json!({
        "target": target,
        "pass": pass.snapshot.pass,
        "at": pass.snapshot.at.wall.to_string(),
        "as_recorded": pass.same,
        "decision": decision,
        "rules": rules.collect::<Vec<_>>(),
        "result": result,
        "what_if": tried.collect::<Vec<_>>(),
    });
    Some(format!("{value}\n"))
}

/// "cpu 61.2 % → 66.1 % would have come to "resize 10 -> 13", not to "resize 10 -> 12"."
fn sentence(decision: &Decision, tried: &Tried, outcome: &str, would: f64) -> String {
    let (was, would) = (shown(tried.was, tried.unit), shown(would, tried.unit));
    let input = &tried.input;
    let before = done(decision).unwrap_or_else(|| "nothing".to_owned());
    format!(
        "The least of them: {input} {was} → {would} would have come to \"{outcome}\", not to \"{before}\"."
    )
}

/// What was seen, read, asked, said by each guard, and answered.
fn whole(text: &mut String, pass: &Recalled, decision: &Decision) {
    let quiet = style::QUIET;
    let seen = if decision.seen.is_empty() { "nothing" } else { &decision.seen };
    row(text, "seen", seen);
    for evaluation in &pass.thought.evaluations {
        let named = evaluation.rules.iter().filter(|it| it.names.contains(&decision.target));
        for report in named {
            row(text, "rule", &ruling(&evaluation.policy, report));
        }
    }
    for want in &decision.wants {
        row(text, "wants", &format!("{} by {}: {}", want.size, place(want), want.ask));
        if let Some(because) = &want.because {
            row(text, "", &format!("because {because}"));
        }
    }
    for said in &decision.guards {
        let note = format!("{:16} {:>5}   {quiet}{}{quiet:#}", said.guard, said.size, said.note);
        row(text, "guard", &note);
    }
    match &decision.verdict {
        Verdict::Held(held) => row(text, "held", &held.to_string()),
        Verdict::Act(intent) => {
            row(text, "action", &format!("{} ({})", intent.action, intent.id));
            let result = pass.results.get(&intent.id);
            row(text, "answer", &result.map_or_else(|| "none on record".to_owned(), answer));
        }
    }
}

/// What came of making every pass again.
pub fn replayed(replay: &Replay) -> String {
    let (good, trouble, quiet) = (style::GOOD, style::TROUBLE, style::QUIET);
    let mut text = String::new();
    match &replay.diverged {
        None => line(
            &mut text,
            format_args!(
                "{good}{} passes made again, every decision the same, byte for byte{good:#}",
                replay.passes
            ),
        ),
        Some((pass, at, plan)) => {
            let at = time(*at);
            line(
                &mut text,
                format_args!(
                    "{trouble}pass {pass} at {at} is not what is recorded{trouble:#}; now it comes to"
                ),
            );
            for decision in &plan.decisions {
                line(&mut text, format_args!("  {}: {}", decision.target, words(decision)));
            }
        }
    }
    for decider in &replay.other_deciders {
        line(
            &mut text,
            format_args!(
                "{quiet}some passes were decided by version {decider}, which may decide otherwise{quiet:#}"
            ),
        );
    }
    text
}

impl fmt::Display for Replay {
    /// The decisions that would have been others, a line each, and what they come to.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (head, quiet) = (style::HEAD, style::QUIET);
        for input in &self.unrecorded {
            writeln!(
                f,
                "{quiet}`{input}` is not on record: rules that ask for it are skipped{quiet:#}"
            )?;
        }
        for it in &self.differences {
            let when = match it.passes {
                1 => time(it.since),
                passes => format!("{}–{} ({passes} passes)", time(it.since), time(it.until)),
            };
            writeln!(f, "{when}  {}: {} in place of {}", it.target, it.would, it.was)?;
            writeln!(f, "    {quiet}{}{quiet:#}", it.why)?;
        }
        let told: u64 = self.differences.iter().map(|it| it.passes).sum();
        let more = self.differing().saturating_sub(told);
        if more > 0 {
            writeln!(f, "{quiet}and {more} more{quiet:#}")?;
        }
        writeln!(
            f,
            "{head}{} decisions of {} passes would be others{head:#}",
            self.differing(),
            self.passes
        )?;
        for (rule, outcome) in &self.by_rule {
            let (first, last) = (time(outcome.first), time(outcome.last));
            writeln!(f, "  {:>6}  {rule}; first {first}, last {last}", outcome.count)?;
        }
        Ok(())
    }
}

fn shown(value: f64, unit: Unit) -> String {
    Quantity::new(unit.to_base(value), unit.dimension())
        .map_or_else(|| value.to_string(), |quantity| quantity.to_string())
}

/// "2026-12-19 09:12:15"
fn time(at: Timestamp) -> String {
    let told = at.to_string().replacen('T', " ", 1);
    told.get(..19).unwrap_or(&told).to_owned()
}

fn row(text: &mut String, name: &str, rest: &str) {
    line(text, format_args!("  {name:7} {rest}"));
}

fn line(text: &mut String, line: fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a string takes text");
}

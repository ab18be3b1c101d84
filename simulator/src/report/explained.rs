//! A decision as the page explains it: what was done, why, what was read, and what each guard said.

use super::strings::Strings;
use crate::{
    explained::{answer, place, ruling},
    marks::{Mark, Marks, Stretch},
};
use serde_json::{Value, json};
use setpoint_core::{Action, Held, Verdict};

/// No text.
const NONE: i32 = -1;

/// The decisions of one policy: what was done, what was held, and how many more there were.
///
/// Keys are short because there are many: `t` when (seconds from the start), `p` pass, `g`
/// target, `w` what, `d` direction, `r` rule, `b` because, `s` what was seen, `q` what was asked
/// for, `l` what was read, `u` guards, `a` answer; of what was held, `n` passes and `e` their end.
/// Texts are places in the list of strings.
pub(super) fn decisions(marks: &Marks, strings: &mut Strings) -> (Value, Value, Value) {
    let actions: Vec<Value> = marks.actions.iter().map(|mark| one(mark, strings)).collect();
    let held: Vec<Value> = marks.held.iter().map(|stretch| stretched(stretch, strings)).collect();
    (json!(actions), json!(held), json!([marks.more_actions, marks.more_held]))
}

fn stretched(stretch: &Stretch, strings: &mut Strings) -> Value {
    let mut value = one(&stretch.first, strings);
    value["n"] = json!(stretch.passes);
    value["e"] = json!(stretch.until.ms() / 1000);
    value
}

fn one(mark: &Mark, strings: &mut Strings) -> Value {
    let decision = &mark.record.decision;
    let cause = decision.cause();
    let rule = cause.map(|want| strings.place(place(want)));
    let because = cause.and_then(|want| want.because.as_ref());
    let because = because.map_or(json!(NONE), |it| json!(strings.place(it)));
    let asked = decision
        .wants
        .iter()
        .map(|want| strings.place(format!("{} by {}: {}", want.size, place(want), want.ask)));
    let asked: Vec<usize> = asked.collect();
    let guards = decision.guards.iter().map(|line| {
        let (guard, note) = (strings.place(line.guard.name()), strings.place(&*line.note));
        json!([guard, line.size, note])
    });
    let guards: Vec<Value> = guards.collect();
    let read: Vec<usize> = mark
        .record
        .rules
        .iter()
        .map(|rule| strings.place(ruling(&rule.policy, &rule.report)))
        .collect();
    let answer = mark.result.as_ref().map_or(json!(NONE), |it| json!(strings.place(answer(it))));
    json!({
        "t": mark.at.ms() / 1000,
        "p": mark.pass,
        "g": strings.place(decision.target.as_str()),
        "w": strings.place(what(&decision.verdict)),
        "d": direction(&decision.verdict),
        "r": rule,
        "b": because,
        "s": strings.place(&*decision.seen),
        "q": asked,
        "l": read,
        "u": guards,
        "a": answer,
    })
}

fn what(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Act(intent) => intent.action.to_string().replace("->", "→"),
        Verdict::Held(Held::Guard(guard, note)) => format!("held by {guard}: {note}"),
        Verdict::Held(held) => format!("held: {held}"),
    }
}

/// 1 for what grows, -1 for what shrinks, 0 for what does neither.
fn direction(verdict: &Verdict) -> i8 {
    match verdict {
        Verdict::Held(_) => 0,
        Verdict::Act(intent) => match intent.action {
            Action::Start { .. } | Action::Replace { .. } => 0,
            Action::Resize { .. }
            | Action::Drain { .. }
            | Action::Retire { .. }
            | Action::Return { .. }
            | Action::AddReplica { .. }
            | Action::RemoveReplica { .. }
            | Action::Set { .. }
            | Action::Grow { .. }
            | Action::Route { .. } => {
                if intent.action.shrinks() {
                    -1
                } else {
                    1
                }
            }
        },
    }
}

//! Every recorded pass, made again: as it was, or by another policy.
//!
//! The other policy stands at each pass where the recorded ones had brought things: it sees what
//! they saw, and what they did shows. What it would have led to in the end is for a simulation
//! to tell; here is told where it would have decided otherwise. Windows, hold timers and
//! `state` are its own.

use super::{Candidate, done, evaluator, recall::unreadable, words};
use crate::trouble::Trouble;
use serde_json::json;
use setpoint_control::{Evaluator, think};
use setpoint_core::{Decision, Memory, Plan, Program, Span, TargetName, Timestamp, Verdict};
use setpoint_journal::{Again, Reader, replay_each};
use std::{collections::BTreeMap, ops::ControlFlow};

/// The most differences that are told one by one.
const MOST: usize = 60;

/// What came of a replay.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    /// How many passes were made again.
    pub passes: u64,
    /// The first pass that did not come out as it is recorded, and what it came to.
    pub diverged: Option<(u64, Timestamp, Plan)>,
    /// Versions of other deciders that made some of the passes: those may differ.
    pub other_deciders: Vec<String>,
    /// Where another policy would have decided otherwise, in the order of time: the first of them.
    pub differences: Vec<Difference>,
    /// Decisions that would have been others, by what asked for them.
    pub by_rule: BTreeMap<String, Outcome>,
    /// Inputs that the other policy asks for and that are not on record.
    pub unrecorded: Vec<String>,
    /// From one pass to the next.
    every: Span,
}

/// Decisions that would have been others in the same way, pass after pass.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// When the first was made.
    pub since: Timestamp,
    /// When the last was made.
    pub until: Timestamp,
    /// How many there were.
    pub passes: u64,
    /// About which target.
    pub target: TargetName,
    /// What was decided, the first time.
    pub was: String,
    /// What would have been, the first time.
    pub would: String,
    /// What asks for that, and why.
    pub why: String,
    kind: Kind,
}

/// What makes two differences alike: which way each of the decisions goes, and by which rule.
#[derive(Clone, Debug, PartialEq)]
struct Kind {
    was: i8,
    would: i8,
    rule: String,
}

/// How often one rule would have led to another decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// How often.
    pub count: u64,
    /// When first.
    pub first: Timestamp,
    /// When last.
    pub last: Timestamp,
}

impl Replay {
    /// The same for programs.
    pub fn json(&self) -> String {
        let differences = self.differences.iter().map(|it| {
            json!({
                "since": it.since.to_string(), "until": it.until.to_string(), "passes": it.passes,
                "target": it.target, "was": it.was, "would": it.would, "why": it.why,
            })
        });
        let by_rule = self.by_rule.iter().map(|(rule, it)| {
            let (first, last) = (it.first.to_string(), it.last.to_string());
            json!({"rule": rule, "count": it.count, "first": first, "last": last})
        });
        let value = json!({
            "passes": self.passes,
            "diverged": self.diverged.as_ref().map(|(pass, at, plan)| {
                json!({"pass": pass, "at": at.to_string(), "plan": plan})
            }),
            "other_deciders": self.other_deciders,
            "unrecorded": self.unrecorded,
            "differing": self.differing(),
            "differences": differences.collect::<Vec<_>>(),
            "by_rule": by_rule.collect::<Vec<_>>(),
        });
        format!("{value}\n")
    }

    /// How many decisions would have been others.
    pub fn differing(&self) -> u64 {
        self.by_rule.values().map(|it| it.count).sum()
    }

    fn note(&mut self, at: Timestamp, was: &Decision, would: &Decision) {
        let (rule, why) = cause(would);
        let count = self.by_rule.entry(rule.clone());
        let count = count.or_insert(Outcome { count: 0, first: at, last: at });
        count.count += 1;
        count.last = at;
        let kind = Kind { was: direction(was), would: direction(would), rule: rule.clone() };
        let why = if why.is_empty() { rule } else { format!("{rule}: {why}") };
        let soon = at - self.every.times(2);
        let room = self.differences.len() < MOST;
        let before = self.differences.iter_mut().rev().find(|it| it.target == was.target);
        if let Some(it) = before.filter(|it| it.kind == kind && it.until >= soon) {
            it.until = at;
            it.passes += 1;
        } else if room {
            let (target, was, would) = (was.target.clone(), words(was), words(would));
            let it = Difference { since: at, until: at, passes: 1, target, was, would, why, kind };
            self.differences.push(it);
        }
    }
}

/// 1 for what grows, -1 for what shrinks, 0 for what is held.
fn direction(decision: &Decision) -> i8 {
    match &decision.verdict {
        Verdict::Act(intent) if intent.action.shrinks() => -1,
        Verdict::Act(_) => 1,
        Verdict::Held(_) => 0,
    }
}

/// The rule that a decision comes from, and what it asked for; the guard, where one held it.
fn cause(decision: &Decision) -> (String, String) {
    let Some(want) = decision.cause() else { return ("no rule".to_owned(), String::new()) };
    let because = want.because.as_ref().map_or_else(String::new, |it| format!("{it}: "));
    let why = format!("{because}{}", want.ask);
    (format!("{}, rule \"{}\"", want.policy, want.rule), why)
}

/// Another program, with what it remembers for itself.
struct Other {
    program: Program,
    evaluator: Box<dyn Evaluator>,
    own: Option<Memory>,
}

impl Other {
    /// What it would have decided in this pass.
    fn decide(&mut self, again: &Again<'_>) -> Plan {
        let mut memory = again.before.clone();
        if let Some(own) = self.own.take() {
            (memory.windows, memory.parts) = (own.windows, own.parts);
            (memory.holds, memory.state) = (own.holds, own.state);
        }
        let settings = &self.program.settings;
        let thought = think(settings, &mut memory, again.snapshot, self.evaluator.as_ref());
        self.own = Some(memory);
        thought.plan
    }
}

/// Makes every pass again, and by `candidate` where one is given; without, up to the first that
/// does not come out as it is recorded.
///
/// Needs the stack that policies need.
pub fn replay(reader: &Reader, candidate: Option<&Candidate>) -> Result<Replay, Trouble> {
    let mut replay = Replay::default();
    let mut others: BTreeMap<String, Other> = BTreeMap::new();
    let mut trouble = None;
    let replayed = replay_each(reader, evaluator, |again| {
        let at = again.snapshot.at.wall;
        replay.every = again.program.settings.every;
        if !again.same && replay.diverged.is_none() {
            replay.diverged = Some((again.snapshot.pass, at, again.thought.plan.clone()));
        }
        let Some(candidate) = candidate else {
            let goes_on = replay.diverged.is_none();
            return if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
        };
        let other = match others.contains_key(again.hash) {
            true => Ok(()),
            false => other(candidate, again.program).map(|(other, unrecorded)| {
                replay.unrecorded.extend(unrecorded);
                others.insert(again.hash.to_owned(), other);
            }),
        };
        if let Err(why) = other {
            trouble = Some(why);
            return ControlFlow::Break(());
        }
        let plan = others.get_mut(again.hash).map(|other| other.decide(again)).unwrap_or_default();
        for was in &again.thought.plan.decisions {
            let would = plan.decisions.iter().find(|it| it.target == was.target);
            if let Some(would) = would.filter(|would| done(would) != done(was)) {
                replay.note(at, was, would);
            }
        }
        ControlFlow::Continue(())
    });
    let (passes, other_deciders) = replayed.map_err(unreadable)?;
    match trouble {
        Some(trouble) => Err(trouble),
        None => Ok(Replay { passes, other_deciders, ..replay }),
    }
}

fn other(candidate: &Candidate, program: &Program) -> Result<(Other, Vec<String>), Trouble> {
    let unrecorded = candidate.unrecorded(program).into_iter().collect();
    let program = candidate.swapped_into(program)?;
    let evaluator = evaluator(&program).map_err(Trouble::file)?;
    Ok((Other { program, evaluator, own: None }, unrecorded))
}

//! Every decision of a run that a person may ask about, in full: what was done, and what was
//! held for a reason worth telling.
//!
//! A day has thousands of passes. Kept are its actions, each with its whole record, and the
//! stretches in which a target was held, each with the record of its first pass; of both so
//! many that a chart has room for, and beyond that only how many more there were.

use setpoint_control::{Journal, JournalError, Pass};
use setpoint_core::{ActResult, Decision, Guard, Held, Intent, Memory, Span, TargetName, Verdict};
use setpoint_journal::{DecisionRecord, NamedRule};
use std::collections::BTreeMap;

/// The most actions that are kept.
const MOST_ACTIONS: usize = 1_000;
/// The most stretches that are kept.
const MOST_HELD: usize = 300;

/// The decisions of a run.
#[derive(Clone, Debug, Default)]
pub struct Marks {
    /// The actions, in the order of time.
    pub actions: Vec<Mark>,
    /// The stretches in which a target was held, in the order in which they ended.
    pub held: Vec<Stretch>,
    /// Actions that are not kept.
    pub more_actions: u64,
    /// Stretches that are not kept.
    pub more_held: u64,
    /// For each target that is held at present, since when.
    open: BTreeMap<TargetName, Stretch>,
}

/// One decision.
#[derive(Clone, Debug)]
pub struct Mark {
    /// When, from the start of the run.
    pub at: Span,
    /// In which pass.
    pub pass: u64,
    /// The decision and the rules that led to it.
    pub record: DecisionRecord,
    /// What the provider said to it, where it was an action.
    pub result: Option<ActResult>,
}

/// Decisions that came out the same, pass after pass.
#[derive(Clone, Debug)]
pub struct Stretch {
    /// The first of them.
    pub first: Mark,
    /// When the last was made, from the start of the run.
    pub until: Span,
    /// How many there were.
    pub passes: u64,
}

impl Marks {
    fn decided(&mut self, pass: &Pass, decision: &Decision) {
        let target = &decision.target;
        let at = pass.snapshot.at.monotonic;
        match &decision.verdict {
            Verdict::Act(_) => {
                self.close(target);
                if self.actions.len() < MOST_ACTIONS {
                    self.actions.push(Mark::new(pass, decision));
                } else {
                    self.more_actions += 1;
                }
            }
            Verdict::Held(held) if is_noteworthy(held) => match self.open.get_mut(target) {
                Some(stretch) if stretch.is_like(held) => {
                    stretch.until = at;
                    stretch.passes += 1;
                }
                Some(_) | None => {
                    self.close(target);
                    let first = Mark::new(pass, decision);
                    self.open.insert(target.clone(), Stretch { first, until: at, passes: 1 });
                }
            },
            Verdict::Held(_) => self.close(target),
        }
    }

    /// What was held is so no longer.
    fn close(&mut self, target: &TargetName) {
        let Some(stretch) = self.open.remove(target) else { return };
        if self.held.len() < MOST_HELD {
            self.held.push(stretch);
        } else {
            self.more_held += 1;
        }
    }

    /// The run is over: what is still held ends with it.
    pub(crate) fn end(&mut self) {
        let open: Vec<TargetName> = self.open.keys().cloned().collect();
        open.iter().for_each(|target| self.close(target));
    }
}

impl Mark {
    fn new(pass: &Pass, decision: &Decision) -> Self {
        let snapshot = &pass.snapshot;
        let rules = pass.evaluations.iter().flat_map(|evaluation| {
            let named =
                |report: &&setpoint_core::RuleReport| report.names.contains(&decision.target);
            let policy = &evaluation.policy;
            let reports = evaluation.rules.iter().filter(named).cloned();
            reports.map(|report| NamedRule { policy: policy.clone(), report })
        });
        let record = DecisionRecord {
            decision: decision.clone(),
            rules: rules.collect(),
            shadows: Vec::new(),
        };
        Self { at: snapshot.at.monotonic, pass: snapshot.pass, record, result: None }
    }
}

impl Stretch {
    fn is_like(&self, held: &Held) -> bool {
        match (&self.first.record.decision.verdict, held) {
            (Verdict::Held(Held::Guard(before, _)), Held::Guard(now, _)) => before == now,
            (Verdict::Held(before), now) => {
                std::mem::discriminant(before) == std::mem::discriminant(now)
            }
            (Verdict::Act(_), _) => false,
        }
    }
}

/// Whether somebody may wonder why nothing was done.
const fn is_noteworthy(held: &Held) -> bool {
    match held {
        Held::NoOpinion | Held::AsWanted | Held::Guard(Guard::DeadBand, _) => false,
        Held::NotObserved(_)
        | Held::EmptyRange(_)
        | Held::Guard(..)
        | Held::Released(_)
        | Held::Refused(_) => true,
    }
}

impl Journal for Marks {
    fn record(&mut self, pass: &Pass, _memory: &Memory) -> Result<(), JournalError> {
        pass.plan.decisions.iter().for_each(|decision| self.decided(pass, decision));
        Ok(())
    }

    fn outcome(&mut self, intent: &Intent, result: &ActResult) -> Result<(), JournalError> {
        let decided = |mark: &&mut Mark| match &mark.record.decision.verdict {
            Verdict::Act(decided) => decided.id == intent.id,
            Verdict::Held(_) => false,
        };
        if let Some(mark) = self.actions.iter_mut().rev().find(decided) {
            mark.result = Some(result.clone());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use setpoint_core::{Action, IntentId, Moment, Plan, Snapshot, Timestamp};

    fn pass(number: u64, verdict: Verdict) -> Pass {
        let at = Span::from_secs(15 * number);
        let at = Moment { wall: Timestamp::from_ms(0) + at, monotonic: at };
        let decision = Decision {
            target: TargetName::new("web"),
            seen: String::new(),
            wants: Vec::new(),
            guards: Vec::new(),
            asked: None,
            load: None,
            suspicion: None,
            page: None,
            verdict,
        };
        Pass {
            snapshot: Snapshot { pass: number, at, ..Snapshot::default() },
            evaluations: Vec::new(),
            plan: Plan { decisions: vec![decision], ..Plan::default() },
        }
    }

    fn guard(guard: Guard, note: &str) -> Verdict {
        Verdict::Held(Held::Guard(guard, note.to_owned()))
    }

    fn act(number: u64) -> Verdict {
        let (id, target) = (IntentId::new(format!("r/web/1/{number}")), TargetName::new("web"));
        Verdict::Act(Intent { id, target, action: Action::Resize { from: 1, to: 2 } })
    }

    #[track_caller]
    fn check(verdicts: Vec<Verdict>, actions: usize, stretches: &[u64]) {
        let mut marks = Marks::default();
        for (number, verdict) in (1..).zip(verdicts) {
            marks.record(&pass(number, verdict), &Memory::default()).unwrap();
        }
        marks.end();
        assert_eq!(marks.actions.len(), actions);
        let told: Vec<u64> = marks.held.iter().map(|stretch| stretch.passes).collect();
        assert_eq!(told, stretches);
    }

    #[test]
    fn what_is_held_for_the_same_reason_is_one_stretch_until_something_else_happens() {
        let cooling = |s: u32| guard(Guard::Cooldown, &format!("{s} s to go"));
        check(vec![cooling(30), cooling(15), act(1), cooling(30)], 1, &[2, 1]);
        check(vec![cooling(30), guard(Guard::Stabilise, "x")], 0, &[1, 1]);
        check(vec![cooling(30), Verdict::Held(Held::AsWanted), cooling(5)], 0, &[1, 1]);
    }

    #[test]
    fn an_ordinary_pass_leaves_no_mark() {
        let dead_band = guard(Guard::DeadBand, "within 10 %");
        check(vec![Verdict::Held(Held::NoOpinion), dead_band], 0, &[]);
    }

    #[test]
    fn of_a_policy_that_never_rests_no_more_is_kept_than_there_is_room_for() {
        let mut marks = Marks::default();
        for number in 1..=1_500 {
            marks.record(&pass(number, act(number)), &Memory::default()).unwrap();
        }
        assert_eq!((marks.actions.len(), marks.more_actions), (MOST_ACTIONS, 500));
    }
}

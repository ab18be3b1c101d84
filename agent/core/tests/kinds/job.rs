//! Jobs: started once for a rule that stays fired, never while they run.

use crate::life::{
    self, EVERY, Life, Lives, Said, Turn, a_restart_changes_nothing, action, drawn, each_held,
    holder,
};
use proptest::prelude::*;
use setpoint_core::{
    ActResult, Action, Ask, Guard, Job, JobSettings, LastRun, Plan, Seen, Span, TargetSettings,
};
use std::collections::BTreeSet;

/// What happens in one pass: whether a run under way ends, and how.
type Story = life::Story<Option<LastRun>>;

fn stories() -> impl Strategy<Value = Vec<Story>> {
    let said = prop_oneof![
        6 => Just(Said::Quiet),
        12 => Just(Said::Asks(Ask::Start)),
        2 => Just(Said::Asks(Ask::Restart)),
        1 => Just(Said::Supposes(Ask::Start)),
        1 => Just(Said::Skipped),
        1 => Just(Said::Failed),
    ];
    let ends = prop_oneof![
        3 => Just(None),
        2 => Just(Some(LastRun::Ok)),
        1 => Just(Some(LastRun::Failed)),
    ];
    life::stories(100, said, 2, ends)
}

fn bounds(quick: bool) -> JobSettings {
    let defaults = JobSettings::new();
    let cooldown_up = if quick { Span::ZERO } else { defaults.cooldown_up };
    JobSettings { cooldown_up, ..defaults }
}

/// A job that does as real ones do: a token that it knows starts nothing.
struct World {
    life: Life,
    last: LastRun,
    /// The tokens of all runs, and whether each was asked to end the one before.
    runs: Vec<String>,
    /// Whether the provider tells runs apart.
    names_runs: bool,
}

impl Lives for World {
    type Own = Option<LastRun>;

    fn turn(&mut self, story: &Story) -> (Turn, Plan) {
        if let Some(ends) = story.own.filter(|_| self.last == LastRun::Running) {
            self.last = ends;
        }
        let run = self.runs.last().filter(|_| self.names_runs).cloned();
        let turn =
            story.turn("being changed", |busy| Seen::Job(Job { last: self.last, run, busy }));
        let plan = self.life.turn(&turn);
        if let Some((token, anew)) = start(&plan).filter(|_| turn.takes_effect()) {
            assert!(anew || self.last != LastRun::Running, "a start while it runs: {plan:?}");
            if !self.runs.contains(&token) {
                self.runs.push(token);
                self.last = LastRun::Running;
            }
        }
        (turn, plan)
    }

    fn life(&mut self) -> &mut Life {
        &mut self.life
    }
}

impl World {
    fn new(bounds: &JobSettings, names_runs: bool) -> Self {
        let life = Life::new(TargetSettings::Job(bounds.clone()));
        Self { life, last: LastRun::Never, runs: Vec::new(), names_runs }
    }
}

fn start(plan: &Plan) -> Option<(String, bool)> {
    let action = action(plan)?;
    let Action::Start { token, anew, .. } = action else { panic!("{action:?}") };
    Some((token, anew))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_rule_that_stays_fired_starts_a_job_once(
        quick in any::<bool>(), names in any::<bool>(), stories in stories(),
    ) {
        let mut world = World::new(&bounds(quick), names);
        // The runs begun since each rule was last not fired.
        let mut begun = [0_usize; 2];
        for story in &stories {
            let runs = world.runs.len();
            let (turn, plan) = world.turn(story);
            for (rule, said) in turn.said.iter().enumerate() {
                if matches!(said, Said::Quiet) {
                    begun[rule] = 0;
                }
            }
            if world.runs.len() > runs {
                let asks = |said: &Said| matches!(said, Said::Asks(_) | Said::Supposes(_));
                let asking: Vec<usize> = (0..2).filter(|rule| asks(&turn.said[*rule])).collect();
                prop_assert!(asking.iter().any(|rule| begun[*rule] == 0), "{plan:?}");
                asking.iter().for_each(|rule| begun[*rule] += 1);
            }
        }
    }

    #[test]
    fn it_is_restarted_only_with_evidence(
        quick in any::<bool>(), names in any::<bool>(), stories in stories(),
    ) {
        let mut world = World::new(&bounds(quick), names);
        for story in &stories {
            let (turn, plan) = world.turn(story);
            let restarts = start(&plan).is_some_and(|(_, anew)| anew);
            prop_assert!(!restarts || !turn.is_blind(), "{plan:?}");
        }
    }

    #[test]
    fn a_restart_of_the_agent_changes_no_decision(
        quick in any::<bool>(), stories in stories(), cut in 0_usize..100,
    ) {
        let bounds = bounds(quick);
        a_restart_changes_nothing((World::new(&bounds, true), World::new(&bounds, true)), &stories, cut)?;
    }
}

/// A property that holds because nothing ever happens is none.
#[test]
fn these_jobs_do_run_and_every_brake_does_hold_something() {
    let (mut runs, mut holding) = (0, BTreeSet::new());
    for ((quick, names), stories) in drawn(any::<(bool, bool)>, stories) {
        let mut world = World::new(&bounds(quick), names);
        for story in &stories {
            let plan = world.turn(story).1;
            holding.extend(holder(&plan));
        }
        runs += world.runs.len();
    }
    assert!(runs > 100, "{runs} runs");
    each_held(
        &[Guard::Pause, Guard::Once, Guard::WarmUp, Guard::Cooldown, Guard::Evidence],
        &holding,
    );
}

fn calm(said: Said, result: ActResult) -> Story {
    Story { result, ..Story::calm(vec![said]) }
}

#[test]
fn a_start_whose_answer_was_lost_is_sent_again_by_the_same_token() {
    let mut world = World::new(&bounds(true), false);
    let asks = |result| calm(Said::Asks(Ask::Start), result);
    let failed = ActResult::Failed {
        kind: setpoint_core::FailureKind::Throttled { retry_after: None },
        message: "slower".to_owned(),
    };
    let mut tokens = Vec::new();
    for result in [failed.clone(), failed.clone(), failed, ActResult::Accepted] {
        for _ in 0..2 {
            tokens.extend(start(&world.turn(&asks(result.clone())).1).map(|(token, _)| token));
        }
    }
    assert!(tokens.len() > 2, "{tokens:?}");
    assert_eq!(tokens.iter().collect::<BTreeSet<_>>().len(), 1, "{tokens:?}");
    assert_eq!(world.runs.len(), 1);
}

#[test]
fn what_runs_for_too_long_is_stuck() {
    let bounds = JobSettings { stuck_after: EVERY.times(3), ..bounds(true) };
    let mut world = World::new(&bounds, true);
    let (asks, quiet) =
        (calm(Said::Asks(Ask::Start), ActResult::Accepted), calm(Said::Quiet, ActResult::Accepted));
    drop(world.turn(&asks));
    let mut stuck = Vec::new();
    for _ in 0..5 {
        drop(world.turn(&quiet));
        let memory = &world.life.memory;
        stuck.push(memory.targets["it"].is_stuck(&bounds, memory));
    }
    assert_eq!(stuck, [false, false, false, true, true]);
}

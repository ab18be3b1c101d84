//! Rollouts: a candidate is raised by stages and on evidence only, rolled back without waiting, and
//! then not raised again by itself.

use crate::life::{
    self, EVERY, Life, Lives, Said, Turn, a_restart_changes_nothing, drawn, each_held, holder,
    name, set,
};
use proptest::prelude::*;
use setpoint_core::{
    ActResult, Ask, Command, FailureKind, Guard, Plan, Rollout, RolloutSettings, Seen, Span,
    Stages, TargetSettings,
};
use std::collections::BTreeSet;

/// What happens to a rollout besides.
#[derive(Clone, Debug, Default)]
struct Own {
    /// Somebody else gives the candidate this share.
    moved: Option<u32>,
    /// Somebody deploys this candidate.
    deployed: Option<u32>,
}

/// What happens in one pass; the share is what it was set to, unless somebody else changes it.
type Story = life::Story<Own>;

fn stories() -> impl Strategy<Value = Vec<Story>> {
    let said = prop_oneof![
        4 => Just(Said::Quiet),
        1 => Just(Said::Asks(Ask::Rollback)),
        1 => Just(Said::Asks(Ask::Freeze)),
        12 => Just(Said::Asks(Ask::Advance)),
        3 => (0_u32..130).prop_map(|to| Said::Asks(Ask::SetTo(to))),
        1 => Just(Said::Supposes(Ask::Advance)),
        1 => Just(Said::Skipped),
        1 => Just(Said::Failed),
    ];
    let moved = prop::option::weighted(0.02, 0_u32..=100);
    let deployed = prop::option::weighted(0.05, 0_u32..4);
    let own = (moved, deployed).prop_map(|(moved, deployed)| Own { moved, deployed });
    life::stories(100, said, 1..3, own)
}

fn bounds() -> impl Strategy<Value = RolloutSettings> {
    let step = prop::option::weighted(0.3, 0.05_f64..1.0);
    (step, any::<bool>()).prop_map(|(step_up, is_quick)| {
        let mut bounds = if is_quick { quick() } else { RolloutSettings::new() };
        bounds.dial.step_up = step_up;
        bounds
    })
}

/// Bounds under which nothing is kept waiting for long.
fn quick() -> RolloutSettings {
    let mut bounds = RolloutSettings::new();
    (bounds.dial.settle, bounds.dial.cooldown_down) = (Span::ZERO, Span::ZERO);
    bounds.dial.brakes.foreign_respect = EVERY.times(2);
    bounds
}

struct World {
    life: Life,
    rollout: Rollout,
    /// As the agent last saw it.
    last: Rollout,
    /// What may not be raised.
    condemned: BTreeSet<Option<String>>,
}

impl Lives for World {
    type Own = Own;

    fn turn(&mut self, story: &Story) -> (Turn, Plan) {
        self.rollout.share = story.own.moved.unwrap_or(self.rollout.share);
        if let Some(revision) = story.own.deployed {
            self.rollout.revision = Some(format!("v{revision}"));
        }
        let turn = story.turn("no candidate is up", |busy| {
            Seen::Rollout(Rollout { busy, ..self.rollout.clone() })
        });
        if matches!(turn.command, Some(Command::Resume { .. })) {
            self.condemned.clear();
        }
        if !story.unseen {
            if self.last.share > 0 && self.rollout.share == 0 {
                self.condemned.insert(self.last.revision.clone());
            }
            self.last = self.rollout.clone();
        }
        let plan = self.life.turn(&turn);
        if let Some((from, to)) = set(&plan) {
            if to < from {
                self.condemned.insert(self.last.revision.clone());
                self.last.share = to;
            }
            if turn.takes_effect() {
                self.rollout.share = to;
            }
        }
        (turn, plan)
    }

    fn life(&mut self) -> &mut Life {
        &mut self.life
    }
}

impl World {
    fn new(bounds: &RolloutSettings) -> Self {
        Self::of(bounds, Some("v0"))
    }

    fn of(bounds: &RolloutSettings, revision: Option<&str>) -> Self {
        let rollout = Rollout { revision: revision.map(str::to_owned), ..Rollout::default() };
        Self {
            life: Life::new(TargetSettings::Rollout(bounds.clone())),
            last: rollout.clone(),
            rollout,
            condemned: BTreeSet::new(),
        }
    }

    /// One rule asks for `ask` in so many calm passes; the share after each.
    fn calm(&mut self, ask: &Ask, passes: usize) -> Vec<u32> {
        let turn = |world: &mut Self| {
            drop(world.turn(&calm(ask.clone())));
            world.rollout.share
        };
        (0..passes).map(|_| turn(self)).collect()
    }
}

/// One rule asks for this, and nothing is ill.
fn calm(ask: Ask) -> Story {
    Story::calm(vec![Said::Asks(ask)])
}

/// The same, and somebody deploys this candidate.
fn deployed(candidate: u32, ask: Ask) -> Story {
    Story { own: Own { moved: None, deployed: Some(candidate) }, ..calm(ask) }
}

/// The same, and somebody else gives the candidate this share.
fn moved(share: u32, ask: Ask) -> Story {
    Story { own: Own { moved: Some(share), deployed: None }, ..calm(ask) }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn missing_data_never_raises_a_candidate(bounds in bounds(), stories in stories()) {
        let mut world = World::new(&bounds);
        for story in &stories {
            let (turn, plan) = world.turn(story);
            if turn.is_blind() {
                prop_assert!(set(&plan).is_none_or(|(from, to)| to < from), "{plan:?}");
            }
        }
    }

    #[test]
    fn what_was_rolled_back_is_never_raised_until_a_person_or_another_candidate_comes(
        bounds in bounds(), stories in stories()
    ) {
        let mut world = World::new(&bounds);
        for story in &stories {
            let plan = world.turn(story).1;
            if set(&plan).is_some_and(|(from, to)| to > from) {
                let (candidate, condemned) = (&world.last.revision, &world.condemned);
                prop_assert!(!condemned.contains(candidate), "{condemned:?}: {plan:?}");
            }
        }
    }

    #[test]
    fn an_advance_never_skips_a_stage_and_nothing_goes_back_but_to_nothing(
        bounds in bounds(), stories in stories()
    ) {
        let mut world = World::new(&bounds);
        for story in &stories {
            let (turn, plan) = world.turn(story);
            let Some((from, to)) = set(&plan) else { continue };
            prop_assert!(to <= 100 && (to > from || to == 0), "{plan:?}");
            let jumps = |said: &Said| matches!(said, Said::Asks(Ask::SetTo(_)));
            if to > from && !turn.said.iter().any(jumps) {
                prop_assert!(to <= bounds.stages.after(from), "{plan:?}");
            }
        }
    }

    #[test]
    fn a_rollback_is_never_kept_waiting(bounds in bounds(), stories in stories()) {
        let mut world = World::new(&bounds);
        for story in &stories {
            drop(world.turn(story));
        }
        let worst = |said: Vec<Said>| Story {
            busy: true,
            unread: true,
            command: Some(Command::Resume { target: Some(name()) }),
            said,
            ..moved(50, Ask::Freeze)
        };
        drop(world.turn(&worst(vec![Said::Quiet])));
        let said = vec![Said::Asks(Ask::Advance), Said::Supposes(Ask::Rollback), Said::Skipped];
        let plan = world.turn(&worst(said)).1;
        prop_assert_eq!(set(&plan), Some((50, 0)), "{:?}", plan);
    }

    #[test]
    fn a_restart_changes_no_decision(bounds in bounds(), stories in stories(), cut in 0_usize..100) {
        a_restart_changes_nothing((World::new(&bounds), World::new(&bounds)), &stories, cut)?;
    }
}

/// A property that holds because nothing ever happens is none.
#[test]
fn these_candidates_are_raised_and_rolled_back_and_what_should_hold_them_does() {
    let (mut raised, mut back, mut done, mut holding) = (0, 0, 0, BTreeSet::new());
    for (bounds, stories) in drawn(bounds, stories) {
        let mut world = World::new(&bounds);
        for story in &stories {
            let plan = world.turn(story).1;
            let set = set(&plan);
            raised += u32::from(set.is_some_and(|(from, to)| to > from));
            back += u32::from(set.is_some_and(|(from, to)| to < from));
            done += u32::from(set.is_some_and(|(_, to)| to == 100));
            holding.extend(holder(&plan));
        }
    }
    assert!(raised > 200 && back > 100 && done > 20, "{raised} raised, {back} back, {done} done");
    each_held(
        &[
            Guard::Pause,
            Guard::Evidence,
            Guard::Condemned,
            Guard::WarmUp,
            Guard::Cooldown,
            Guard::Foreign,
            Guard::Flap,
        ],
        &holding,
    );
}

#[test]
fn a_stage_stands_for_its_time_and_another_candidate_begins_anew() {
    let mut bounds = quick();
    bounds.stages = Stages::new(vec![10, 100]).unwrap();
    bounds.dial.cooldown_down = EVERY.times(3);
    let mut world = World::new(&bounds);
    // Confirmed in the next pass; three more must have gone by since.
    assert_eq!(world.calm(&Ask::Advance, 4), [10; 4]);
    drop(world.turn(&deployed(1, Ask::Advance)));
    assert_eq!(world.calm(&Ask::Advance, 3), [10, 10, 100]);
}

#[test]
fn a_rollback_beats_a_freeze_and_a_freeze_beats_an_advance() {
    let mut world = World::new(&quick());
    assert_eq!(world.calm(&Ask::SetTo(50), 2), [50, 50]);
    let two = |one: Ask, other: Ask| Story {
        said: vec![Said::Asks(one.clone()), Said::Asks(other)],
        ..calm(one)
    };
    assert_eq!(set(&world.turn(&two(Ask::Advance, Ask::Freeze)).1), None);
    assert_eq!(set(&world.turn(&two(Ask::SetTo(100), Ask::Freeze)).1), None);
    // What asks for a share that is long since reached asks for nothing.
    assert_eq!(set(&world.turn(&calm(Ask::SetTo(10))).1), None);
    assert_eq!(set(&world.turn(&two(Ask::Freeze, Ask::Rollback)).1), Some((50, 0)));
}

#[test]
fn a_rollback_that_fails_condemns_all_the_same() {
    let mut world = World::new(&quick());
    assert_eq!(world.calm(&Ask::SetTo(50), 2), [50, 50]);
    let result = ActResult::Failed { kind: FailureKind::Unavailable, message: "no".to_owned() };
    drop(world.turn(&Story { result, ..calm(Ask::Rollback) }));
    assert_eq!(world.calm(&Ask::Advance, 60), [50; 60]);
    assert_eq!(holder(&world.turn(&calm(Ask::Advance)).1), Some(Guard::Condemned));
}

/// How many passes after its rollback a candidate is raised again, of sixty, when `story` comes
/// in the first of them.
#[track_caller]
fn check(revision: Option<&str>, story: Story, raised: bool) {
    let mut world = World::of(&quick(), revision);
    assert_eq!(world.calm(&Ask::Advance, 1), [5]);
    assert_eq!(world.calm(&Ask::Freeze, 1), [5]);
    assert_eq!(world.calm(&Ask::Rollback, 1), [0]);
    drop(world.turn(&story));
    world.life.restart();
    let shares = world.calm(&Ask::Advance, 60);
    assert_eq!(shares.iter().any(|share| *share > 0), raised, "{shares:?}");
}

#[test]
fn an_aborted_rollout_is_never_retried_by_itself() {
    check(Some("v0"), calm(Ask::Advance), false);
    check(None, calm(Ask::Advance), false);
    // The same one, deployed again.
    check(Some("v0"), deployed(0, Ask::Freeze), false);
    // The region as a whole is resumed: nobody spoke of this candidate.
    let resumed = |target| Some(Command::Resume { target });
    check(Some("v0"), Story { command: resumed(None), ..calm(Ask::Freeze) }, false);
    check(Some("v0"), Story { command: resumed(Some(name())), ..calm(Ask::Freeze) }, true);
    check(None, Story { command: resumed(Some(name())), ..calm(Ask::Freeze) }, true);
    check(Some("v0"), deployed(1, Ask::Freeze), true);
}

#[test]
fn who_takes_a_candidate_back_by_hand_does_not_find_it_raised_again() {
    let mut world = World::new(&quick());
    assert_eq!(world.calm(&Ask::Advance, 1), [5]);
    assert_eq!(world.calm(&Ask::Freeze, 1), [5]);
    drop(world.turn(&moved(0, Ask::Freeze)));
    assert_eq!(world.calm(&Ask::Advance, 60), [0; 60]);
}

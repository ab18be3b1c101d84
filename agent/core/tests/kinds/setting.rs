//! Settings: what leads away from the safe side needs evidence, what leads there never waits.

use crate::life::{
    self, EVERY, Life, Lives, Said, Turn, a_restart_changes_nothing, drawn, each_held, holder,
    name, set,
};
use proptest::prelude::*;
use setpoint_core::{
    Approve, Ask, Command, Guard, Plan, Range, Seen, Setting, SettingSettings, Side, Span,
    TargetSettings,
};
use std::collections::BTreeSet;

/// What happens in one pass; the value is what it was set to, unless somebody else moves it.
type Story = life::Story<Option<u32>>;

fn stories() -> impl Strategy<Value = Vec<Story>> {
    let said = prop_oneof![
        4 => Just(Said::Quiet),
        8 => (0_u32..130).prop_map(|to| Said::Asks(Ask::SetTo(to))),
        1 => (0_u32..130).prop_map(|to| Said::Supposes(Ask::SetTo(to))),
        1 => Just(Said::Skipped),
        1 => Just(Said::Failed),
    ];
    life::stories(100, said, 1..3, prop::option::weighted(0.03, 0_u32..130))
}

fn bounds() -> impl Strategy<Value = SettingSettings> {
    let safe = prop_oneof![Just(None), Just(Some(Side::High)), Just(Some(Side::Low))];
    let step = || prop::option::of(0.05_f64..1.0);
    (safe, step(), step(), any::<bool>(), any::<bool>()).prop_map(
        |(safe, step_up, step_down, quick, asks)| {
            let defaults = SettingSettings::new(Range::new(5, 100).unwrap());
            let mut bounds = SettingSettings { safe, step_up, step_down, ..defaults };
            if quick {
                bounds.settle = Span::ZERO;
                bounds.cooldown_down = EVERY;
                bounds.brakes.foreign_respect = EVERY.times(2);
            }
            bounds.brakes.approve = if asks { Approve::Shrink } else { Approve::Nothing };
            bounds
        },
    )
}

struct World {
    life: Life,
    value: u32,
}

impl Lives for World {
    type Own = Option<u32>;

    fn turn(&mut self, story: &Story) -> (Turn, Plan) {
        self.value = story.own.unwrap_or(self.value);
        let turn = story
            .turn("being restarted", |busy| Seen::Setting(Setting { value: self.value, busy }));
        let plan = self.life.turn(&turn);
        if let Some((_, to)) = set(&plan).filter(|_| turn.takes_effect()) {
            self.value = to;
        }
        (turn, plan)
    }

    fn life(&mut self) -> &mut Life {
        &mut self.life
    }
}

impl World {
    fn new(bounds: &SettingSettings) -> Self {
        Self { life: Life::new(TargetSettings::Setting(bounds.clone())), value: 40 }
    }
}

fn leaves(safe: Option<Side>, (from, to): (u32, u32)) -> bool {
    match safe {
        Some(Side::High) => to < from,
        Some(Side::Low) => to > from,
        None => true,
    }
}

/// A turn in which all is as ill as can be, and one rule asks for `to`.
fn worst(to: u32) -> Story {
    Story {
        busy: true,
        own: Some(40),
        unread: true,
        command: Some(Command::Resume { target: Some(name()) }),
        ..Story::calm(vec![Said::Supposes(Ask::SetTo(to)), Said::Skipped])
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn missing_evidence_never_leads_away_from_the_safe_side(bounds in bounds(), stories in stories()) {
        let mut world = World::new(&bounds);
        for story in &stories {
            let (turn, plan) = world.turn(story);
            if let Some((from, to)) = set(&plan).filter(|_| turn.is_blind()) {
                let within = (5..=100).contains(&from);
                prop_assert!(!within || !leaves(bounds.safe, (from, to)), "{plan:?}");
            }
        }
    }

    #[test]
    fn it_is_never_set_to_what_the_range_does_not_allow(bounds in bounds(), stories in stories()) {
        let mut world = World::new(&bounds);
        for story in &stories {
            if let Some((from, to)) = set(&world.turn(story).1) {
                let on_its_way = (100..from).contains(&to) || (from + 1..5).contains(&to);
                prop_assert!((5..=100).contains(&to) || on_its_way, "{from} -> {to}");
            }
        }
    }

    #[test]
    fn what_leads_to_the_safe_side_is_never_kept_waiting(
        bounds in bounds(), stories in stories(), by in 1_u32..=35,
    ) {
        let Some(safe) = bounds.safe else { return Ok(()) };
        let mut world = World::new(&bounds);
        for story in &stories {
            drop(world.turn(story));
        }
        let to = if safe == Side::High { 40 + by } else { 40 - by };
        drop(world.turn(&Story { said: vec![Said::Quiet], ..worst(to) }));
        let plan = world.turn(&worst(to)).1;
        let moves = set(&plan).is_some_and(|change| !leaves(Some(safe), change));
        let open = world.life.memory.targets[&name()].open.as_ref();
        let on_its_way = open.is_some_and(|open| open.accepted && open.size() == Some(to));
        prop_assert!(moves || on_its_way, "{plan:?}");
    }

    #[test]
    fn rules_that_disagree_move_nothing_where_no_side_is_safe(bounds in bounds(), stories in stories()) {
        let bounds = SettingSettings { safe: None, ..bounds };
        let mut world = World::new(&bounds);
        for story in &stories {
            let (turn, plan) = world.turn(story);
            let asked: BTreeSet<u32> = turn.said.iter().filter_map(|said| match said {
                Said::Asks(Ask::SetTo(to)) => Some(*to),
                Said::Quiet | Said::Asks(_) | Said::Supposes(_) | Said::Skipped | Said::Failed => None,
            }).collect();
            let within = |(from, _): (u32, u32)| (5..=100).contains(&from);
            prop_assert!(asked.len() < 2 || !set(&plan).is_some_and(within), "{plan:?}");
        }
    }

    #[test]
    fn a_restart_changes_no_decision(bounds in bounds(), stories in stories(), cut in 0_usize..100) {
        a_restart_changes_nothing((World::new(&bounds), World::new(&bounds)), &stories, cut)?;
    }
}

/// A property that holds because nothing ever happens is none.
#[test]
fn these_settings_do_move_and_every_brake_does_hold_something() {
    let (mut left, mut holding) = (0, BTreeSet::new());
    for (bounds, stories) in drawn(bounds, stories) {
        let mut world = World::new(&bounds);
        for story in &stories {
            let plan = world.turn(story).1;
            left += u32::from(set(&plan).is_some_and(|change| leaves(bounds.safe, change)));
            holding.extend(holder(&plan));
        }
    }
    assert!(left > 100, "{left} actions led away from the safe side");
    each_held(
        &[
            Guard::Pause,
            Guard::Evidence,
            Guard::WarmUp,
            Guard::Cooldown,
            Guard::Foreign,
            Guard::Flap,
            Guard::Approval,
        ],
        &holding,
    );
}

/// What one rule that asks for `to` makes of a setting at 40 that is known for long.
#[track_caller]
fn check(bounds: &SettingSettings, to: u32, expected: Option<u32>) {
    let mut world = World::new(bounds);
    let calm = Story { busy: false, unread: false, command: None, ..worst(to) };
    let quiet = Story { said: vec![Said::Quiet], ..calm.clone() };
    for _ in 0..12 {
        drop(world.turn(&quiet));
    }
    let plan = world.turn(&Story { said: vec![Said::Asks(Ask::SetTo(to))], ..calm }).1;
    assert_eq!(set(&plan).map(|(_, to)| to), expected, "{plan:?}");
}

#[test]
fn a_step_limits_what_one_action_changes_and_no_step_does_not() {
    let bounds = SettingSettings::new(Range::new(5, 100).unwrap());
    check(&bounds, 20, Some(20));
    check(&bounds, 90, Some(90));
    check(&bounds, 1, Some(5));
    check(&bounds, 40, None);
    let stepped = SettingSettings { step_up: Some(0.5), step_down: Some(0.1), ..bounds };
    check(&stepped, 20, Some(36));
    check(&stepped, 90, Some(60));
    check(&SettingSettings { step_down: Some(0.001), ..stepped }, 20, Some(39));
}

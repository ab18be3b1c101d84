//! Traffic: users always have somewhere to go, and are never sent to where nobody answers.

use crate::life::{
    self, EVERY, Life, Lives, Said, Turn, a_restart_changes_nothing, action, drawn, each_held,
    holder, name,
};
use proptest::{collection::vec, prelude::*};
use setpoint_core::{
    Action, Ask, Command, Guard, Plan, Seen, Shares, Span, TargetSettings, Traffic,
    TrafficSettings, shares_of,
};
use std::collections::{BTreeMap, BTreeSet};

const NAMES: [&str; 3] = ["aws", "azure", "gcp"];

fn named<T: Copy>(values: &[T]) -> BTreeMap<String, T> {
    NAMES.iter().zip(values).map(|(name, it)| ((*name).to_owned(), *it)).collect()
}

/// What happens to a traffic besides.
#[derive(Clone, Debug, Default)]
struct Own {
    /// Somebody else moves users.
    moved: Option<Shares>,
    /// The health of each changes to this.
    health: Option<Vec<Option<bool>>>,
}

/// What happens in one pass; users are where they were sent, unless somebody else moves them.
type Story = life::Story<Own>;

/// Shares that add up to 100.
fn shares() -> impl Strategy<Value = Shares> + Clone {
    prop_oneof![Just(vec![100, 0, 0]), Just(vec![0, 100, 0]), vec(0_u64..4, 3)]
        .prop_map(|weights| shares_of(&named(&weights)))
}

/// What rules may ask for: whole routes, but also what is none.
fn routes() -> impl Strategy<Value = Ask> + Clone {
    let broken = prop_oneof![
        Just(Shares::new()),
        Just(named(&[0_u32, 0, 0])),
        Just(named(&[u32::MAX, u32::MAX, 1])),
        Just(named(&[60_u32, 60, 0])),
        Just([("aws".to_owned(), 20), ("moon".to_owned(), 80)].into()),
    ];
    let one = prop::sample::select(&NAMES).prop_map(|name| [(name.to_owned(), 100)].into());
    prop_oneof![6 => shares(), 2 => one, 1 => broken].prop_map(Ask::Route)
}

fn stories() -> impl Strategy<Value = Vec<Story>> {
    let said = prop_oneof![
        3 => Just(Said::Quiet),
        8 => routes().prop_map(Said::Asks),
        1 => routes().prop_map(Said::Supposes),
        1 => Just(Said::Skipped),
        1 => Just(Said::Failed),
    ];
    let health = prop_oneof![3 => Just(Some(true)), 2 => Just(Some(false)), 1 => Just(None)];
    let health = prop::option::weighted(0.3, vec(health, 3));
    let moved = prop::option::weighted(0.03, shares());
    let own = (moved, health).prop_map(|(moved, health)| Own { moved, health });
    life::stories(80, said, 1..3, own)
}

fn bounds() -> impl Strategy<Value = TrafficSettings> {
    (prop::option::of(0.005_f64..1.0), any::<bool>()).prop_map(|(step_down, quick)| {
        let mut bounds = TrafficSettings { step_down, ..TrafficSettings::new(NAMES) };
        if quick {
            bounds.settle = Span::ZERO;
            bounds.cooldown_down = EVERY;
            bounds.brakes.foreign_respect = EVERY.times(2);
        }
        bounds
    })
}

struct World {
    life: Life,
    traffic: Traffic,
}

impl Lives for World {
    type Own = Own;

    fn turn(&mut self, story: &Story) -> (Turn, Plan) {
        if let Some(moved) = &story.own.moved {
            self.traffic = self.traffic.routed(moved);
        }
        for (it, healthy) in
            self.traffic.destinations.values_mut().zip(story.own.health.iter().flatten())
        {
            it.healthy = *healthy;
        }
        let turn =
            story.turn("spreading", |busy| Seen::Traffic(Traffic { busy, ..self.traffic.clone() }));
        let plan = self.life.turn(&turn);
        if let Some((_, to)) = route(&plan).filter(|_| turn.takes_effect()) {
            self.traffic = self.traffic.routed(&to);
        }
        (turn, plan)
    }

    fn life(&mut self) -> &mut Life {
        &mut self.life
    }
}

impl World {
    fn new(bounds: &TrafficSettings) -> Self {
        let mut traffic = Traffic::default();
        for name in NAMES {
            let share = if name == "aws" { 100 } else { 0 };
            let destination = setpoint_core::Destination { share, healthy: Some(true) };
            traffic.destinations.insert(name.to_owned(), destination);
        }
        Self { life: Life::new(TargetSettings::Traffic(bounds.clone())), traffic }
    }

    /// These rules in so many calm passes; the share of `aws` after each.
    fn calm(&mut self, said: &[Said], passes: usize) -> Vec<u32> {
        let turn = |world: &mut Self| {
            drop(world.turn(&calm(said)));
            world.traffic.destinations["aws"].share
        };
        (0..passes).map(|_| turn(self)).collect()
    }
}

fn route(plan: &Plan) -> Option<(Shares, Shares)> {
    let action = action(plan)?;
    let Action::Route { from, to, .. } = action else { panic!("{action:?}") };
    Some((from, to))
}

/// Nothing changes but by what is said.
fn calm(said: &[Said]) -> Story {
    Story::calm(said.to_vec())
}

/// The same, and the health of the first two changes to this.
fn healthy(aws: bool, azure: bool, said: &[Said]) -> Story {
    let own = Own { moved: None, health: health(aws, azure) };
    Story { own, ..calm(said) }
}

/// Bounds under which nothing is kept waiting for long.
fn quick() -> TrafficSettings {
    let mut bounds = TrafficSettings::new(NAMES);
    (bounds.settle, bounds.cooldown_down) = (Span::ZERO, Span::ZERO);
    bounds
}

fn to(shares: [u32; 3]) -> Said {
    Said::Asks(Ask::Route(named(&shares)))
}

fn health(aws: bool, azure: bool) -> Option<Vec<Option<bool>>> {
    Some(vec![Some(aws), Some(azure), Some(true)])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn users_always_have_somewhere_to_go_and_nobody_is_sent_to_where_nobody_answers(
        bounds in bounds(), stories in stories(),
    ) {
        let mut world = World::new(&bounds);
        for story in &stories {
            let (turn, plan) = world.turn(story);
            let Some((from, to)) = route(&plan) else { continue };
            prop_assert_eq!(to.values().sum::<u32>(), 100, "{:?}", plan);
            prop_assert!(to.keys().eq(NAMES), "{plan:?}");
            let Seen::Traffic(seen) = &turn.seen else {
                return Err(TestCaseError::fail(format!("moved unseen: {plan:?}")));
            };
            for (name, it) in &seen.destinations {
                prop_assert!(it.healthy != Some(false) || to[name] <= from[name], "{plan:?}");
            }
        }
    }

    #[test]
    fn missing_data_never_moves_anybody_away_from_a_destination_that_answers(
        bounds in bounds(), stories in stories(),
    ) {
        let mut world = World::new(&bounds);
        for story in &stories {
            let (turn, plan) = world.turn(story);
            let (Some((from, to)), Seen::Traffic(seen)) = (route(&plan), &turn.seen) else { continue };
            if turn.is_blind() {
                for (name, it) in &seen.destinations {
                    prop_assert!(it.healthy == Some(false) || to[name] >= from[name], "{plan:?}");
                }
            }
        }
    }

    #[test]
    fn a_failover_is_never_kept_waiting(bounds in bounds(), stories in stories()) {
        let mut world = World::new(&bounds);
        for story in &stories {
            drop(world.turn(story));
        }
        let worst = |said: &[Said]| Story {
            busy: true,
            own: Own { moved: Some(named(&[100, 0, 0])), health: health(false, true) },
            unread: true,
            command: Some(Command::Resume { target: Some(name()) }),
            ..calm(said)
        };
        drop(world.turn(&worst(&[Said::Quiet])));
        let said = [Said::Supposes(Ask::Route(named(&[0, 100, 0]))), Said::Skipped, to([100, 0, 0])];
        let plan = world.turn(&worst(&said)).1;
        let open = world.life.memory.targets[&name()].open.as_ref();
        let on_its_way = open.is_some_and(|open| {
            let to = matches!(&open.intent.action, Action::Route { to, .. } if to["azure"] == 100);
            open.accepted && to
        });
        let whole = route(&plan).is_some_and(|(_, to)| to["azure"] == 100);
        prop_assert!(whole || on_its_way, "{plan:?}");
    }

    #[test]
    fn a_restart_changes_no_decision(bounds in bounds(), stories in stories(), cut in 0_usize..80) {
        a_restart_changes_nothing((World::new(&bounds), World::new(&bounds)), &stories, cut)?;
    }
}

/// A property that holds because nothing ever happens is none.
#[test]
fn users_are_moved_and_what_should_hold_them_does() {
    let (mut moved, mut fled, mut holding) = (0, 0, BTreeSet::new());
    for (bounds, stories) in drawn(bounds, stories) {
        let mut world = World::new(&bounds);
        for story in &stories {
            let plan = world.turn(story).1;
            match action(&plan) {
                Some(Action::Route { leaves: true, .. }) => moved += 1,
                Some(_) => fled += 1,
                None => holding.extend(holder(&plan)),
            }
        }
    }
    assert!(moved > 100 && fled > 30, "{moved} moves, {fled} of them away from the dead");
    let guards = [
        Guard::Pause,
        Guard::Destinations,
        Guard::Evidence,
        Guard::WarmUp,
        Guard::Cooldown,
        Guard::Foreign,
        Guard::Flap,
    ];
    each_held(&guards, &holding);
}

#[test]
fn a_failover_is_made_at_once_and_the_way_back_in_steps() {
    let mut bounds = TrafficSettings { step_down: Some(0.2), ..quick() };
    bounds.cooldown_down = EVERY.times(2);
    let mut world = World::new(&bounds);
    let away = [to([0, 100, 0])];
    assert_eq!(world.turn(&healthy(false, true, &away)).1.intents().count(), 1);
    assert_eq!(world.traffic.shares(), named(&[0, 100, 0]));
    // Nobody goes back while it is down, whoever asks.
    assert_eq!(world.calm(&[to([100, 0, 0])], 3), [0; 3]);
    drop(world.turn(&healthy(true, true, &[Said::Quiet])));
    let mut back = world.calm(&[to([100, 0, 0])], 20);
    back.dedup();
    assert_eq!(back, [20, 40, 60, 80, 100]);
}

#[test]
fn rules_that_disagree_move_nobody_unless_one_leaves_fewer_where_nobody_answers() {
    let mut world = World::new(&quick());
    let plan = world.turn(&calm(&[to([0, 100, 0]), to([0, 0, 100])])).1;
    assert_eq!((route(&plan), holder(&plan)), (None, Some(Guard::Evidence)), "{plan:?}");
    // Half of them leave the dead one by the first rule, all by the second.
    let said = [to([50, 50, 0]), to([0, 50, 50])];
    drop(world.turn(&healthy(false, true, &said)));
    assert_eq!(world.traffic.shares(), named(&[0, 50, 50]));
}

#[test]
fn what_somebody_else_made_of_it_is_respected_even_where_the_first_share_stays() {
    let mut world = World::new(&quick());
    assert_eq!(world.calm(&[to([60, 40, 0])], 2), [60, 60]);
    let own = Own { moved: Some(named(&[60, 10, 30])), health: None };
    let plan = world.turn(&Story { own, ..calm(&[to([60, 40, 0])]) }).1;
    assert_eq!(holder(&plan), Some(Guard::Foreign), "{plan:?}");
    // Not so where nobody answers any more.
    assert!(route(&world.turn(&healthy(false, true, &[to([0, 70, 30])])).1).is_some());
}

#[test]
fn a_destination_of_which_nothing_is_known_is_moved_to_with_care() {
    let mut bounds = quick();
    bounds.settle = EVERY.times(3);
    let mut world = World::new(&bounds);
    let own = Own { moved: None, health: Some(vec![Some(false), None, None]) };
    let plan = world.turn(&Story { own, ..calm(&[to([0, 100, 0])]) }).1;
    assert_eq!(holder(&plan), Some(Guard::Cooldown), "{plan:?}");
    assert_eq!(world.calm(&[to([0, 100, 0])], 3), [100, 100, 0]);
}

//! The world as a whole: what must hold whatever is asked of it.

mod failovers;
mod rollouts;

use super::*;
use crate::chance::Spread;
use proptest::prelude::*;
use setpoint_core::{Action, FailureKind, Range};

const MINUTE: Span = Span::from_secs(60);

pub(crate) fn scenario() -> WorldModel {
    WorldModel {
        starts: Timestamp::from_ms(1_797_638_400_000),
        load: Load::new(300.0, Shape::ramp(1.0, 10.0, MINUTE.times(10), MINUTE.times(10)), 0.05),
        service: Service { workers: 2, ..Service::USUAL },
        clients: Clients::RESIGNED,
        engine: EngineKind::Fluid,
        fleet: FleetModel::new(
            10,
            Range::new(10, 200).unwrap(),
            Spread { median: MINUTE.times(2), sigma: 0.3 },
            Tariff { per_hour: 0.085, least: MINUTE },
        ),
        database: Some(DatabaseModel {
            name: "orders".into(),
            replicas: 0,
            max_connections: 1000,
            pool: 10,
            read_share: 0.8,
            retry: Span::from_secs(10),
            lead: Spread { median: MINUTE.times(12), sigma: 0.5 },
            removal: MINUTE.times(2),
            tariff: Tariff { per_hour: 0.24, least: MINUTE.times(10) },
        }),
        cache: None,
        degradation: None,
        rollout: None,
        standby: None,
        feed: FeedModel::new(Span::from_secs(15), Span::from_secs(15)),
        faults: vec![],
        api: ApiModel { burst: 100, per_second: 1.0, unavailable: 0.0, latency: Span::ZERO },
    }
}

fn cpu(world: &World) -> f64 {
    match world.read(Metric::Cpu) {
        Reading::Sample(sample) => sample.value(),
        Reading::Each(_)
        | Reading::Partly(..)
        | Reading::Empty
        | Reading::Absent(_)
        | Reading::Failed(_) => {
            panic!("cpu was not read")
        }
    }
}

#[test]
fn the_published_cpu_is_load_over_capacity() {
    let mut scenario = scenario();
    scenario.load.noise = 0.0;
    let mut world = World::new(scenario, 1);
    world.advance_to(MINUTE);
    assert!((cpu(&world) - 60.0).abs() < 1e-9, "{}", cpu(&world));
    assert_eq!(
        world.read(Metric::Rps),
        Reading::Sample(
            setpoint_core::Sample::new(world.now().wall - Span::from_secs(15), 300.0).unwrap(),
        )
    );
}

#[test]
fn left_alone_under_ten_times_the_load_it_fails_most_requests() {
    let mut world = World::new(scenario(), 1);
    world.advance_to(MINUTE.times(60));
    let tally = world.tally();
    let failed = tally.failed() / tally.offered;
    assert!((0.6..0.9).contains(&failed), "{failed}");
    assert_eq!(tally.refused, 0.0);
    assert_eq!(cpu(&world), 100.0);
}

#[test]
fn a_fleet_that_outgrows_its_database_is_refused_connections() {
    let mut world = World::new(scenario(), 1);
    world.apply(&Action::Resize { from: 10, to: 120 }).unwrap();
    world.advance_to(MINUTE.times(30));
    let tally = world.tally();
    assert_eq!(tally.lacking, 200.0);
    assert!(tally.first_refused.unwrap() > MINUTE && tally.unconnected > 0.0);
}

#[test]
fn an_action_applied_twice_is_applied_once_and_a_stale_one_is_refused() {
    let mut world = World::new(scenario(), 1);
    let grow = Action::Resize { from: 10, to: 20 };
    world.apply(&grow).unwrap();
    world.apply(&grow).unwrap();
    assert_eq!(world.group().desired, 20);
    let refusal = world.apply(&Action::Resize { from: 10, to: 30 }).unwrap_err();
    assert_eq!(refusal.kind, FailureKind::Stale);
    assert_eq!(refusal.to_string(), "the group has 20 members, not 10");
    assert_eq!(world.group().desired, 20);
}

#[test]
fn it_never_leaves_the_groups_own_range() {
    let mut world = World::new(scenario(), 1);
    for to in [0, 9, 201, u32::MAX] {
        let refusal = world.apply(&Action::Resize { from: 10, to }).unwrap_err();
        assert_eq!((refusal.kind, world.group().desired), (FailureKind::Refused, 10));
    }
}

#[test]
fn time_moves_only_forward_and_only_when_told() {
    let mut world = World::new(scenario(), 1);
    world.advance_to(Span::from_ms(1500));
    world.advance_to(Span::from_ms(700));
    assert_eq!(world.now().monotonic, Span::from_ms(1500));
    assert_eq!(world.now().wall, Timestamp::from_ms(1_797_638_401_500));
}

#[test]
fn both_engines_tell_the_same_story_and_each_tells_it_twice_alike() {
    let run = |engine| {
        let mut world = World::new(WorldModel { engine, ..scenario() }, 1);
        world.apply(&Action::Resize { from: 10, to: 20 }).unwrap();
        world.advance_to(MINUTE.times(18));
        world
    };
    let [fluid, des] = [EngineKind::Fluid, EngineKind::Des].map(run);
    let failed = |world: &World| world.tally().failed() / world.tally().offered;
    assert!(failed(&fluid) > 0.2, "{}", failed(&fluid));
    assert!((failed(&fluid) - failed(&des)).abs() < 0.005, "{} {}", failed(&fluid), failed(&des));
    let tally = des.tally();
    assert_eq!(tally.offered, tally.served + tally.failed() + des.backlog());
    assert_eq!(format!("{des:?}"), format!("{:?}", run(EngineKind::Des)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whatever_is_asked_no_request_is_lost_and_equal_runs_are_equal(
        seed in any::<u64>(),
        sizes in prop::collection::vec(10..=200_u32, 1..20),
    ) {
        let run = || {
            let mut world = World::new(scenario(), seed);
            for (i, to) in sizes.iter().enumerate() {
                let from = world.group().desired;
                world.apply(&Action::Resize { from, to: *to }).unwrap();
                world.advance_to(MINUTE.times(2 * (i as u64 + 1)));
            }
            world
        };
        let world = run();
        let tally = world.tally();
        let left = tally.served + tally.failed() + world.backlog();
        prop_assert!((tally.offered - left).abs() < 1e-6 * tally.offered);
        prop_assert_eq!(format!("{:?}", world), format!("{:?}", run()));
    }
}

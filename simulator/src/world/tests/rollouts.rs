//! A candidate beside the stable revision: what becomes of requests, and what is told of them.

use super::*;

/// A candidate of which a fifth fails, and that takes twice as long.
fn model(faults: Vec<Fault>) -> WorldModel {
    let revision =
        Revision { name: "v2".to_owned(), at: MINUTE.times(10), errors: 0.2, slower: 2.0 };
    WorldModel {
        load: Load::new(300.0, Shape::Constant(1.0), 0.0),
        rollout: Some(RolloutModel { name: "canary".to_owned(), revisions: vec![revision] }),
        faults,
        ..scenario()
    }
}

fn raise(world: &mut World, (from, to): (u32, u32)) -> Result<(), Refusal> {
    let revision = Some("v2".to_owned());
    world.apply_to(Part::Rollout, &Action::Set { from, to, leaves: to > from, revision })
}

/// A world in which the candidate has a quarter of the requests.
fn quarter() -> World {
    let mut world = World::new(model(Vec::new()), 1);
    world.advance_to(MINUTE.times(11));
    raise(&mut world, (0, 25)).unwrap();
    world
}

fn told(world: &World, metric: Metric) -> f64 {
    let Reading::Sample(sample) = world.read(metric) else {
        panic!("{metric:?} is {:?}", world.read(metric))
    };
    sample.value()
}

#[test]
fn what_the_candidate_serves_fails_and_is_slow_as_it_says_and_nothing_else_is() {
    let mut world = quarter();
    world.advance_to(MINUTE.times(20));
    let near = |metric, expected: f64, by: f64| {
        let told = told(&world, metric);
        assert!((told - expected).abs() < by, "{metric:?} is {told}, not {expected}");
    };
    near(Metric::CanaryRequests, 0.25 * 300.0 * 15.0, 1.0);
    near(Metric::CanaryErrors, 20.0, 1e-9);
    near(Metric::StableErrors, 0.0, 1e-9);
    near(Metric::Errors, 5.0, 0.01);
    // 99 % of exponential times are below ln 100 = 4.6 of their means, which are 40 and 80 ms.
    near(Metric::StableP99, 184.0, 15.0);
    near(Metric::CanaryP99, 368.0, 30.0);
    assert!(told(&world, Metric::P99) > told(&world, Metric::StableP99));
    // A quarter of the work is twice as much: 300 of 500 requests a second become 375.
    near(Metric::Cpu, 75.0, 0.5);
}

#[test]
fn no_request_is_lost_and_what_fails_for_a_revision_found_its_connection() {
    let mut world = quarter();
    world.advance_to(MINUTE.times(60));
    let tally = world.tally();
    let left = tally.served + tally.failed() + world.backlog();
    assert!((tally.offered - left).abs() < 1e-6 * tally.offered, "{tally:?}");
    assert!(tally.failed() > 40_000.0 && tally.unconnected == 0.0, "{tally:?}");
}

#[test]
fn of_a_revision_without_requests_there_is_nothing_and_never_a_zero() {
    let mut world = World::new(model(Vec::new()), 1);
    world.advance_to(MINUTE.times(12));
    assert_eq!(told(&world, Metric::CanaryRequests), 0.0);
    for metric in [Metric::CanaryErrors, Metric::CanaryP99] {
        assert_eq!(world.read(metric), Reading::Empty, "{metric:?}");
    }
    raise(&mut world, (0, 100)).unwrap();
    world.advance_to(MINUTE.times(13));
    assert_eq!(world.read(Metric::StableErrors), Reading::Empty);
    assert_eq!(told(&world, Metric::CanaryErrors), 20.0);
}

#[test]
fn a_world_without_a_rollout_tells_nothing_of_one() {
    let mut world = World::new(scenario(), 1);
    world.advance_to(MINUTE.times(2));
    let absent = Reading::Absent("the window is empty".into());
    assert_eq!(world.read(Metric::CanaryErrors), absent);
    assert_eq!(world.rollout(), None);
    assert!(raise(&mut world, (0, 5)).unwrap_err().to_string().starts_with("there is nothing"));
    assert!(world.model().metrics().all(|metric| !metric.is_of_a_rollout()));
}

#[test]
fn the_api_treats_a_rollout_as_it_treats_a_group() {
    let after = |kind| {
        let (when, lasts) = (When::At(MINUTE.times(10)), MINUTE.times(5));
        let mut world = World::new(model(vec![Fault { when, lasts, kind }]), 1);
        world.advance_to(MINUTE.times(11));
        let refusal = raise(&mut world, (0, 5)).unwrap_err();
        (refusal.kind, world.rollout().unwrap().share)
    };
    assert_eq!(after(FaultKind::ApiThrottle), (FailureKind::Throttled { retry_after: None }, 0));
    assert_eq!(after(FaultKind::ApiError(1.0)), (FailureKind::Unavailable, 0));
    // What nobody heard of was done all the same.
    assert_eq!(after(FaultKind::LostReply(1.0)), (FailureKind::Unavailable, 5));
}

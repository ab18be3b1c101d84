//! A second site: who arrives where, what fails, and what is told of it.

use super::*;
use setpoint_core::{Seen, Shares, Traffic};

/// A main site of ten members and a standby of as many, in use by nobody.
fn model(faults: Vec<Fault>) -> WorldModel {
    let fleet = scenario().fleet;
    let routes = RoutesModel {
        name: "front".to_owned(),
        main: "main".to_owned(),
        standby: "standby".to_owned(),
        start: 100,
        ttl: MINUTE,
    };
    WorldModel {
        load: Load::new(300.0, Shape::Constant(1.0), 0.0),
        standby: Some(StandbyModel { name: "spare".to_owned(), fleet, routes }),
        database: None,
        faults,
        ..scenario()
    }
}

/// The main site is dead from the tenth minute to the fortieth.
fn dead() -> World {
    let (when, lasts) = (When::At(MINUTE.times(10)), MINUTE.times(30));
    World::new(model(vec![Fault { when, lasts, kind: FaultKind::RegionDown }]), 1)
}

fn shares(main: u32) -> Shares {
    [("main".to_owned(), main), ("standby".to_owned(), 100 - main)].into()
}

fn send(world: &mut World, from: u32, to: u32) -> Result<(), Refusal> {
    let (from, to) = (shares(from), shares(to));
    world.apply_to(Part::Traffic, &Action::Route { from, to, leaves: false })
}

fn traffic(world: &World) -> Traffic {
    let Seen::Traffic(traffic) = world.see(Part::Traffic) else { panic!("there is a traffic") };
    traffic
}

/// Whether the main site and the standby are told to be healthy.
fn healthy(world: &World) -> [bool; 2] {
    let destinations = traffic(world).destinations;
    ["main", "standby"].map(|name| destinations[name].healthy.expect("it is checked"))
}

/// Requests per second that arrived at the main site and at the standby in the last window.
fn arriving(world: &World) -> [f64; 2] {
    [Metric::Rps, Metric::StandbyRps].map(|metric| {
        let Reading::Sample(sample) = world.read(metric) else {
            panic!("{metric:?} is {:?}", world.read(metric))
        };
        sample.value()
    })
}

#[test]
fn users_follow_evenly_over_the_time_for_which_they_keep_an_answer() {
    let mut world = World::new(model(Vec::new()), 1);
    world.advance_to(MINUTE.times(5));
    send(&mut world, 100, 0).unwrap();
    assert_eq!(traffic(&world).shares(), shares(0));
    let mut told = Vec::new();
    // Windows of 15 s, told 15 s after their end.
    for seconds in [30, 45, 60, 75, 90] {
        world.advance_to(MINUTE.times(5) + Span::from_secs(seconds));
        told.push(arriving(&world)[1].round());
    }
    // On average 7, 22, 37, 52 and 60 of 60 seconds have passed.
    assert_eq!(told, [35.0, 110.0, 185.0, 260.0, 300.0]);
    assert_eq!(arriving(&world), [0.0, 300.0]);
}

#[test]
fn users_who_are_sent_back_on_their_way_arrive_where_they_last_heard() {
    let mut world = World::new(model(Vec::new()), 1);
    world.advance_to(MINUTE.times(5));
    send(&mut world, 100, 0).unwrap();
    world.advance_to(MINUTE.times(5) + Span::from_secs(30));
    send(&mut world, 0, 100).unwrap();
    world.advance_to(MINUTE.times(8));
    assert_eq!(arriving(&world), [300.0, 0.0]);
    let there = world.tally_of_the_standby().unwrap().offered;
    // Half of them at the most, rising and falling: 30 s at the height, 15 s up and down each.
    assert!((there - 300.0 * 30.0).abs() < 300.0, "{there} requests were sent there");
}

#[test]
fn what_is_sent_to_a_dead_site_fails_and_what_is_sent_to_the_other_does_not() {
    let mut world = dead();
    world.advance_to(MINUTE.times(12));
    let before = world.tally().failed();
    assert!((before - 300.0 * 120.0).abs() < 600.0, "{before}");
    send(&mut world, 100, 0).unwrap();
    world.advance_to(MINUTE.times(30));
    let after = world.tally().failed() - before;
    // Those who had not heard of it yet: half of a minute's.
    assert!((after - 300.0 * 30.0).abs() < 600.0, "{after}");
    let there = world.tally_of_the_standby().unwrap();
    assert_eq!((there.failed(), there.offered > 300.0 * 1000.0), (0.0, true));
}

#[test]
fn nothing_is_heard_of_a_dead_region_and_everything_of_the_other() {
    let mut world = dead();
    world.advance_to(MINUTE.times(11));
    assert!(matches!(world.see(Part::Group), Seen::Nothing(_)));
    assert!(matches!(world.see(Part::Standby), Seen::Group(_)));
    assert!(matches!(world.read(Metric::Cpu), Reading::Failed(_)));
    assert!(matches!(world.read(Metric::StandbyCpu), Reading::Sample(_)));
    let grow = Action::Resize { from: 10, to: 20 };
    let refusal = world.apply_to(Part::Group, &grow).unwrap_err();
    assert_eq!(refusal.kind, FailureKind::Unavailable);
    assert_eq!(world.apply_to(Part::Standby, &grow), Ok(()));
    world.advance_to(MINUTE.times(60));
    let Seen::Group(standby) = world.see(Part::Standby) else { panic!("it is seen") };
    assert_eq!(
        (world.group().ready, standby.ready),
        (10, 20),
        "it is back, and the other has grown"
    );
}

#[test]
fn a_site_is_told_to_be_dead_or_alive_again_half_a_minute_after_it_is() {
    let mut world = dead();
    let mut told = |seconds| {
        world.advance_to(MINUTE.times(10) + Span::from_secs(seconds));
        healthy(&world)
    };
    assert_eq!([told(0), told(29)], [[true, true]; 2]);
    assert_eq!(told(32), [false, true]);
    // Members are back a while after the region is.
    assert_eq!(told(30 * 60 + 60), [false, true]);
    assert_eq!(told(40 * 60), [true, true]);
}

#[test]
fn users_are_sent_as_a_whole_and_only_from_where_they_were_thought_to_be() {
    let mut world = World::new(model(Vec::new()), 1);
    world.advance_to(MINUTE);
    assert_eq!(send(&mut world, 80, 0).unwrap_err().kind, FailureKind::Stale);
    for to in [
        Shares::from([("main".to_owned(), 100)]),
        Shares::from([("main".to_owned(), 50), ("standby".to_owned(), 40)]),
        Shares::from([("main".to_owned(), 50), ("other".to_owned(), 50)]),
    ] {
        let route = Action::Route { from: shares(100), to, leaves: false };
        let refusal = world.apply_to(Part::Traffic, &route).unwrap_err();
        assert_eq!((refusal.kind, traffic(&world).shares()), (FailureKind::Refused, shares(100)));
    }
    assert_eq!(send(&mut world, 100, 100), Ok(()), "asked for twice is done once");
}

#[test]
fn no_request_is_lost_between_two_sites_and_equal_runs_are_equal() {
    let run = || {
        let mut world = dead();
        world.advance_to(MINUTE.times(12));
        send(&mut world, 100, 30).unwrap();
        world.advance_to(MINUTE.times(50));
        world
    };
    let world = run();
    let tally = world.tally();
    let left = tally.served + tally.failed() + world.backlog();
    assert!((tally.offered - left).abs() < 1e-6 * tally.offered, "{tally:?}");
    assert!((tally.offered - 300.0 * 3000.0).abs() < 1.0, "{tally:?}");
    assert_eq!(format!("{world:?}"), format!("{:?}", run()));
}

#[test]
fn the_standby_is_paid_for_and_its_members_boot_by_their_own_luck() {
    let mut world = World::new(model(Vec::new()), 1);
    for part in [Part::Group, Part::Standby] {
        world.apply_to(part, &Action::Resize { from: 10, to: 60 }).unwrap();
    }
    world.advance_to(MINUTE.times(2));
    let Seen::Group(standby) = world.see(Part::Standby) else { panic!("it is seen") };
    assert_ne!(world.group().ready, standby.ready);
    let mut alone = World::new(WorldModel { standby: None, ..model(Vec::new()) }, 1);
    alone.apply(&Action::Resize { from: 10, to: 60 }).unwrap();
    alone.advance_to(MINUTE.times(2));
    assert_eq!(world.group(), alone.group(), "the main site is as it is without");
    assert!(world.dollars() > 1.9 * alone.dollars());
}

//! Incidents that others had, each lived again with every default in force.
//!
//! `docs/incidents.md` says what happened, where that is known from, and which of these or of
//! the other tests stands for it.

use crate::{
    SERVE, TRACK,
    life::{EVERY, Life, name},
};
use setpoint_core::{
    Brakes, Command, Database, DatabaseSettings, Decision, Empty, GroupSettings, Held, Range, Seen,
    Span, TargetSettings, Verdict,
};

const MINUTE: Span = Span::from_minutes(1);
const HOUR: Span = Span::from_minutes(60);

/// A fleet of 100 in 2..2000 with every default, an hour old and on its goal.
fn fleet(policy: &str) -> Life {
    let bounds = GroupSettings::new(Range::new(2, 2000).expect("2 is below 2000"));
    let mut life = Life::fleet(policy, bounds, 100);
    life.reads("cpu", 60.0);
    life.reads("rps", 1000.0);
    life.reads("errors", 0.0);
    life.lives(HOUR);
    assert_eq!(life.size("fleet"), 100);
    life
}

/// The sizes at the end of each pass of `length`.
fn sizes(life: &mut Life, length: Span) -> Vec<u32> {
    let passes = length.ms() / EVERY.ms();
    let size = |_| {
        life.lives(EVERY);
        life.size("fleet")
    };
    (0..passes).map(size).collect()
}

fn why(decision: &Decision) -> String {
    match &decision.verdict {
        Verdict::Held(held) => held.to_string(),
        Verdict::Act(intent) => intent.action.to_string(),
    }
}

/// Data that was half moved said that nearly nothing was needed, and within 16 s nearly
/// nothing was left.
#[test]
fn reddit_2016_a_fleet_is_never_gone_in_seconds_whatever_is_read() {
    let mut life = fleet(SERVE);
    life.reads("rps", 10.0);
    let hour = sizes(&mut life, HOUR);
    assert_eq!(hour[0], 100, "16 s are not enough for anything to go");
    assert_eq!(hour[..19].iter().min(), Some(&100), "nor are nearly five minutes");
    assert!(hour.windows(2).all(|two| two[0] - two[1] <= two[0] / 10), "a tenth a time: {hour:?}");
    assert!(*hour.last().expect("an hour has passes") >= 50, "half an hour's budget: {hour:?}");
}

/// The autoscaler had been stopped for the move, and configuration management started it again.
#[test]
fn reddit_2016_who_starts_the_agent_again_does_not_end_a_pause() {
    let mut life = fleet(SERVE);
    life.says(Command::Pause { target: None, reason: "moving".to_owned(), lasts: None });
    life.reads("rps", 10.0);
    life.lives(MINUTE);
    life.starts_again();
    let last = life.lives(HOUR);
    assert_eq!((life.size("fleet"), why(&last).contains("moving")), (100, true));
}

/// The network failed, CPU with it, and the autoscaler took servers away; then the work that
/// had piled up came, and every server that was started made it worse.
#[test]
fn slack_2021_a_network_that_fails_takes_no_server_away_and_brings_no_stampede() {
    let mut life = fleet(SERVE);
    life.reads("rps", 150.0);
    life.reads("errors", 40.0);
    assert_eq!(life.smallest(MINUTE.times(10)), 100, "idle is not unneeded while errors rise");

    life.reads("rps", 12_000.0);
    let grown = sizes(&mut life, MINUTE);
    assert_eq!(grown, [200, 400, 800, 1200], "it at most doubles in 15 s");
}

/// Provisioning failed for want of quota, and nobody could get back what had been let go.
#[test]
fn slack_2021_nothing_is_let_go_while_nothing_can_be_had() {
    let mut life = fleet(SERVE);
    life.refuses(Some("InsufficientInstanceCapacity"));
    life.reads("rps", 3000.0);
    life.lives(MINUTE);
    life.refuses(None);
    life.reads("rps", 500.0);
    let last = life.lives(MINUTE.times(10));
    assert_eq!(life.size("fleet"), 100);
    assert!(why(&last).contains("InsufficientInstanceCapacity"), "{}", why(&last));
}

/// A partition of 43 s made a tool promote a replica across the country; it took a day to undo.
#[test]
fn github_2018_a_partition_of_43_seconds_changes_no_database() {
    let policy = r#"
const POLICY = #{
    about: "Replicas", language: 1,
    inputs: #{ conn: #{ unit: "percent" } },
    targets: #{ db: #{ kind: "database" } },
};
rule "crowded" when m.conn > 80.percent { db.add_replica(); }
rule "idle" when m.conn < 20.percent for 1.minute { db.remove_replica(); }
"#;
    let bounds = DatabaseSettings::new(Range::new(0, 5).expect("0 is below 5"));
    let mut life = Life::new(policy, vec![("db", TargetSettings::Database(bounds), 2)]);
    life.reads("conn", 50.0);
    life.lives(HOUR);
    let there = life.targets[&name("db")].clone();
    life.targets.insert(name("db"), Seen::Nothing("no route to host".to_owned()));
    life.lacks("conn", "no route to host");
    for _ in 0..3 {
        let decision = life.lives(EVERY);
        assert!(matches!(decision.verdict, Verdict::Held(Held::NotObserved(_))), "{decision:?}");
    }
    life.targets.insert(name("db"), there);
    life.reads("conn", 0.0);
    life.lives(EVERY.times(3));
    let Seen::Database(Database { replicas, .. }) = &life.targets[&name("db")] else { panic!() };
    assert_eq!(replicas.len(), 2, "what is seen first after it is no reason either");
}

/// "No metric" was written as −1, and −1 of a load is the fewest members there may be.
#[test]
fn knative_3771_minus_one_is_no_load() {
    for (policy, input) in [(TRACK, "cpu"), (SERVE, "rps")] {
        let mut life = fleet(policy);
        life.reads(input, -1.0);
        let last = life.lives(HOUR);
        assert_eq!(life.size("fleet"), 100, "{input}");
        assert!(why(&last).contains("a load cannot be below 0"), "{}", why(&last));
    }
}

/// Nothing divided by nothing was NaN; the comparison with NaN was false for ever, and so was
/// the wish to shrink. What nothing means is the binding's to say.
#[test]
fn dynamo_6985_no_traffic_shrinks_where_its_binding_says_that_it_means_none() {
    let size = |empty| {
        let mut life = fleet(TRACK);
        life.matches_nothing("cpu", empty);
        let last = life.lives(HOUR.times(24));
        (life.size("fleet"), why(&last))
    };
    let (held, why_held) = size(Empty::Hold);
    assert_eq!((held, why_held.contains("the query matched nothing")), (100, true), "{why_held}");
    assert_eq!(size(Empty::Zero).0, 2);
}

/// A null, a NaN, an outage: each was read as 0, and a fleet at 0 was what came of it.
#[test]
fn keda_2944_3065_7475_and_kubernetes_104387_a_value_that_is_not_there_is_no_zero() {
    for what in ["cpu is null", "cpu is NaN", "connection refused", "stale: 5m old, limit 1m30s"] {
        let mut life = fleet(TRACK);
        life.lacks("cpu", what);
        let last = life.lives(HOUR.times(24));
        assert_eq!(life.size("fleet"), 100, "{what}");
        assert!(why(&last).contains(what), "it says so: {}", why(&last));
    }
}

/// A request to scale went out at every evaluation, to the size that was there already.
#[test]
fn nomad_1221_nothing_is_asked_for_where_nothing_changes() {
    let mut life = fleet(TRACK);
    for _ in 0..240 {
        let decision = life.lives(EVERY);
        assert!(matches!(decision.verdict, Verdict::Held(Held::AsWanted)), "{decision:?}");
    }
}

/// Scaling in the middle of an instance refresh took away what the refresh had just made.
#[test]
fn nomad_597_nothing_shrinks_during_an_instance_refresh() {
    let mut life = fleet(SERVE);
    life.group().busy = Some("instance refresh under way (40 % done)".to_owned());
    life.reads("rps", 500.0);
    let last = life.lives(HOUR);
    assert_eq!((life.size("fleet"), why(&last).contains("instance refresh")), (100, true));
    life.reads("rps", 1100.0);
    life.lives(EVERY);
    assert_eq!(life.size("fleet"), 110, "growth does not wait for it");
}

/// Two checks of one cluster: the smaller won, and the cluster went to none.
#[test]
fn nomad_534_no_fleet_goes_below_its_range_whoever_asks() {
    let policy = r#"
const POLICY = #{
    about: "Two opinions", language: 1,
    inputs: #{ jobs: #{ unit: "count" } },
    targets: #{ fleet: #{ kind: "group" } },
};
rule "jobs" { fleet.serve(m.jobs, 10); }
rule "none" { fleet.scale_to(0); }
"#;
    let bounds = GroupSettings {
        brakes: Brakes::released(),
        ..GroupSettings::new(Range::new(3, 200).expect("3 is below 200"))
    };
    let mut life = Life::fleet(policy, bounds, 20);
    life.reads("jobs", 200.0);
    life.lives(HOUR);
    assert_eq!(life.size("fleet"), 20, "the largest that is asked for");
    life.reads("jobs", 0.0);
    life.lives(HOUR.times(24));
    assert_eq!(life.size("fleet"), 3);
}

/// The network came back with a load that had waited; what was asked for was a fraction of it.
#[test]
fn keda_5166_an_outage_upstream_is_not_taken_for_a_quiet_hour() {
    let mut life = fleet(SERVE);
    life.reads("rps", 0.0);
    life.reads("errors", 300.0);
    assert_eq!(life.smallest(MINUTE.times(15)), 100);
    life.reads("rps", 1000.0);
    life.reads("errors", 0.0);
    let last = life.lives(EVERY);
    assert_eq!((life.size("fleet"), last.cause().map(|want| want.size)), (100, Some(100)));
}

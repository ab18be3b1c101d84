//! What happens with each guard, and what happens without it.
//!
//! Every test lives the same small life twice: once with all brakes off but the one it is
//! about, and once with that one off too. The real policies' engine, the real decision and
//! the real check are at work; the assertion names both ends. The guards for evidence, for
//! the projection and for what is in flight cannot be switched off, so they have no test
//! here: their tables and properties are in the core.

mod incidents;
mod life;

use life::{EVERY, Life, database, group, name};
use setpoint_core::{
    Approve, Brakes, Command, Group, GroupSettings, Guard, Held, Seen, Span, TargetSettings,
    Verdict,
};

/// Sizes a fleet by its requests, ten a second for each member.
const SERVE: &str = r#"
const POLICY = #{
    about: "Serve", language: 1,
    inputs: #{
        rps: #{ unit: "per_second" },
        errors: #{ unit: "per_second", role: "errors" },
    },
    targets: #{ fleet: #{ kind: "group" } },
};
rule "size" { fleet.serve(m.rps, 10.per_second); }
"#;

/// Holds CPU at 60 %.
const TRACK: &str = r#"
const POLICY = #{
    about: "Track", language: 1,
    inputs: #{ cpu: #{ unit: "percent" } },
    targets: #{ fleet: #{ kind: "group" } },
};
rule "hold" { fleet.track(m.cpu, 60.percent); }
"#;

const MINUTE: Span = Span::from_minutes(1);

/// Every brake off.
fn none() -> Brakes {
    Brakes::released()
}

/// A fleet of 40 in 1..200 that has work for `members`, with these brakes only.
fn fleet(brakes: Brakes, members: f64) -> Life {
    let mut life = Life::fleet(SERVE, group((1, 200), brakes), 40);
    life.reads("rps", members * 10.0);
    life.reads("errors", 0.0);
    life
}

fn why(decision: &setpoint_core::Decision) -> String {
    match &decision.verdict {
        Verdict::Held(held) => held.to_string(),
        Verdict::Act(intent) => intent.action.to_string(),
    }
}

/// Work goes down while the cloud has no machines to give, and comes back five minutes later.
#[test]
fn members_that_could_not_be_bought_back_are_kept() {
    let size = |brakes| {
        let mut life = fleet(brakes, 40.0);
        life.group().shortfall = Some("no capacity".to_owned());
        life.lives(EVERY);
        life.group().shortfall = None;
        life.reads("rps", 200.0);
        life.lives(MINUTE.times(5));
        life.size("fleet")
    };
    let with = Brakes { shortage: Brakes::default().shortage, ..none() };
    assert_eq!((size(with), size(none())), (40, 20));
}

/// The neighbour cannot get members: the fleet beside it keeps its own, but not for ever.
#[test]
fn a_shortage_beside_it_counts_for_an_hour_and_no_longer() {
    let sizes = |brakes: Brakes| {
        let bounds = |brakes| TargetSettings::Group(group((1, 200), brakes));
        let targets = vec![("fleet", bounds(brakes.clone()), 40), ("other", bounds(brakes), 10)];
        let mut life = Life::new(SERVE, targets);
        life.reads("errors", 0.0);
        life.reads("rps", 200.0);
        let shortfall = Some("no capacity".to_owned());
        let short = Group { desired: 10, ready: 10, shortfall, ..Group::default() };
        life.targets.insert(name("other"), Seen::Group(short));
        life.lives(MINUTE.times(50));
        let early = life.size("fleet");
        life.lives(MINUTE.times(15));
        (early, life.size("fleet"))
    };
    let with = Brakes { shortage: Brakes::default().shortage, ..none() };
    assert_eq!((sizes(with), sizes(none())), ((40, 20), (20, 20)));
}

/// The network fails: requests no longer arrive, errors rise. Ten minutes later they are back.
#[test]
fn a_network_that_fails_is_not_taken_for_customers_who_leave() {
    let smallest = |brakes| {
        let mut life = fleet(brakes, 40.0);
        life.lives(MINUTE.times(2));
        life.reads("rps", 80.0);
        life.reads("errors", 25.0);
        life.smallest(MINUTE.times(10))
    };
    let with = Brakes { drop: Brakes::default().drop, ..none() };
    assert_eq!((smallest(with), smallest(none())), (40, 8));
}

/// The same fall without errors is customers who leave.
#[test]
fn customers_who_leave_are_not_taken_for_a_network_that_fails() {
    let mut life = fleet(Brakes { drop: Brakes::default().drop, ..none() }, 40.0);
    life.lives(MINUTE.times(2));
    life.reads("rps", 80.0);
    assert_eq!(life.smallest(MINUTE.times(10)), 8);
}

/// Adds a replica while connections are high, with or without the effect that it should have.
fn replicas(effect: &str) -> Life {
    let policy = format!(
        r#"
const POLICY = #{{
    about: "Replicas", language: 1,
    inputs: #{{ conn: #{{ unit: "percent" }} }},
    targets: #{{ db: #{{ kind: "database"{effect} }} }},
}};
rule "add" when m.conn > 80.percent {{ db.add_replica(); }}
"#
    );
    let mut life = Life::new(&policy, vec![("db", TargetSettings::Database(database(none())), 0)]);
    life.reads("conn", 95.0);
    life
}

const EFFECT: &str = r#", effect: #{ input: "conn", falls: "5%", within: "9m", tries: 2 }"#;

/// Connections leak: replicas do not help, and the fifth helps no more than the second.
#[test]
fn replicas_that_do_not_help_are_not_gone_on_with() {
    let (mut with, mut without) = (replicas(EFFECT), replicas(""));
    let last = with.lives(MINUTE.times(120));
    without.lives(MINUTE.times(120));
    assert_eq!((with.size("db"), without.size("db")), (2, 5));
    let page = "2 actions did not bring conn down by 5 % within 9m";
    assert_eq!(last.page.as_deref(), Some(page), "a person is told");
    assert_eq!(why(&last), format!("no effect: {page}"));

    with.says(Command::Resume { target: Some(name("db")) });
    with.lives(MINUTE);
    assert_eq!(with.size("db"), 3, "a person lets it go on");
}

/// Replicas help: each takes connections away, so growth is never held.
#[test]
fn replicas_that_help_are_gone_on_with() {
    let mut life = replicas(EFFECT);
    for _ in 0..120 {
        let replicas = f64::from(life.size("db"));
        life.reads("conn", 100.0 - 6.0 * replicas);
        life.lives(MINUTE);
    }
    assert_eq!(life.size("db"), 4, "76 % is below the bound");
}

/// Half of the members fall ill, and with them the load that they could have taken.
#[test]
fn what_little_is_well_is_kept() {
    let size = |brakes| {
        let mut life = fleet(brakes, 40.0);
        life.group().unhealthy = 20;
        life.reads("rps", 200.0);
        life.lives(MINUTE.times(5));
        life.size("fleet")
    };
    let with = Brakes { sick: Brakes::default().sick, ..none() };
    assert_eq!((size(with), size(none())), (40, 20));
}

/// Five of nine targets cannot be read: it may be our eyes that are ill.
#[test]
fn half_a_region_out_of_sight_shrinks_nothing_in_the_other_half() {
    let size = |brakes: Brakes| {
        let bounds = || TargetSettings::Group(group((1, 200), brakes.clone()));
        let others = ["b", "c", "d", "e", "g", "h", "i", "j"];
        let all = ["fleet"].into_iter().chain(others);
        let mut life = Life::new(SERVE, all.map(|target| (target, bounds(), 40)).collect());
        for unseen in others.iter().take(5) {
            life.targets.insert(name(unseen), Seen::Nothing("no answer".to_owned()));
        }
        life.reads("rps", 200.0);
        life.reads("errors", 0.0);
        life.lives(MINUTE.times(5));
        life.size("fleet")
    };
    let with = Brakes { sick: Brakes::default().sick, ..none() };
    assert_eq!((size(with), size(none())), (40, 20));
}

/// Somebody makes the fleet larger by hand, for an event that no metric knows of yet.
#[test]
fn a_size_that_somebody_set_by_hand_is_respected_for_half_an_hour() {
    let sizes = |brakes| {
        let mut life = fleet(brakes, 40.0);
        life.lives(MINUTE);
        (life.group().desired, life.group().ready) = (80, 80);
        let last = life.lives(MINUTE.times(29));
        let early = life.size("fleet");
        life.lives(MINUTE.times(10));
        (early, life.size("fleet"), why(&last))
    };
    let (early, late, held) =
        sizes(Brakes { foreign_respect: Brakes::default().foreign_respect, ..none() });
    assert_eq!((early, late), (80, 40));
    assert_eq!(
        held,
        "foreign change: somebody else moved it from 40 to 80, seen 28m45s ago: respected for 1m15s more"
    );
    let (early, late, _) = sizes(none());
    assert_eq!((early, late), (40, 40));
}

/// Somebody makes an overloaded fleet smaller by hand: growth that is needed does not wait.
#[test]
fn a_size_set_by_hand_never_keeps_growth_waiting() {
    let with = Brakes { foreign_respect: Brakes::default().foreign_respect, ..none() };
    let mut life = fleet(with, 40.0);
    life.lives(MINUTE);
    (life.group().desired, life.group().ready) = (20, 20);
    life.lives(EVERY.times(2));
    assert_eq!(life.size("fleet"), 40);
}

/// A load that goes up and down every five minutes, for an hour.
#[test]
fn a_load_that_swings_does_not_swing_the_fleet() {
    let turns = |brakes| {
        let mut life = fleet(brakes, 40.0);
        let (mut turns, mut last) = (0, 40);
        for half in 0..12 {
            life.reads("rps", if half % 2 == 0 { 380.0 } else { 400.0 });
            life.lives(MINUTE.times(5));
            turns += u32::from(life.size("fleet") != last);
            last = life.size("fleet");
        }
        turns
    };
    let with = Brakes { flap: Brakes::default().flap, ..none() };
    assert_eq!((turns(with), turns(none())), (8, 12));
}

/// Nothing is left to do for a fleet of 40.
#[test]
fn half_of_a_fleet_goes_in_an_hour_and_no_more() {
    let size = |brakes| {
        let mut life = fleet(brakes, 0.0);
        life.lives(MINUTE.times(59));
        life.size("fleet")
    };
    let with = Brakes { budget: Brakes::default().budget, ..none() };
    assert_eq!((size(with), size(none())), (20, 1));
}

/// A target that must ask before it shrinks.
#[test]
fn what_needs_leave_waits_for_it() {
    let sizes = |brakes| {
        let mut life = fleet(brakes, 20.0);
        let last = life.lives(MINUTE.times(5));
        let before = life.size("fleet");
        let (target, by) = (name("fleet"), "ann".to_owned());
        life.says(Command::Approve { target, to: 30, by });
        life.lives(MINUTE.times(5));
        (before, life.size("fleet"), why(&last))
    };
    let (before, after, held) = sizes(Brakes { approve: Approve::Shrink, ..none() });
    assert_eq!((before, after), (40, 30));
    assert_eq!(held, "approval: waiting for approval of 40 -> 36");
    let (before, after, _) = sizes(none());
    assert_eq!((before, after), (20, 20));
}

/// An approval that is half an hour old is none.
#[test]
fn leave_runs_out() {
    let mut life = fleet(Brakes { approve: Approve::Shrink, ..none() }, 40.0);
    let (target, by) = (name("fleet"), "ann".to_owned());
    life.says(Command::Approve { target, to: 20, by });
    life.lives(MINUTE.times(31));
    life.reads("rps", 200.0);
    life.lives(MINUTE.times(5));
    assert_eq!(life.size("fleet"), 40);
}

/// One target is paused, by a person or by its tag; the one beside it goes on.
#[test]
fn a_pause_of_one_target_is_no_pause_of_the_next() {
    let policy =
        SERVE.replace(r#"rule "size" { "#, r#"rule "both" { other.serve(m.rps, 10.per_second); "#);
    let policy = policy.replace(
        r#"fleet: #{ kind: "group" }"#,
        r#"fleet: #{ kind: "group" }, other: #{ kind: "group" }"#,
    );
    let sizes = |pause: &dyn Fn(&mut Life)| {
        let bounds = || TargetSettings::Group(group((1, 200), none()));
        let mut life = Life::new(&policy, vec![("fleet", bounds(), 40), ("other", bounds(), 40)]);
        life.reads("rps", 200.0);
        life.reads("errors", 0.0);
        pause(&mut life);
        life.lives(MINUTE.times(10));
        (life.size("fleet"), life.size("other"))
    };
    let by_person = |life: &mut Life| {
        let (target, reason) = (Some(name("fleet")), "move".to_owned());
        life.says(Command::Pause { target, reason, lasts: None });
    };
    let for_a_while = |life: &mut Life| {
        let (target, reason) = (Some(name("fleet")), "move".to_owned());
        life.says(Command::Pause { target, reason, lasts: Some(MINUTE) });
    };
    let by_tag = |life: &mut Life| life.group().paused = Some("hands off".to_owned());
    assert_eq!(sizes(&by_person), (40, 20));
    assert_eq!(sizes(&by_tag), (40, 20));
    assert_eq!(sizes(&for_a_while), (20, 20), "it ends by itself");
    assert_eq!(sizes(&|_| {}), (20, 20));
}

/// The brakes that have been there longer, each by its own setting.
#[test]
fn the_older_guards_make_the_difference_too() {
    let free = || group((1, 200), none());
    // (what it is, with, without, the load in members or CPU in percent, minutes, ends)
    let size = |policy: &str, bounds: GroupSettings, reading: (&'static str, f64), length: Span| {
        let mut life = Life::fleet(policy, bounds, 40);
        life.reads("errors", 0.0);
        life.reads(reading.0, reading.1);
        life.lives(length);
        life.size("fleet")
    };
    let serve = |bounds, members: f64, length| size(SERVE, bounds, ("rps", members * 10.0), length);
    let range = |min, max| group((min, max), none());
    assert_eq!(
        (serve(range(30, 60), 90.0, MINUTE.times(5)), serve(free(), 90.0, MINUTE.times(5))),
        (60, 90),
        "range"
    );
    let track = |band| {
        let bounds = GroupSettings { dead_band: band, ..free() };
        size(TRACK, bounds, ("cpu", 64.0), EVERY)
    };
    assert_eq!((track(0.10), track(0.0)), (40, 43), "dead-band");
    let stabilise =
        |window| serve(GroupSettings { stabilise_down: window, ..free() }, 20.0, MINUTE.times(4));
    assert_eq!((stabilise(MINUTE.times(5)), stabilise(Span::ZERO)), (40, 20), "stabilise");
    let rate = |share| {
        let mut bounds = free();
        bounds.shrink.share = share;
        serve(bounds, 20.0, EVERY)
    };
    assert_eq!((rate(0.10), rate(1.0)), (36, 20), "rate limit");
    let cooldown =
        |span| serve(GroupSettings { cooldown_down: span, ..free() }, 20.0, MINUTE.times(4));
    assert_eq!((cooldown(MINUTE.times(5)), cooldown(Span::ZERO)), (36, 20), "cooldown");
    let settle = |span| serve(GroupSettings { settle: span, ..free() }, 20.0, MINUTE.times(4));
    assert_eq!((settle(MINUTE.times(10)), settle(Span::ZERO)), (40, 20), "settle");
}

/// Members warm up: what has just come is not sent away while it still does.
#[test]
fn nothing_shrinks_while_members_warm_up() {
    let size = |ready_after| {
        let bounds = GroupSettings { ready_after, ..group((1, 200), none()) };
        let mut life = Life::fleet(SERVE, bounds, 40);
        life.reads("errors", 0.0);
        life.reads("rps", 400.0);
        life.group().ready = 39;
        life.lives(EVERY);
        life.group().ready = 40;
        life.reads("rps", 200.0);
        life.lives(MINUTE);
        life.size("fleet")
    };
    assert_eq!((size(MINUTE.times(2)), size(Span::ZERO) < 40), (40, true));
}

/// Whatever holds it, its name and its reason are in the decision.
#[test]
fn every_guard_writes_its_line_also_when_it_changes_nothing() {
    let mut life = fleet(Brakes::default(), 40.0);
    let last = life.lives(MINUTE);
    let names: Vec<&str> = last.guards.iter().map(|line| line.guard.name()).collect();
    assert_eq!(
        names,
        [
            "pause",
            "range",
            "dead-band",
            "evidence",
            "stabilise",
            "rate limit",
            "projection",
            "launches failing",
            "suspicious drop",
            "warm-up",
            "cooldown",
            "no effect",
            "too sick",
            "foreign change",
            "flapping",
            "budget",
            "approval",
            "clamp",
        ]
    );
    assert_eq!(last.verdict, Verdict::Held(Held::AsWanted));
    assert!(last.guards.iter().all(|line| !line.note.is_empty() && line.guard != Guard::Ours));
}

/// Hands the database back, with the replicas that we made.
fn handed_back() -> Command {
    let (target, by, reason) = (name("db"), "ann".to_owned(), "the DBAs take over".to_owned());
    Command::Release { target, by, reason, remove_replicas: true }
}

/// A database with three replicas of ours, one of somebody else's, and a rule that wants more.
fn crowded(brakes: Brakes) -> Life {
    let mut life = replicas("");
    life.lives(MINUTE.times(30));
    let mut life = life.with_bounds("db", TargetSettings::Database(database(brakes)));
    let Some(Seen::Database(seen)) = life.targets.get_mut("db") else { panic!("it is there") };
    seen.replicas.truncate(3);
    seen.replicas[0].name = "db-sp-9".to_owned();
    seen.replicas[0].ours = false;
    life
}

#[test]
fn a_database_that_is_handed_back_loses_what_we_made_and_nothing_else() {
    let mut life = crowded(none());
    life.says(handed_back());
    let mut sizes = Vec::new();
    for _ in 0..6 {
        life.lives(EVERY);
        sizes.push(life.size("db"));
    }
    assert_eq!(sizes[..3], [2, 1, 1], "one after another");
    let last = life.lives(MINUTE.times(60));
    assert_eq!(why(&last), "released by ann: the DBAs take over");
    let Seen::Database(seen) = &life.targets["db"] else { panic!("it is there") };
    let left: Vec<&str> = seen.replicas.iter().map(|replica| replica.name.as_str()).collect();
    assert_eq!(left, ["db-sp-9"]);

    life.says(Command::Adopt { target: name("db"), by: "bob".to_owned() });
    life.lives(MINUTE);
    assert_eq!(life.size("db"), 2, "the rule is heard again");
}

#[test]
fn handing_back_passes_over_no_guard() {
    let budget = Brakes { budget: Brakes::default().budget, ..none() };
    let approve = Brakes { approve: Approve::Shrink, ..none() };
    for (brakes, left) in [(budget, 2), (approve, 3)] {
        let mut life = crowded(brakes);
        life.says(handed_back());
        life.lives(MINUTE.times(30));
        assert_eq!(life.size("db"), left);
    }
}

//! A dead region: users go to the standby once it can carry them, and not before, and come back in steps.

use super::{holds, load, run};
use setpoint_control::{Journal, JournalError, Pass};
use setpoint_core::{
    ActResult, Action, Intent, Memory, Seen, Shares, Span, TargetName, Traffic, Verdict,
};
use setpoint_sim::{experiment::told, roomy::roomy, scenario::Measure};
use std::sync::{Arc, Mutex};

/// When the region dies, and when it is back.
const DEAD: (Span, Span) = (Span::from_minutes(12 * 60), Span::from_minutes(14 * 60));

/// The members of the standby that policies wait for.
const CARRIES: u32 = 20;

/// A move of users: when, where to, and what was seen of the standby and of the sites.
struct Moved {
    at: Span,
    to: Shares,
    ready: u32,
    seen: Traffic,
}

impl Moved {
    fn main(&self) -> u32 {
        self.to["main"]
    }
}

/// Every move of users in a run.
#[derive(Default)]
struct Moves(Vec<Moved>);

impl Journal for Moves {
    fn record(&mut self, pass: &Pass, _memory: &Memory) -> Result<(), JournalError> {
        for decision in &pass.plan.decisions {
            let Verdict::Act(Intent { action: Action::Route { to, .. }, target, .. }) =
                &decision.verdict
            else {
                continue;
            };
            let seen = |name: &TargetName| pass.snapshot.targets.get(name);
            let (Some(Seen::Group(spare)), Some(Seen::Traffic(traffic))) =
                (seen(&TargetName::new("spare")), seen(target))
            else {
                panic!("users are moved and nobody has looked: {:?}", pass.snapshot.targets)
            };
            let at = pass.snapshot.at.monotonic;
            let (to, ready, seen) = (to.clone(), spare.ready, traffic.clone());
            self.0.push(Moved { at, to, ready, seen });
        }
        Ok(())
    }

    fn outcome(&mut self, _intent: &Intent, _result: &ActResult) -> Result<(), JournalError> {
        Ok(())
    }
}

/// What a policy of the scenario moves under this luck.
fn moves(policy: &str, seed: u64) -> Vec<Moved> {
    let scenario = load("dead-region");
    let mut contestants = scenario.contestants.iter();
    let contestant = contestants.find(|one| one.name == policy).expect("it is in the scenario");
    let moves = Arc::new(Mutex::new(Moves::default()));
    let beside = Arc::clone(&moves);
    roomy(|| told(&scenario, contestant, seed, beside));
    let mut moves = moves.lock().expect("nobody panicked");
    std::mem::take(&mut moves.0)
}

#[test]
fn a_dead_region_is_outlived_by_whoever_sees_to_capacity_first() {
    holds("dead-region", 2);
}

#[test]
fn whoever_sends_users_before_there_is_capacity_fails_more_than_is_allowed() {
    let (results, verdict) = run("dead-region", 1..=2, 2);
    let gate = &verdict.gates[0].gate;
    assert_eq!((gate.measure, gate.policy.as_deref()), (Measure::Failed, None));
    let setpoint_sim::scenario::Against::Max(most) = gate.against else { panic!("{gate}") };
    for row in results.of("traffic-first") {
        let failed = row.value(Measure::Failed).expect("requests arrived");
        assert!(failed > 1.5 * most, "{failed}: the scenario shows nothing");
    }
}

#[test]
fn users_are_never_sent_to_a_standby_that_is_not_ready_or_not_healthy() {
    let all = moves("failover", 1);
    let away: Vec<&Moved> = all.iter().filter(|moved| moved.main() == 0).collect();
    assert!(!away.is_empty(), "nobody was sent away");
    for moved in away {
        assert!(DEAD.0 <= moved.at && moved.at < DEAD.1, "at {}", moved.at);
        assert!(moved.ready >= CARRIES, "{} members at {}", moved.ready, moved.at);
        assert_eq!(moved.seen.destinations["standby"].healthy, Some(true));
        assert_eq!(moved.seen.destinations["main"].healthy, Some(false));
    }
    let hasty = moves("traffic-first", 1);
    let first = hasty.first().expect("it sends users away");
    assert!(first.ready < CARRIES, "the trap is none: {} members", first.ready);
}

#[test]
fn users_come_back_in_steps_once_the_region_has_been_well_for_long() {
    let all = moves("failover", 1);
    let back: Vec<&Moved> = all.iter().filter(|moved| moved.main() > 0).collect();
    let shares: Vec<u32> = back.iter().map(|moved| moved.main()).collect();
    assert_eq!(shares, [20, 40, 60, 80, 100]);
    assert!(back[0].at >= DEAD.1 + Span::from_minutes(30), "at {}", back[0].at);
    for (one, next) in back.iter().zip(&back[1..]) {
        assert!(next.at.minus(one.at) >= Span::from_minutes(5), "{} and {}", one.at, next.at);
    }
}

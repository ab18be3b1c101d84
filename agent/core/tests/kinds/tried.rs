//! A policy that is being tried on a setting, a flag, a job, a volume or a traffic: what it would
//! do goes on by itself, and nothing of it is sent.

use crate::{
    life::{Life, Said, Turn, name},
    released::{flag, job, setting, traffic, volume},
};
use setpoint_core::{
    ActResult, Ask, Held, PolicyName, Seen, ShadowDecision, TargetSettings, Verdict,
};

/// A life in which the only policy is being tried.
fn tried((bounds, seen): (TargetSettings, Seen)) -> (Life, Seen) {
    let mut life = Life::new(bounds.clone());
    life.settings.shadows = [(PolicyName::new("policy"), [(name(), bounds)].into())].into();
    (life, seen)
}

/// What the policy would do in a pass in which it asks for this; nothing is really done.
fn pass(life: &mut Life, seen: &Seen, ask: Option<Ask>) -> ShadowDecision {
    let (seen, said) = (seen.clone(), ask.map_or(Said::Quiet, Said::Asks));
    let result = ActResult::Accepted;
    let turn = Turn { seen, read: true, said: vec![said], command: None, result };
    let mut plan = life.turn(&turn);
    assert_eq!(plan.intents().count(), 0, "{plan:?}");
    assert_eq!(plan.decisions[0].verdict, Verdict::Held(Held::NoOpinion));
    life.restart();
    assert_eq!(plan.shadows.len(), 1, "{plan:?}");
    plan.shadows.remove(0)
}

fn acts(shadow: &ShadowDecision) -> bool {
    matches!(shadow.decision.verdict, Verdict::Act(_))
}

#[test]
fn a_setting_goes_its_own_way_and_the_real_one_stays() {
    let (mut life, seen) = tried(setting());
    let first = pass(&mut life, &seen, Some(Ask::SetTo(20)));
    assert_eq!((acts(&first), first.size, first.divergence()), (true, 20, -20));
    let second = pass(&mut life, &seen, Some(Ask::SetTo(20)));
    assert_eq!((acts(&second), second.size, second.divergence()), (false, 20, -20));
    assert_eq!(second.decision.verdict, Verdict::Held(Held::AsWanted));
    // Towards the side that is safe it never waits.
    let back = pass(&mut life, &seen, Some(Ask::SetTo(60)));
    assert_eq!((acts(&back), back.size, back.divergence()), (true, 60, 20));
}

#[test]
fn a_flag_is_restored_once_and_shed_from_there() {
    let (mut life, seen) = tried(flag());
    let restored = pass(&mut life, &seen, Some(Ask::Restore));
    assert_eq!((acts(&restored), restored.size, restored.divergence()), (true, 80, 80));
    let again = pass(&mut life, &seen, Some(Ask::Restore));
    assert_eq!((acts(&again), again.size), (false, 80));
    let shed = pass(&mut life, &seen, Some(Ask::SetTo(0)));
    assert_eq!((acts(&shed), shed.size), (true, 0));
}

#[test]
fn a_traffic_is_moved_for_itself_alone() {
    let (mut life, seen) = tried(traffic());
    let route = |b: u32| Ask::Route([("a".to_owned(), 100 - b), ("b".to_owned(), b)].into());
    let first = pass(&mut life, &seen, Some(route(30)));
    assert_eq!((acts(&first), first.size, first.divergence()), (true, 70, -30));
    let again = pass(&mut life, &seen, Some(route(30)));
    assert_eq!((acts(&again), again.size), (false, 70));
    let on = pass(&mut life, &seen, Some(route(100)));
    assert_eq!((acts(&on), on.size, on.acting), (true, 0, 100));
}

#[test]
fn a_job_would_be_started_once_however_long_its_rule_stays_fired() {
    let (mut life, seen) = tried(job());
    let mut started = |ask: Option<Ask>, passes: u32| {
        (0..passes).filter(|_| acts(&pass(&mut life, &seen, ask.clone()))).count()
    };
    assert_eq!(started(Some(Ask::Start), 6), 1);
    assert_eq!(started(None, 1), 0);
    assert_eq!(started(Some(Ask::Start), 6), 1);
}

#[test]
fn a_volume_would_grow_by_its_own_waiting_times_and_never_shrink() {
    let (mut life, seen) = tried(volume());
    let first = pass(&mut life, &seen, Some(Ask::GrowTo(150)));
    assert_eq!((acts(&first), first.size, first.acting), (true, 150, 100));
    let then: Vec<(bool, u32)> = (0..9)
        .map(|_| pass(&mut life, &seen, Some(Ask::GrowTo(200))))
        .map(|shadow| (acts(&shadow), shadow.size))
        .collect();
    assert_eq!(then.iter().filter(|(acts, _)| *acts).count(), 1, "{then:?}");
    assert_eq!(then.first(), Some(&(false, 150)), "it has only just grown");
    assert_eq!(then.last(), Some(&(false, 200)));
    let less = pass(&mut life, &seen, Some(Ask::GrowTo(50)));
    assert_eq!((acts(&less), less.size), (false, 200));
}

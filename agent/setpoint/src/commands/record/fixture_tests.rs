//! What a record says of each kind of target.

use super::*;
use setpoint_core::{Calendars, Member, MemberState, Moment, PolicyName, Range, Settings, Stages};

fn name() -> TargetName {
    TargetName::new("it")
}

/// What a record says of a target that is bounded and seen so.
fn target(bounds: TargetSettings, seen: Seen) -> Fixture {
    let every = Span::from_secs(15);
    let settings = Settings {
        region: "here".to_owned(),
        every,
        inputs: BTreeMap::new(),
        targets: [(name(), bounds)].into(),
        shadows: BTreeMap::new(),
        calendars: Calendars::default(),
    };
    let policy = BoundPolicy {
        name: PolicyName::new("p"),
        file: "p.rhai".into(),
        source: "".into(),
        targets: [("own".to_owned(), name())].into(),
        params: BTreeMap::new(),
    };
    let program = Program::new(settings, vec![policy.clone()]);
    let snapshot = |pass: u64| Snapshot {
        pass,
        at: Moment { wall: Timestamp::from_ms(0) + every.times(pass), ..Moment::default() },
        targets: [(name(), seen.clone())].into(),
        ..Snapshot::default()
    };
    Fixture::of((&program, &policy), &[snapshot(1), snapshot(2)], &[]).unwrap()
}

/// The target as it is told, and what is always claimed of it.
#[track_caller]
fn check(bounds: TargetSettings, seen: Seen, told: &str, claims: &[&str]) {
    let fixture = target(bounds, seen);
    assert_eq!(fixture.targets["own"], told);
    assert_eq!(fixture.claims, claims);
    assert_eq!(fixture.passes(), 2);
}

#[test]
fn a_volume_is_told_with_its_size_and_never_smaller() {
    let bounds = VolumeSettings::new(Range::new(20, 500).unwrap());
    let seen = Seen::Volume(Volume { size: 100, used: Some(1), ..Volume::default() });
    let claims = ["own >= 20 && own <= 500"];
    check(TargetSettings::Volume(bounds.clone()), seen.clone(), "at = 100, max = 500", &claims);
    let quick = VolumeSettings { cooldown_up: Span::from_secs(9), ..bounds };
    let told = "at = 100, max = 500, cooldown_up = \"9s\"";
    check(TargetSettings::Volume(quick), seen, told, &claims);
}

#[test]
fn a_setting_outside_its_range_is_claimed_to_be_where_it_was_or_within() {
    let bounds = SettingSettings::new(Range::new(5, 100).unwrap());
    let seen = Seen::Setting(Setting { value: 400, busy: None });
    let told = "at = 400, min = 5, max = 100, settle = \"0s\"";
    check(TargetSettings::Setting(bounds), seen, told, &["own >= 5 && own <= 400"]);
}

#[test]
fn a_flag_is_told_with_what_stood_before() {
    let bounds = SettingSettings::of_flag();
    let seen = Seen::Flag(Flag { share: 0, before: Some(80), busy: None });
    let told = "at = 0, settle = \"0s\", before = 80";
    check(TargetSettings::Flag(bounds), seen, told, &["own >= 0 && own <= 100"]);
}

#[test]
fn a_rollout_is_told_with_its_candidate_and_its_stages() {
    let stages = Stages::new(vec![10, 100]).unwrap();
    let bounds = RolloutSettings { stages, ..RolloutSettings::new() };
    let revision = Some("v2".to_owned());
    let seen = Seen::Rollout(Rollout { share: 10, revision, ..Rollout::default() });
    let told = "at = 10, settle = \"0s\", revision = \"v2\", stages = [10, 100]";
    check(TargetSettings::Rollout(bounds), seen, told, &["own >= 0 && own <= 100"]);
}

#[test]
fn a_traffic_is_told_with_its_shares_and_who_did_not_answer() {
    let one = |(name, share, healthy): (&str, u32, Option<bool>)| {
        (name.to_owned(), Destination { share, healthy })
    };
    let all = [("a", 80, Some(true)), ("b", 20, Some(false)), ("c", 0, None)];
    let traffic = Traffic { destinations: all.map(one).into(), ..Traffic::default() };
    let told = "at = { \"a\" = 80, \"b\" = 20, \"c\" = 0 }, settle = \"0s\", healthy = { \"b\" = 0, \"c\" = \"_\" }";
    let bounds = TrafficSettings::new(["a", "b", "c"]);
    check(TargetSettings::Traffic(bounds), Seen::Traffic(traffic), told, &[]);
}

#[test]
fn a_job_has_a_last_run_and_no_size_to_claim() {
    let seen = Seen::Job(Job { last: setpoint_core::LastRun::Failed, ..Job::default() });
    check(TargetSettings::Job(JobSettings::new()), seen, "last = \"failed\"", &[]);
}

#[test]
fn members_that_may_be_replaced_are_called_as_they_were() {
    let mut bounds = GroupSettings::new(Range::new(1, 5).unwrap());
    bounds.replaces = true;
    let member =
        |name: &str| Member { name: name.to_owned(), zone: None, state: MemberState::Serving };
    let members = vec![member("i-1"), member("i-2")];
    let seen = Seen::Group(Group { desired: 2, ready: 2, members, ..Group::default() });
    let told = "at = 2, ready = 2, min = 1, max = 5, settle = \"0s\", members = [\"i-1\", \"i-2\"]";
    check(TargetSettings::Group(bounds), seen, told, &["own >= 1 && own <= 5"]);
}

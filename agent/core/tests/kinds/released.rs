//! A setting, a flag, a job, a volume or a traffic that was handed back is left alone until it is adopted.

use crate::life::{Life, Said, Turn, action, name};
use setpoint_core::{
    ActResult, Action, Ask, Command, Destination, Flag, Held, Job, JobSettings, LastRun, Plan,
    Range, Seen, Setting, SettingSettings, Side, Span, TargetSettings, Traffic, TrafficSettings,
    Verdict, Volume, VolumeSettings,
};

/// A setting at 40 of 5 to 100, without patience.
pub(crate) fn setting() -> (TargetSettings, Seen) {
    let mut bounds = SettingSettings::new(Range::new(5, 100).unwrap());
    (bounds.safe, bounds.settle, bounds.cooldown_down) = (Some(Side::High), Span::ZERO, Span::ZERO);
    (TargetSettings::Setting(bounds), Seen::Setting(Setting { value: 40, busy: None }))
}

/// A flag that was shed from 80 %, without patience.
pub(crate) fn flag() -> (TargetSettings, Seen) {
    let mut bounds = SettingSettings::of_flag();
    (bounds.settle, bounds.cooldown_down) = (Span::ZERO, Span::ZERO);
    let flag = Flag { share: 0, before: Some(80), busy: None };
    (TargetSettings::Flag(bounds), Seen::Flag(flag))
}

/// A job that never ran.
pub(crate) fn job() -> (TargetSettings, Seen) {
    let bounds = JobSettings { cooldown_up: Span::ZERO, ..JobSettings::new() };
    (TargetSettings::Job(bounds), Seen::Job(Job::default()))
}

/// A volume of 100 GiB that may have 500.
pub(crate) fn volume() -> (TargetSettings, Seen) {
    let bounds = VolumeSettings::new(Range::new(20, 500).unwrap());
    let bounds = VolumeSettings { cooldown_up: Span::from_minutes(5), ..bounds };
    (TargetSettings::Volume(bounds), Seen::Volume(Volume { size: 100, ..Volume::default() }))
}

/// A traffic that all goes to `a`, without patience.
pub(crate) fn traffic() -> (TargetSettings, Seen) {
    let mut bounds = TrafficSettings::new(["a", "b"]);
    (bounds.settle, bounds.cooldown_down) = (Span::ZERO, Span::ZERO);
    let one = |(name, share): (&str, u32)| (name.to_owned(), Destination { share, healthy: None });
    let destinations = [("a", 100), ("b", 0)].map(one).into();
    let traffic = Traffic { destinations, ..Traffic::default() };
    (TargetSettings::Traffic(bounds), Seen::Traffic(traffic))
}

fn release() -> Command {
    let (by, reason) = ("ann".to_owned(), "we move it".to_owned());
    Command::Release { target: name(), by, reason, remove_replicas: false }
}

fn adopt() -> Command {
    Command::Adopt { target: name(), by: "bob".to_owned() }
}

/// A pass over what stands so, in which this is asked for.
fn pass(life: &mut Life, seen: &Seen, ask: Option<&Ask>, command: Option<Command>) -> Plan {
    let said = ask.map_or(Said::Quiet, |ask| Said::Asks(ask.clone()));
    let (seen, result) = (seen.clone(), ActResult::Accepted);
    life.turn(&Turn { seen, read: true, said: vec![said], command, result })
}

#[test]
fn nothing_is_done_to_it_whoever_asks_and_however_often_the_agent_starts() {
    for ((bounds, seen), ask) in [
        (setting(), Ask::SetTo(20)),
        (setting(), Ask::SetTo(60)),
        (flag(), Ask::Restore),
        (flag(), Ask::SetTo(20)),
        (job(), Ask::Start),
        (job(), Ask::Restart),
        (volume(), Ask::GrowTo(150)),
        (traffic(), Ask::Route([("b".to_owned(), 100)].into())),
    ] {
        let mut life = Life::new(bounds.clone());
        for number in 0..8 {
            let command = (number == 0).then(release);
            let plan = pass(&mut life, &seen, Some(&ask), command);
            let held = &plan.decisions[0].verdict;
            let said =
                matches!(held, Verdict::Held(Held::Released(why)) if why.contains("we move it"));
            assert!(said, "{bounds:?}: {held:?}");
            life.restart();
        }
        let done = action(&pass(&mut life, &seen, Some(&ask), Some(adopt())));
        assert!(done.is_some(), "{bounds:?}: adopted, and asked for {ask:?}");
    }
}

#[test]
fn a_value_outside_its_range_is_not_brought_back_either() {
    let (bounds, _) = setting();
    let outside = Seen::Setting(Setting { value: 400, busy: None });
    let mut life = Life::new(bounds);
    assert_eq!(action(&pass(&mut life, &outside, None, Some(release()))), None);
    assert_eq!(action(&pass(&mut life, &outside, None, None)), None);
    let back = action(&pass(&mut life, &outside, None, Some(adopt())));
    assert!(matches!(back, Some(Action::Set { from: 400, to: 100, .. })), "{back:?}");
}

#[test]
fn a_job_that_is_adopted_is_not_started_anew_for_a_rule_that_stayed_fired() {
    let (bounds, never) = job();
    let ran = Seen::Job(Job { last: LastRun::Ok, run: Some("1".to_owned()), busy: None });
    let mut life = Life::new(bounds);
    let first = action(&pass(&mut life, &never, Some(&Ask::Start), None));
    assert!(matches!(first, Some(Action::Start { .. })), "{first:?}");
    for command in [None, Some(release()), None, Some(adopt()), None, None] {
        assert_eq!(action(&pass(&mut life, &ran, Some(&Ask::Start), command)), None);
    }
    assert_eq!(action(&pass(&mut life, &ran, None, None)), None);
    let again = action(&pass(&mut life, &ran, Some(&Ask::Start), None));
    assert!(matches!(again, Some(Action::Start { .. })), "{again:?}");
}

//! Who is picked, and who never is.

use super::*;
use crate::{
    Calendars, GroupSettings, InputKey, InputSettings, Moment, Per, Range, Reading, Seen, Settings,
    Snapshot, TargetName, TargetSettings, Timestamp, Unit,
};

const EVERY: Span = Span::from_secs(15);

/// A member: name, zone, state, and its sessions with the second of their stamp.
type Row<'a> = (&'a str, &'a str, MemberState, Option<(u64, f64)>);

fn web() -> TargetName {
    TargetName::new("web")
}

fn wall(second: u64) -> Timestamp {
    Timestamp::from_ms(0) + Span::from_secs(second)
}

/// A group of `rows` at `now`, and what is remembered after it was seen.
fn life(rows: &[Row<'_>], now: u64) -> (Settings, Memory, Group) {
    let key = InputKey::sessions_of(&web());
    let mut input = InputSettings::new(Unit::Count, Span::ZERO, EVERY);
    input.per = Some(Per::Member);
    let mut bounds = GroupSettings::new(Range::new(1, 50).unwrap());
    bounds.sessions = Some(Sessions::new(key.clone()));
    let settings = Settings {
        region: "here".to_owned(),
        every: EVERY,
        inputs: [(key.clone(), input)].into(),
        targets: [(web(), TargetSettings::Group(bounds))].into(),
        calendars: Calendars::default(),
        shadows: BTreeMap::new(),
    };
    let member = |(name, zone, state, _): &Row<'_>| Member {
        name: (*name).to_owned(),
        zone: Some((*zone).to_owned()),
        state: *state,
    };
    let members: Vec<Member> = rows.iter().map(member).collect();
    let serving = members.iter().filter(|it| it.state == MemberState::Serving).count();
    let desired = u32::try_from(serving).unwrap();
    let group = Group { desired, ready: desired, members, ..Group::default() };
    let each = rows.iter().filter_map(|(name, _, _, sessions)| {
        let (second, value) = (*sessions)?;
        Some(((*name).to_owned(), Sample::new(wall(second), value).unwrap()))
    });
    let snapshot = Snapshot {
        at: Moment { wall: wall(now), monotonic: Span::from_secs(now) },
        readings: [(key, Reading::Each(each.collect()))].into(),
        targets: [(web(), Seen::Group(group.clone()))].into(),
        ..Snapshot::default()
    };
    let mut memory = Memory::default();
    memory.absorb(&settings, &snapshot);
    (settings, memory, group)
}

/// Who goes if so many are wanted, and what is said of it.
fn picked(rows: &[Row<'_>], wanted: u32) -> (Vec<String>, String) {
    let (settings, memory, group) = life(rows, 100);
    let TargetSettings::Group(bounds) = &settings.targets[&web()] else { unreachable!() };
    let past = &memory.targets[&web()];
    let crew = crate::named::crew((bounds, &group, &settings), &memory, past).unwrap();
    let victims = crew.victims(wanted);
    (victims.names, victims.note)
}

#[track_caller]
fn check(rows: &[Row<'_>], wanted: u32, expected: &[&str], note: &str) {
    let (names, said) = picked(rows, wanted);
    assert_eq!(names, expected);
    assert_eq!(said, note);
}

use MemberState::{Other, Serving, Sick, Standby};

#[test]
fn idle_ones_go_first_and_then_those_with_the_fewest_sessions() {
    let rows = [
        ("i-1", "a", Serving, Some((95, 7.0))),
        ("i-2", "a", Serving, Some((95, 0.0))),
        ("i-3", "a", Serving, Some((95, 1.0))),
        ("i-4", "a", Serving, Some((95, 0.0))),
    ];
    check(&rows, 2, &["i-2", "i-4"], "2 of 4 idle: i-2, i-4");
    let note = "2 of 4 idle: i-2, i-4; fewest sessions: i-3 (1 session)";
    check(&rows, 3, &["i-2", "i-4", "i-3"], note);
    check(&rows[..1], 1, &["i-1"], "none of 1 is idle; fewest sessions: i-1 (7 sessions)");
}

/// Nomad's autoscaler once took every node that might go (its bug 1282).
#[test]
fn never_more_go_than_are_wanted() {
    let names: Vec<String> = (0..40).map(|n| format!("i-{n:02}")).collect();
    let rows: Vec<Row<'_>> =
        names.iter().map(|name| (&**name, "a", Serving, Some((95, 0.0)))).collect();
    for wanted in 0..=20 {
        assert_eq!(picked(&rows, wanted).0.len(), wanted as usize);
    }
    assert_eq!(picked(&rows, 30).0.len(), 20, "no action names more than may be asked for at once");
}

#[test]
fn nobody_goes_whose_sessions_are_not_known() {
    let rows = [
        ("i-1", "a", Serving, None),
        ("i-2", "a", Serving, Some((9, 0.0))),   // 91 s old
        ("i-3", "a", Serving, Some((95, -1.0))), // no count at all
        ("i-4", "a", Serving, Some((111, 0.0))), // stamped in the future
        ("i-5", "a", Serving, Some((10, 3.0))),
    ];
    let note = "none of 5 is idle; fewest sessions: i-5 (3 sessions); 4 not known or left alone";
    check(&rows, 3, &["i-5"], note);
    check(&rows[..4], 3, &[], "of none of 4 members the sessions are known");
    check(&[], 3, &[], "the provider names no member in service");
}

#[test]
fn only_a_member_wholly_in_service_is_picked() {
    let idle = Some((95, 0.0));
    let rows = [("i-1", "a", Standby, idle), ("i-2", "a", Other, idle), ("i-3", "a", Sick, idle)];
    check(&rows, 3, &[], "the provider names no member in service");
}

#[test]
fn of_equals_the_fullest_zone_gives_first() {
    let idle = Some((95, 0.0));
    let rows = [
        ("i-1", "a", Serving, idle),
        ("i-2", "b", Serving, idle),
        ("i-3", "b", Serving, idle),
        ("i-4", "b", Serving, idle),
        ("i-5", "c", Serving, idle),
    ];
    check(&rows, 3, &["i-2", "i-3", "i-1"], "5 of 5 idle: i-2, i-3, i-1");
}

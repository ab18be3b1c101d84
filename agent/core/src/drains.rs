//! The members of a group that are on their way out: what is remembered of them.
//!
//! ```text
//! serving ─ drain ─► standby ─ no session left ─► retire ─► gone
//!    ▲                  │
//!    └──── return ◄─────┴─ needed again, or not done by the deadline
//! ```
//!
//! A member on standby is ours only if it is written down here: somebody else's, put aside
//! by a person, is left alone. It is written down before the provider is asked, so that an
//! agent that was killed in between knows its own at the next start.

use crate::{
    ActResult, Action, Intent, IntentId, Member, MemberState, Sample, Span, Tick, Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far the clock of a metric may be ahead of ours: a sample says something of the time on
/// standby only if it is stamped later than this after the first look that saw it there.
const CLOCK_SKEW: Span = Span::from_secs(10);

/// How long the provider may take to show what it was asked for.
const SHOWS_WITHIN: Span = Span::from_secs(60);

/// Members on their way out, and those that came back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Drains {
    /// Those that were asked to go, by name.
    pub leaving: BTreeMap<String, Leaving>,
    /// Those that came back, and until when they are left alone.
    pub spared: BTreeMap<String, Tick>,
    /// The last retirement, until its provider has answered.
    pub retiring: Option<Intent>,
}

/// One member on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaving {
    /// When it was asked to go: its deadline counts from here.
    pub since: Tick,
    /// When it was first seen on standby, by the wall clock: samples are stamped with that.
    pub aside: Option<Timestamp>,
    /// When its end was last asked for.
    pub retired: Option<Tick>,
    /// When it was last asked to come back.
    pub returned: Option<Tick>,
}

impl Leaving {
    /// Whether it has finished what it had, by a sample of its sessions that is not too old.
    ///
    /// One that was asked to come back may be in service again before that shows.
    pub(crate) fn is_done(&self, sessions: Option<Sample>) -> bool {
        let (Some(aside), Some(sample), None) = (self.aside, sessions, self.returned) else {
            return false;
        };
        sample.value() == 0.0 && sample.at > aside + CLOCK_SKEW
    }

    /// Whether something was asked of it so lately that it may not show yet.
    pub(crate) fn is_awaited(&self, now: Tick) -> bool {
        let mut asked = self.retired.iter().chain(&self.returned);
        asked.any(|asked| now.since(*asked) < SHOWS_WITHIN)
    }
}

impl Drains {
    /// Whether there is nothing to remember.
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Takes in how the members stand.
    pub(crate) fn look(
        &mut self,
        members: &[Member],
        (wall, now): (Timestamp, Tick),
        (confirm_within, spare): (Span, Span),
    ) {
        self.spared.retain(|_, until| *until > now);
        let spared = &mut self.spared;
        self.leaving.retain(|name, leaving| match state(members, name) {
            None => false,
            Some(MemberState::Standby) => {
                leaving.aside.get_or_insert(wall);
                let lost = |asked: &mut Tick| now.since(*asked) > confirm_within;
                leaving.returned.take_if(lost);
                true
            }
            Some(MemberState::Other) => true,
            Some(MemberState::Serving | MemberState::Sick) if leaving.aside.is_some() => {
                spared.insert(name.clone(), now + spare);
                false
            }
            // The answer may have been lost: until it is too late for that, it may yet go.
            Some(MemberState::Serving | MemberState::Sick) => {
                now.since(leaving.since) <= confirm_within
            }
        });
    }

    /// Writes down what is about to be asked.
    pub(crate) fn remember(&mut self, intent: &Intent, now: Tick) {
        match &intent.action {
            Action::Drain { members, .. } => {
                let leaving = Leaving { since: now, aside: None, retired: None, returned: None };
                self.leaving.extend(members.iter().map(|name| (name.clone(), leaving)));
            }
            Action::Replace { member, drained: true, .. } => {
                let leaving = Leaving { since: now, aside: None, retired: None, returned: None };
                self.leaving.insert(member.clone(), leaving);
            }
            Action::Return { members, .. } => self.each(members, |it| it.returned = Some(now)),
            Action::Retire { members } => {
                self.each(members, |it| it.retired = Some(now));
                self.retiring = Some(intent.clone());
            }
            Action::Resize { .. }
            | Action::Replace { .. }
            | Action::AddReplica { .. }
            | Action::RemoveReplica { .. }
            | Action::Set { .. }
            | Action::Start { .. }
            | Action::Grow { .. }
            | Action::Route { .. } => {}
        }
    }

    /// Takes back a drain or a replacement that its provider did not take on.
    ///
    /// What was asked of members on standby stays on record: whoever cannot be put back or
    /// ended just now is left alone for a minute, so that it keeps neither growth nor others
    /// waiting.
    pub(crate) fn was_not_sent(&mut self, action: &Action) {
        let mut forget = |is_named: &dyn Fn(&String) -> bool| {
            self.leaving.retain(|name, it| it.aside.is_some() || !is_named(name));
        };
        if let Action::Drain { members, .. } = action {
            forget(&|name| members.contains(name));
        }
        if let Action::Replace { member, .. } = action {
            forget(&|name| name == member);
        }
    }

    /// What its provider said to the last retirement, in words if that was a no.
    pub(crate) fn hear(&mut self, said: &BTreeMap<&IntentId, &ActResult>) -> Option<String> {
        let result = *said.get(&self.retiring.as_ref()?.id)?;
        self.retiring = None;
        match result {
            ActResult::Failed { kind, message } => Some(crate::describe_failure(*kind, message)),
            ActResult::Accepted | ActResult::Unknown | ActResult::Withheld => None,
        }
    }

    fn each(&mut self, members: &[String], change: impl Fn(&mut Leaving)) {
        for name in members {
            if let Some(leaving) = self.leaving.get_mut(name) {
                change(leaving);
            }
        }
    }
}

/// The state of the member called `name`, if it is there.
pub(crate) fn state(members: &[Member], name: &str) -> Option<MemberState> {
    members.iter().find(|member| member.name == name).map(|member| member.state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TargetName;

    const CONFIRM: Span = Span::from_minutes(15);
    const SPARE: Span = Span::from_minutes(30);

    fn tick(seconds: u64) -> Tick {
        Tick::from_ms(seconds * 1000)
    }

    fn wall(seconds: u64) -> Timestamp {
        Timestamp::from_ms(0) + Span::from_secs(seconds)
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn intent(action: Action) -> Intent {
        Intent { id: IntentId::new("here/web/1/1"), target: TargetName::new("web"), action }
    }

    /// `i-1` as it is remembered after it was asked to go and was then seen in `states`, each
    /// ten seconds after the one before.
    fn seen(states: &[MemberState]) -> Drains {
        let mut drains = Drains::default();
        let action = Action::Drain { from: 3, to: 2, members: names(&["i-1"]) };
        drains.remember(&intent(action), tick(0));
        for (state, second) in states.iter().zip((10..).step_by(10)) {
            let member = Member { name: "i-1".to_owned(), zone: None, state: *state };
            drains.look(&[member], (wall(second), tick(second)), (CONFIRM, SPARE));
        }
        drains
    }

    fn sample(second: u64, value: f64) -> Option<Sample> {
        Sample::new(wall(second), value)
    }

    #[test]
    fn no_sample_of_the_time_in_service_ever_says_that_a_member_is_done() {
        use MemberState::{Serving, Standby};
        let leaving = seen(&[Serving, Standby, Standby]).leaving["i-1"];
        assert_eq!(leaving.aside, Some(wall(20)));
        for (sessions, done) in [
            (sample(19, 0.0), false),
            (sample(30, 0.0), false), // by a clock that is ahead this may be before
            (sample(31, 0.0), true),
            (sample(31, 1.0), false),
            (sample(31, 0.001), false),
            (sample(31, -1.0), false),
            (None, false),
        ] {
            assert_eq!(leaving.is_done(sessions), done, "{sessions:?}");
        }
        assert!(!seen(&[Serving]).leaving["i-1"].is_done(sample(99, 0.0)));
    }

    #[test]
    fn one_that_may_be_on_its_way_back_is_never_done() {
        let mut drains = seen(&[MemberState::Standby]);
        let back = Action::Return { from: 2, to: 3, members: names(&["i-1"]) };
        drains.remember(&intent(back), tick(20));
        assert!(!drains.leaving["i-1"].is_done(sample(60, 0.0)));
        let member = Member { name: "i-1".to_owned(), zone: None, state: MemberState::Standby };
        drains.look(&[member], (wall(921), tick(921)), (CONFIRM, SPARE));
        assert!(drains.leaving["i-1"].is_done(sample(921, 0.0)), "it never came");
    }

    #[test]
    fn one_that_came_back_is_spared_for_a_while() {
        let drains = seen(&[MemberState::Standby, MemberState::Serving]);
        assert!(drains.leaving.is_empty());
        assert_eq!(drains.spared["i-1"], tick(20) + SPARE);
    }

    #[test]
    fn what_was_not_taken_on_is_forgotten_and_what_may_have_been_is_not() {
        let drain = Action::Drain { from: 3, to: 2, members: names(&["i-1"]) };
        let mut refused = seen(&[MemberState::Serving]);
        refused.was_not_sent(&drain);
        assert!(refused.is_nothing());
        let unsure = seen(&[MemberState::Serving; 90]);
        assert_eq!(unsure.leaving.len(), 1);
        assert!(seen(&[MemberState::Serving; 91]).is_nothing());
    }

    #[test]
    fn one_that_is_gone_is_forgotten() {
        let mut drains = seen(&[MemberState::Standby]);
        drains.look(&[], (wall(20), tick(20)), (CONFIRM, SPARE));
        assert!(drains.is_nothing());
    }

    #[test]
    fn a_retirement_that_was_refused_is_asked_for_again_after_a_minute() {
        let mut drains = seen(&[MemberState::Standby]);
        let retire = intent(Action::Retire { members: names(&["i-1"]) });
        drains.remember(&retire, tick(20));
        assert!(drains.leaving["i-1"].is_awaited(tick(79)));
        assert!(!drains.leaving["i-1"].is_awaited(tick(80)));
        let kind = crate::FailureKind::Refused;
        let no = ActResult::Failed { kind, message: "no".to_owned() };
        let words = drains.hear(&[(&retire.id, &no)].into());
        assert_eq!(words.unwrap(), "refused: no");
        assert_eq!(drains.retiring, None);
    }
}

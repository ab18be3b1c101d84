//! Ending one member of a group, so that its provider puts another in its place.
//!
//! The size stays what it is, but for a while one fewer serves: so the guards that hold
//! shrinking are asked as if one fewer were wanted, and budgets count it like one. One member
//! at a time, and only where the size needs no action: a new member may be all that is missing.
//!
//! Of a group with `sessions` nobody is ended here. Its member is taken out of service while
//! another is launched, and goes as all that are drained do (`victims.rs`, `drains.rs`).

use crate::{
    Action, Ask, Group, GroupSettings, Guard, GuardLine, Held, MemberState, Want,
    ballot::{Ballot, want},
    drains::state,
    guards::{
        Gauntlet, InFlight, Part, approval, budget, cooldown, evidence, suspicious_drop, too_sick,
        warm_up,
    },
    shared::Stage,
    victims::Crew,
};

/// What is asked of the members of a group, one at a time.
#[derive(Debug)]
pub(crate) struct Replacing<'a> {
    pub(crate) stage: Stage<'a>,
    pub(crate) settings: &'a GroupSettings,
    pub(crate) group: &'a Group,
    /// The members, where they are drained before they go.
    pub(crate) crew: Option<&'a Crew<'a>>,
    /// What is suspicious about a fall of the load.
    pub(crate) suspicion: Option<&'a str>,
}

impl Replacing<'_> {
    /// `others` with what the rules ask of members, for the record: first, where one is replaced.
    pub(crate) fn with_its_wants(
        &self,
        verdict: &Result<Action, Held>,
        others: Vec<Want>,
        ballot: &Ballot<'_>,
    ) -> Vec<Want> {
        let asked = ballot.opinions.iter().filter(|(_, _, opinion)| replaces(&opinion.ask));
        let size = self.group.desired;
        let own = asked.map(|(policy, rule, opinion)| want(policy, rule, opinion, size));
        match verdict {
            Ok(Action::Replace { .. }) => own.chain(others).collect(),
            Ok(_) | Err(_) => others.into_iter().chain(own).collect(),
        }
    }

    /// The replacement of one member, or why there is none, where any is asked for and `size`
    /// leaves the size as it is; with what the guard said.
    pub(crate) fn instead(
        &self,
        size: Result<Action, Held>,
        ballot: &Ballot<'_>,
    ) -> (Result<Action, Held>, Option<GuardLine>) {
        if size.is_ok() {
            return (size, None);
        }
        let asked = ballot.opinions.iter().map(|(_, _, opinion)| &opinion.ask);
        let (note, verdict) = match self.pick(asked) {
            // Nobody is asked for, or nobody is unhealthy: there is nothing to be said.
            None => return (size, None),
            Some(Err(why)) => (why.clone(), Err((Guard::Replace, why))),
            Some(Ok(member)) => match self.held(&member, &ballot.missing) {
                Some((guard, why)) => (format!("{guard}: {why}"), Err((guard, why))),
                None => {
                    let how = if self.crew.is_some() { "drained first" } else { "at once" };
                    (format!("{member} goes, {how}, and another comes"), Ok(member))
                }
            },
        };
        let line = GuardLine { guard: Guard::Replace, size: self.group.desired, note: note.into() };
        let verdict = match (verdict, size) {
            (Ok(member), _) => Ok(Action::Replace {
                from: self.group.desired,
                member,
                drained: self.crew.is_some(),
            }),
            // Why the size does not change says more than why nobody is replaced.
            (Err(_), Err(Held::Guard(guard, why))) if guard != Guard::DeadBand => {
                Err(Held::Guard(guard, why))
            }
            (Err((guard, why)), _) => {
                Err(Held::Guard(guard, format!("to replace a member: {why}")))
            }
        };
        (verdict, Some(line))
    }
}

impl Replacing<'_> {
    /// The first of those that are asked for who may go, or why the first of them may not.
    fn pick<'b>(&self, asked: impl Iterator<Item = &'b Ask>) -> Option<Result<String, String>> {
        let sick = || {
            let members = self.group.members.iter();
            let sick = members.filter(|member| member.state == MemberState::Sick);
            sick.map(|member| member.name.as_str()).collect::<Vec<_>>()
        };
        let named = asked.flat_map(|ask| match ask {
            Ask::Replace(member) => vec![member.as_str()],
            Ask::ReplaceUnhealthy => sick(),
            Ask::Track { .. }
            | Ask::Serve { .. }
            | Ask::ScaleTo(_)
            | Ask::ScaleBy(_)
            | Ask::ScaleByShare(_)
            | Ask::AtLeast(_)
            | Ask::AtMost(_)
            | Ask::AddReplica
            | Ask::RemoveReplica
            | Ask::SetTo(_)
            | Ask::Restore
            | Ask::Advance
            | Ask::Rollback
            | Ask::Freeze
            | Ask::Start
            | Ask::Restart
            | Ask::GrowTo(_)
            | Ask::Route(_) => Vec::new(),
        });
        let mut first = None;
        for name in named {
            match self.may_go(name) {
                Ok(()) => return Some(Ok(name.to_owned())),
                Err(why) => drop(first.get_or_insert(Err(why))),
            }
        }
        first
    }

    /// Fails, with the reason, if this member is to be left where it is.
    fn may_go(&self, name: &str) -> Result<(), String> {
        let drains = &self.stage.past.drains;
        match state(&self.group.members, name) {
            None => return Err(format!("no member is called {name}")),
            Some(MemberState::Standby | MemberState::Other) => {
                return Err(format!("{name} is not in service"));
            }
            Some(MemberState::Sick) => {}
            Some(MemberState::Serving) => {
                if self.group.ready <= 1 {
                    return Err(format!("{name} is the only one that serves"));
                }
                // One whose count is not told could only be put back at its deadline.
                if self.crew.is_some_and(|crew| crew.sessions(name).is_none()) {
                    return Err(format!("the sessions of {name} are not known"));
                }
            }
        }
        if drains.leaving.contains_key(name) {
            return Err(format!("{name} is on its way out already"));
        }
        match drains.spared.contains_key(name) {
            true => Err(format!("{name} did not finish its sessions lately, and is left alone")),
            false => Ok(()),
        }
    }

    /// What holds the replacement of this member: the guards that hold shrinking.
    fn held(&self, member: &str, missing: &[String]) -> Option<(Guard, String)> {
        let Self { stage, settings, group, .. } = self;
        let (now, past, brakes) = (stage.memory.now, stage.past, stage.brakes);
        let mut gauntlet = Gauntlet::new(group.desired, group.desired.saturating_sub(1));
        gauntlet.ask(Guard::Pause, |it| stage.pause(it, group.paused.as_deref()));
        gauntlet.ask(Guard::Evidence, |it| evidence(it, missing, group.desired));
        gauntlet.ask(Guard::Launches, |it| stage.launches(it));
        gauntlet.ask(Guard::SuspiciousDrop, |it| {
            let last = past.noticed.suspicion.as_ref();
            suspicious_drop(it, self.suspicion, last, (now, brakes.drop))
        });
        // One that is unhealthy is not waited for: it is what keeps the group from being ready.
        let missing = group.warming.max(group.desired.saturating_sub(group.ready));
        let sick = u32::from(state(&group.members, member) == Some(MemberState::Sick));
        let flight = InFlight {
            open: past.open.as_ref(),
            busy: group.busy.as_deref(),
            unready: missing.saturating_sub(sick.max(group.unhealthy)),
            warmed: past.warmed.filter(|_| sick == 0),
            ready_after: settings.ready_after,
        };
        gauntlet.ask(Guard::WarmUp, |it| warm_up(it, &flight, now));
        let (rest, settle) = (settings.cooldown_down, settings.settle);
        gauntlet.ask(Guard::Cooldown, |it| cooldown(it, past, now, rest, settle));
        let unhealthy = Part { some: group.unhealthy, all: group.desired };
        gauntlet
            .ask(Guard::TooSick, |it| too_sick(it, unhealthy, stage.region.unseen, brakes.sick));
        gauntlet.ask(Guard::Budget, |it| budget(it, past.gone(), brakes.budget, now));
        gauntlet.ask(Guard::Approval, |it| {
            let given = stage.memory.approvals.get(stage.name);
            approval(it, brakes.approve, given, now)
        });
        match gauntlet.verdict(false) {
            Err(Held::Guard(guard, why)) => Some((guard, why)),
            Ok(_) => None,
            // Without a member there is nobody to replace.
            Err(_) => Some((Guard::Replace, "nobody is there".to_owned())),
        }
    }
}

/// Whether it asks for another member in the place of one.
const fn replaces(ask: &Ask) -> bool {
    matches!(ask, Ask::Replace(_) | Ask::ReplaceUnhealthy)
}

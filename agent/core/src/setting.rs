//! The decision about one setting, and about a flag and a rollout, which are settings that are a
//! share of users or of traffic.
//!
//! A setting has no members that could be ill or missing, but it may have a side on which it
//! does no harm. What leads there never waits; what leads away from it is braked as shrinking
//! is elsewhere. Where no side is safe, every move is braked. Of a flag it is known what stood
//! before we changed it, so that it can be put back.

use crate::{
    Action, Ask, Decision, Flag, Guard, IntentId, Memory, Range, Rollout, Setting, SettingSettings,
    Side, Stages, TargetMemory, TargetName, Want,
    ballot::{Ballot, want},
    group::settle,
    guards::{
        Candidate, Gauntlet, InFlight, Part, Ruling, condemned, cooldown, evidence, range, warm_up,
    },
    region::Region,
    rollout,
    shared::Stage,
    sizing::size_of,
    target::leaves,
};

/// What is set: a setting, the share of users that see a feature, or that of a candidate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dial<'a> {
    value: u32,
    /// What stood before we changed it, where that is known.
    before: Option<u32>,
    busy: Option<&'a str>,
    /// What steps are shares of.
    whole: u32,
    is: Is<'a>,
}

/// Which of the three a dial is.
#[derive(Clone, Copy, Debug)]
enum Is<'a> {
    Setting,
    Flag,
    Rollout(&'a Rollout, &'a Stages),
}

impl<'a> Dial<'a> {
    /// A setting: its steps are shares of its value.
    pub(crate) fn of(setting: &'a Setting) -> Self {
        let (value, busy) = (setting.value, setting.busy.as_deref());
        Self { value, before: None, busy, whole: value, is: Is::Setting }
    }

    /// A flag: its steps are shares of all users, so that it can leave nothing at all.
    pub(crate) fn of_flag(flag: &'a Flag) -> Self {
        let (value, busy) = (flag.share, flag.busy.as_deref());
        Self { value, before: flag.before, busy, whole: Range::SHARES.max(), is: Is::Flag }
    }

    /// A rollout: its steps are shares of all traffic.
    pub(crate) fn of_rollout(rollout: &'a Rollout, stages: &'a Stages) -> Self {
        let (value, busy) = (rollout.share, rollout.busy.as_deref());
        let is = Is::Rollout(rollout, stages);
        Self { value, before: None, busy, whole: Range::SHARES.max(), is }
    }

    /// How it stands, in words.
    pub(crate) fn describe(&self, past: &TargetMemory) -> String {
        let mut text = match self.is {
            Is::Rollout(rollout, _) => return rollout::describe(rollout, past),
            Is::Flag => format!("shown to {} %", self.value),
            Is::Setting => format!("set to {}", self.value),
        };
        if let Some(before) = self.before {
            text.push_str(&format!(", {before} % before we changed it"));
        }
        if let Some(busy) = self.busy {
            text.push_str(&format!(", busy ({busy})"));
        }
        if let Some(failure) = &past.failure {
            text.push_str(&format!(", last action failed ({failure})"));
        }
        text
    }

    /// The value that `ask` asks for, if it asks for one.
    fn wanted(&self, ask: &Ask) -> Option<u32> {
        match (ask, self.is) {
            (Ask::Restore, _) => Some(self.before.unwrap_or(self.value)),
            (Ask::Rollback, _) => Some(0),
            (Ask::Freeze, _) => Some(self.value),
            (Ask::Advance, Is::Rollout(_, stages)) => Some(stages.after(self.value)),
            // A candidate never loses its share but by a rollback.
            (_, Is::Rollout(..)) => {
                Some(size_of(ask, self.value, self.value)?.size.max(self.value))
            }
            _ => Some(size_of(ask, self.value, self.value)?.size),
        }
    }

    /// Of a rollout: who its candidate is.
    const fn rollout(&self) -> Option<&'a Rollout> {
        if let Is::Rollout(rollout, _) = self.is { Some(rollout) } else { None }
    }
}

/// Decides about one setting, flag or rollout.
pub(crate) fn decide_setting(
    target: &TargetName,
    (settings, dial): (&SettingSettings, &Dial<'_>),
    (memory, past, region): (&Memory, &TargetMemory, &Region<'_>),
    ballot: &Ballot<'_>,
    id: impl FnOnce() -> IntentId,
) -> Decision {
    let (present, safe) = (dial.value, settings.safe);
    let (brakes, allowed) = (&settings.brakes, settings.range);
    let stage = Stage { name: target, brakes, allowed, memory, past, region };
    let wants = wants(ballot, dial, safe);
    let size = wants.first().map_or(present, |want| want.size);
    let missing: Vec<String> =
        ballot.missing.iter().cloned().chain(discord(&wants, safe)).collect();
    let mut gauntlet = Gauntlet::of(Candidate { present, size, safe });
    let rollout = dial.rollout();
    let tag = rollout.and_then(|rollout| rollout.paused.as_deref());
    gauntlet.ask(Guard::Pause, |candidate| stage.pause(candidate, tag));
    gauntlet.ask(Guard::Range, |candidate| range(candidate, allowed));
    let in_range = allowed.clamp(present);
    gauntlet.ask(Guard::Evidence, |candidate| evidence(candidate, &missing, in_range));
    let asked = gauntlet.candidate.size;
    let revision = rollout.and_then(|rollout| rollout.revision.clone());
    if rollout.is_some() {
        gauntlet.ask(Guard::Condemned, |candidate| {
            let past = past.noticed.candidates.verdict(revision.as_deref());
            condemned(candidate, past, memory.now)
        });
    }
    gauntlet.ask(Guard::RateLimit, |candidate| step(candidate, settings, dial.whole));
    gauntlet.ask(Guard::WarmUp, |candidate| {
        let (open, busy) = (past.open.as_ref(), dial.busy);
        let (warmed, ready_after) = (None, crate::Span::ZERO);
        warm_up(candidate, &InFlight { open, busy, unready: 0, warmed, ready_after }, memory.now)
    });
    gauntlet.ask(Guard::Cooldown, |candidate| {
        cooldown(candidate, past, memory.now, settings.cooldown_down, settings.settle)
    });
    stage.steady(&mut gauntlet, Part { some: 0, all: 1 });
    stage.leave(&mut gauntlet);
    let verdict = gauntlet.verdict(ballot.opinions.is_empty());
    let set = |to| Action::Set { from: present, to, leaves: leaves(safe, present, to), revision };
    Decision {
        target: target.clone(),
        seen: dial.describe(past),
        wants,
        guards: gauntlet.lines,
        asked: Some(asked),
        load: None,
        suspicion: None,
        page: gauntlet.page,
        verdict: settle(verdict.map(set), &missing, target, id),
    }
}

/// What each fired rule asks for, the safest first; in the order of the rules where no side
/// is safe.
fn wants(ballot: &Ballot<'_>, dial: &Dial<'_>, safe: Option<Side>) -> Vec<Want> {
    let mut wants: Vec<Want> = ballot
        .opinions
        .iter()
        .filter_map(|(policy, rule, opinion)| {
            Some(want(policy, rule, opinion, dial.wanted(&opinion.ask)?))
        })
        .collect();
    match safe {
        Some(Side::High) => wants.sort_by_key(|want| std::cmp::Reverse(want.size)),
        Some(Side::Low) => wants.sort_by_key(|want| want.size),
        None => {}
    }
    wants
}

/// Rules that contradict each other are no evidence of anything, unless one side is safe.
fn discord(wants: &[Want], safe: Option<Side>) -> Option<String> {
    let first = wants.first().filter(|_| safe.is_none())?;
    let other = wants.iter().find(|other| other.size != first.size)?;
    Some(format!(
        "rules \"{}\" and \"{}\" disagree: {} and {}, and no side is declared `safe`",
        first.rule, other.rule, first.size, other.size
    ))
}

/// No further in one action than the step allows: at least by one.
fn step(candidate: Candidate, settings: &SettingSettings, whole: u32) -> Ruling {
    let Candidate { present, size, .. } = candidate;
    let up = size > present;
    let Some(share) = (if up { settings.step_up } else { settings.step_down }) else {
        return Ruling::pass(candidate, "no step is set");
    };
    let most = ((f64::from(whole) * share + 1e-9).floor().min(f64::from(u32::MAX)) as u32).max(1);
    let limit = if up { present.saturating_add(most) } else { present.saturating_sub(most) };
    let allowed = candidate.at_most_to(limit);
    let (word, sign) =
        (if allowed == size { "within" } else { "cut to" }, if up { '+' } else { '-' });
    Ruling::Size(allowed, format!("{word} one step of {sign}{most}").into())
}

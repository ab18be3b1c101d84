//! The decision about one setting.
//!
//! A setting has no members that could be ill or missing, but it may have a side on which it
//! does no harm. What leads there never waits; what leads away from it is braked as shrinking
//! is elsewhere. Where no side is safe, every move is braked.

use crate::{
    Action, Decision, Guard, IntentId, Memory, Setting, SettingSettings, Side, TargetMemory,
    TargetName, Want,
    ballot::{Ballot, want},
    group::settle,
    guards::{Candidate, Gauntlet, InFlight, Part, Ruling, cooldown, evidence, range, warm_up},
    region::Region,
    shared::Stage,
    sizing::size_of,
    target::leaves,
};

/// Decides about one setting.
pub(crate) fn decide_setting(
    target: &TargetName,
    (settings, setting): (&SettingSettings, &Setting),
    (memory, past, region): (&Memory, &TargetMemory, &Region<'_>),
    ballot: &Ballot<'_>,
    id: impl FnOnce() -> IntentId,
) -> Decision {
    let (present, safe) = (setting.value, settings.safe);
    let (brakes, allowed) = (&settings.brakes, settings.range);
    let stage = Stage { name: target, brakes, allowed, memory, past, region };
    let wants = wants(ballot, present, safe);
    let size = wants.first().map_or(present, |want| want.size);
    let missing: Vec<String> =
        ballot.missing.iter().cloned().chain(discord(&wants, safe)).collect();
    let mut gauntlet = Gauntlet::of(Candidate { present, size, safe });
    gauntlet.ask(Guard::Pause, |candidate| stage.pause(candidate, None));
    gauntlet.ask(Guard::Range, |candidate| range(candidate, allowed));
    let in_range = allowed.clamp(present);
    gauntlet.ask(Guard::Evidence, |candidate| evidence(candidate, &missing, in_range));
    let asked = gauntlet.candidate.size;
    gauntlet.ask(Guard::RateLimit, |candidate| step(candidate, settings));
    gauntlet.ask(Guard::WarmUp, |candidate| {
        let (open, busy) = (past.open.as_ref(), setting.busy.as_deref());
        let (warmed, ready_after) = (None, crate::Span::ZERO);
        warm_up(candidate, &InFlight { open, busy, unready: 0, warmed, ready_after }, memory.now)
    });
    gauntlet.ask(Guard::Cooldown, |candidate| {
        cooldown(candidate, past, memory.now, settings.cooldown_down, settings.settle)
    });
    stage.steady(&mut gauntlet, Part { some: 0, all: 1 });
    stage.leave(&mut gauntlet);
    let verdict = gauntlet.verdict(ballot.opinions.is_empty());
    let set = |to| Action::Set { from: present, to, leaves: leaves(safe, present, to) };
    Decision {
        target: target.clone(),
        seen: describe(setting, past),
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
fn wants(ballot: &Ballot<'_>, present: u32, safe: Option<Side>) -> Vec<Want> {
    let mut wants: Vec<Want> = ballot
        .opinions
        .iter()
        .filter_map(|(policy, rule, opinion)| {
            let size = size_of(&opinion.ask, present, present)?.size;
            Some(want(policy, rule, opinion, size))
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
fn step(candidate: Candidate, settings: &SettingSettings) -> Ruling {
    let Candidate { present, size, .. } = candidate;
    let up = size > present;
    let Some(share) = (if up { settings.step_up } else { settings.step_down }) else {
        return Ruling::pass(candidate, "no step is set");
    };
    let most = ((f64::from(present) * share + 1e-9).floor().min(f64::from(u32::MAX)) as u32).max(1);
    let limit = if up { present.saturating_add(most) } else { present.saturating_sub(most) };
    let allowed = candidate.at_most_to(limit);
    let (word, sign) =
        (if allowed == size { "within" } else { "cut to" }, if up { '+' } else { '-' });
    Ruling::Size(allowed, format!("{word} one step of {sign}{most}").into())
}

/// How a setting stands, in words.
pub(crate) fn describe(setting: &Setting, past: &TargetMemory) -> String {
    let busy = setting.busy.as_ref().map(|busy| format!(", busy ({busy})"));
    let failure = past.failure.as_ref().map(|text| format!(", last action failed ({text})"));
    format!("set to {}{}{}", setting.value, busy.unwrap_or_default(), failure.unwrap_or_default())
}

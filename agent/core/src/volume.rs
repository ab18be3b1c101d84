//! The decision about one volume.
//!
//! A volume only grows: no cloud makes one smaller. Growth cannot be taken back, so it never
//! rests on a value that was put in for a missing one; and it waits for its cloud, which
//! takes no second change while it works on the first.

use crate::{
    Action, Ask, Decision, Guard, IntentId, Memory, Range, TargetMemory, TargetName, Volume,
    VolumeSettings, Want,
    ballot::{Ballot, want},
    group::settle,
    guards::{Candidate, Gauntlet, Ruling, clamp, cooldown_up, no_effect},
    region::Region,
    shared::Stage,
};

/// Decides about one volume.
pub(crate) fn decide_volume(
    target: &TargetName,
    (settings, volume): (&VolumeSettings, &Volume),
    (memory, past, region): (&Memory, &TargetMemory, &Region<'_>),
    ballot: &Ballot<'_>,
    id: impl FnOnce() -> IntentId,
) -> Decision {
    let present = volume.size;
    let (brakes, allowed) = (&settings.brakes, settings.range);
    let stage = Stage { name: target, brakes, allowed, memory, past, region };
    let (wants, supposed) = wants(ballot);
    let size = wants.first().map_or(present, |want| want.size.max(present));
    let mut gauntlet = Gauntlet::new(present, size);
    gauntlet.ask(Guard::Pause, |candidate| stage.pause(candidate, volume.paused.as_deref()));
    gauntlet.ask(Guard::Range, |candidate| within(candidate, allowed));
    gauntlet.ask(Guard::Evidence, |candidate| match &supposed {
        Some(rule) => Ruling::Size(
            candidate.size,
            format!("what \"{rule}\" asks for rests on .or(…) and does not count").into(),
        ),
        None => Ruling::pass(candidate, "all there"),
    });
    let asked = gauntlet.candidate.size;
    gauntlet.ask(Guard::RateLimit, |candidate| step(candidate, settings));
    gauntlet.ask(Guard::WarmUp, |candidate| in_flight(candidate, volume, past));
    gauntlet.ask(Guard::Cooldown, |candidate| {
        cooldown_up(candidate, past, memory.now, settings.cooldown_up)
    });
    gauntlet.ask_or_page(Guard::NoEffect, |candidate| {
        let noticed = &past.noticed.effects;
        let trials = brakes.effects.iter();
        no_effect(candidate, trials.filter_map(|one| Some((one, noticed.get(&one.input)?))))
    });
    gauntlet.ask(Guard::Clamp, |candidate| clamp(candidate, allowed));
    let verdict = gauntlet.verdict(ballot.opinions.is_empty());
    let missing = if wants.is_empty() { ballot.missing.as_slice() } else { &[] };
    Decision {
        target: target.clone(),
        seen: describe(volume, past),
        verdict: settle(verdict.map(|to| Action::Grow { from: present, to }), missing, target, id),
        wants,
        guards: gauntlet.lines,
        asked: Some(asked),
        load: None,
        suspicion: None,
        page: gauntlet.page,
    }
}

/// What each fired rule asks for, largest first, and a rule that rests on what was put in.
fn wants(ballot: &Ballot<'_>) -> (Vec<Want>, Option<String>) {
    let mut supposed = None;
    let mut wants = Vec::new();
    for (policy, rule, opinion) in &ballot.opinions {
        let Ask::GrowTo(size) = opinion.ask else { continue };
        if opinion.substituted {
            supposed.get_or_insert_with(|| rule.rule.to_string());
            continue;
        }
        wants.push(want(policy, rule, opinion, size));
    }
    wants.sort_by_key(|want| std::cmp::Reverse(want.size));
    (wants, supposed)
}

/// Within the range, but never smaller than it is.
fn within(candidate: Candidate, range: Range) -> Ruling {
    let Candidate { present, size, .. } = candidate;
    if present > range.max() {
        let note = format!("{present} is above {range}, and a volume never shrinks");
        return Ruling::Size(present, note.into());
    }
    let kept = range.clamp(size);
    let note =
        if kept == size { format!("within {range}") } else { format!("{size} is outside {range}") };
    Ruling::Size(kept, note.into())
}

/// At least so much that the cloud takes it, and no more than the step; within the range.
fn step(candidate: Candidate, settings: &VolumeSettings) -> Ruling {
    let Candidate { present, size, .. } = candidate;
    if !candidate.grows() {
        return Ruling::pass(candidate, "no change");
    }
    let by = |share: f64| {
        let more = (f64::from(present) * share - 1e-9).ceil().clamp(1.0, f64::from(u32::MAX));
        present.saturating_add(more as u32)
    };
    let least = by(settings.least);
    let most = settings.step_up.map_or(u32::MAX, |share| by(share).max(least));
    let to = size.clamp(least, most).min(settings.range.max());
    let note = match to {
        to if to > size => format!("raised to the least growth, to {least}"),
        to if to < size => format!("cut to one step, to {most}"),
        _ => "a step that may be taken".to_owned(),
    };
    Ruling::Size(to, note.into())
}

fn in_flight(candidate: Candidate, volume: &Volume, past: &TargetMemory) -> Ruling {
    if !candidate.grows() {
        return Ruling::pass(candidate, "no change");
    }
    if let Some(busy) = &volume.busy {
        return Ruling::Hold(format!("busy: {busy}").into());
    }
    match &past.open {
        Some(open) if open.accepted => {
            Ruling::Hold(format!("in flight: {}", open.intent.action).into())
        }
        _ => Ruling::pass(candidate, "nothing in flight"),
    }
}

/// How a volume stands, in words.
pub(crate) fn describe(volume: &Volume, past: &TargetMemory) -> String {
    let used = volume.used.map(|bytes| format!(", {} GiB used", bytes / (1 << 30)));
    let busy = volume.busy.as_ref().map(|busy| format!(", busy ({busy})"));
    let failure = past.failure.as_ref().map(|text| format!(", last action failed ({text})"));
    let parts = [used, busy, failure].into_iter().flatten().collect::<String>();
    format!("{} GiB{parts}", volume.size)
}

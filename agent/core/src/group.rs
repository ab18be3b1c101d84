//! The decision about one group.

use crate::{
    Action, Decision, Group, GroupSettings, Guard, Held, InputKey, IntentId, Memory, Settings,
    Snapshot, Span, TargetMemory, TargetName, Verdict, Want, Window,
    ballot::{Ballot, want},
    guards::{
        Gauntlet, InFlight, Part, Present, Ruling, cooldown, dead_band, evidence, inside,
        projection, range, rate_limit, stabilise, suspicion, suspicious_drop, warm_up,
    },
    named::{Standby, crew, named, pick},
    region::Region,
    replacing::Replacing,
    shared::Stage,
    sizing::{Size, size_of},
    victims::Crew,
};

/// Decides about one group: combine, then every guard in its order.
pub(crate) fn decide_group(
    target: &TargetName,
    (settings, group, whole): (&GroupSettings, &Group, &Settings),
    (memory, past, region): (&Memory, &TargetMemory, &Region<'_>),
    ballot: &Ballot<'_>,
    id: impl FnOnce() -> IntentId,
) -> Decision {
    let crew = crew((settings, group, whole), memory, past);
    let (present, seen) = (group.desired, describe(group, past, crew.as_ref()));
    let Some(allowed) =
        group.own_range.map_or(Some(settings.range), |own| own.narrow(settings.range))
    else {
        let own = group.own_range.map(|own| own.to_string()).unwrap_or_default();
        let why = format!("ours is {}, the group's own is {own}", settings.range);
        return held(target, seen, Held::EmptyRange(why));
    };
    let stage = Stage { name: target, brakes: &settings.brakes, allowed, memory, past, region };
    let wishes = wishes(ballot, present, past, settings.dead_band);
    let largest = wishes.first();
    let wish = largest.map_or(present, |(_, size)| size.size);
    let mut gauntlet = Gauntlet::new(present, ballot.bound(wish));
    gauntlet.ask(Guard::Pause, |candidate| stage.pause(candidate, group.paused.as_deref()));
    gauntlet.ask(Guard::Range, |candidate| range(candidate, allowed));
    gauntlet.ask(Guard::DeadBand, |candidate| {
        let ratio = largest.and_then(|(_, size)| size.ratio);
        let ruling = dead_band(candidate, ratio, settings.dead_band);
        bounded(ruling, |size| allowed.clamp(ballot.bound(size)))
    });
    let in_range = allowed.clamp(present);
    gauntlet.ask(Guard::Evidence, |candidate| evidence(candidate, &ballot.missing, in_range));
    let told = ballot.missing.is_empty() || gauntlet.candidate.grows();
    let asked = told.then_some(gauntlet.candidate.size);
    let load = most(&wishes, |size| size.load);
    let suspicion = suspicious(&stage, group, load, ballot);
    brake(
        &mut gauntlet,
        (settings, group, whole.every),
        &stage,
        Loads { at_goal: most(&wishes, |size| size.at_goal), suspicion: suspicion.as_deref() },
    );
    let without_opinion = ballot.opinions.is_empty();
    let victims = crew.as_ref().map(|crew| pick(&mut gauntlet, crew)).unwrap_or_default();
    let size = gauntlet.verdict(without_opinion);
    let verdict = match &crew {
        None => size.map(|to| Action::Resize { from: present, to }),
        Some(crew) => {
            let standby = Standby::of(&stage, (settings, group), suspicion.as_deref());
            named(size, crew, victims, (settings, allowed.max(), standby))
        }
    };
    let crew = crew.as_ref();
    let replacing = Replacing { stage, settings, group, crew, suspicion: suspicion.as_deref() };
    let (verdict, said) = replacing.instead(verdict, ballot);
    gauntlet.lines.extend(said);
    let wishes = wishes.into_iter().map(|(want, _)| want).chain(ballot.bounds());
    Decision {
        target: target.clone(),
        seen,
        wants: replacing.with_its_wants(&verdict, wishes.collect(), ballot),
        guards: gauntlet.lines,
        asked,
        load,
        suspicion,
        page: gauntlet.page,
        verdict: settle(verdict, &ballot.missing, target, id),
    }
}

/// What the guards are told of the load.
struct Loads<'a> {
    /// The largest that any `track` saw, in members at goal.
    at_goal: Option<f64>,
    /// What is suspicious about its fall.
    suspicion: Option<&'a str>,
}

/// The guards that know about time and what is in flight.
fn brake(
    gauntlet: &mut Gauntlet,
    (settings, group, every): (&GroupSettings, &Group, Span),
    stage: &Stage<'_>,
    loads: Loads<'_>,
) {
    let (now, target) = (stage.memory.now, stage.past);
    gauntlet.ask(Guard::Stabilise, |candidate| {
        stabilise(candidate, target.asked.iter(), (now, every), settings)
    });
    gauntlet.ask(Guard::RateLimit, |candidate| {
        rate_limit(candidate, target.moves.iter(), now, settings)
    });
    gauntlet.ask(Guard::Projection, |candidate| {
        projection(candidate, loads.at_goal, settings.dead_band)
    });
    gauntlet.ask(Guard::Launches, |candidate| stage.launches(candidate));
    gauntlet.ask(Guard::SuspiciousDrop, |candidate| {
        let last = target.noticed.suspicion.as_ref();
        suspicious_drop(candidate, loads.suspicion, last, (now, settings.brakes.drop))
    });
    let flight = InFlight {
        open: target.open.as_ref(),
        busy: group.busy.as_deref(),
        unready: group.warming.max(group.desired.saturating_sub(group.ready)),
        warmed: target.warmed,
        ready_after: settings.ready_after,
    };
    gauntlet.ask(Guard::WarmUp, |candidate| warm_up(candidate, &flight, now));
    gauntlet.ask(Guard::Cooldown, |candidate| {
        cooldown(candidate, target, now, settings.cooldown_down, settings.settle)
    });
    stage.last(gauntlet, Part { some: group.unhealthy, all: group.desired });
}

/// What is suspicious about the load, given what goes wrong.
fn suspicious(
    stage: &Stage<'_>,
    group: &Group,
    load: Option<f64>,
    ballot: &Ballot<'_>,
) -> Option<String> {
    let memory = stage.memory;
    let window = |key: &InputKey| -> Option<&Window> {
        memory.windows.get(key).filter(|_| !memory.missing.contains_key(key)).map(|it| &**it)
    };
    let errors = ballot.errors.iter().filter_map(|key| Some((*key, window(key)?)));
    let present = Present { now: memory.now, load, unhealthy: group.unhealthy };
    suspicion(stage.brakes.drop, &stage.past.noticed.loads, present, errors)
}

/// Keeps floors, ceilings and range over what the dead-band gives.
fn bounded(ruling: Ruling, bound: impl FnOnce(u32) -> u32) -> Ruling {
    match ruling {
        Ruling::Size(size, note) => Ruling::Size(bound(size), note),
        Ruling::Hold(note) => Ruling::Hold(note),
    }
}

/// What each fired rule asks for, largest first; a `track` within its dead-band asks
/// for the present size.
fn wishes(
    ballot: &Ballot<'_>,
    present: u32,
    memory: &TargetMemory,
    band: f64,
) -> Vec<(Want, Size)> {
    let base = memory.open.as_ref().and_then(crate::OpenIntent::size).unwrap_or(present);
    let mut wishes: Vec<(Want, Size)> = ballot
        .opinions
        .iter()
        .filter_map(|(policy, rule, opinion)| {
            let size = size_of(&opinion.ask, present, base)?;
            Some((want(policy, rule, opinion, size.size), size))
        })
        .collect();
    let weight = |size: &Size| match size.ratio {
        Some(ratio) if inside(ratio, band) => present,
        _ => size.size,
    };
    wishes.sort_by_key(|(_, size)| (std::cmp::Reverse(weight(size)), size.ratio.is_some()));
    wishes
}

/// The largest of what the fired rules saw.
fn most(wishes: &[(Want, Size)], of: impl Fn(&Size) -> Option<f64>) -> Option<f64> {
    wishes.iter().filter_map(|(_, size)| of(size)).reduce(f64::max)
}

/// Gives an action its id; says "missing" rather than "no opinion" where that is why.
pub(crate) fn settle(
    verdict: Result<Action, Held>,
    missing: &[String],
    target: &TargetName,
    id: impl FnOnce() -> IntentId,
) -> Verdict {
    match (verdict, missing.first()) {
        (Ok(action), _) => Verdict::Act(crate::Intent { id: id(), target: target.clone(), action }),
        (Err(Held::NoOpinion | Held::AsWanted), Some(missing)) => {
            Verdict::Held(Held::Guard(Guard::Evidence, missing.clone()))
        }
        (Err(held), _) => Verdict::Held(held),
    }
}

/// A decision about a target to which no guard was asked.
pub(crate) fn held(target: &TargetName, seen: String, held: Held) -> Decision {
    Decision {
        target: target.clone(),
        seen,
        wants: Vec::new(),
        guards: Vec::new(),
        asked: None,
        load: None,
        suspicion: None,
        page: None,
        verdict: Verdict::Held(held),
    }
}

/// How a group stands, in words.
pub(crate) fn describe(group: &Group, memory: &TargetMemory, crew: Option<&Crew<'_>>) -> String {
    use std::fmt::Write;
    let mut text = format!("{} desired, {} ready", group.desired, group.ready);
    let parts = [
        (group.unhealthy > 0).then(|| format!("{} unhealthy", group.unhealthy)),
        (group.warming > 0).then(|| format!("{} warming", group.warming)),
        crew.and_then(Crew::in_words),
        group.busy.as_ref().map(|busy| format!("busy ({busy})")),
        group.shortfall.as_ref().map(|cause| format!("short of members ({cause})")),
        memory.failure.as_ref().map(|failure| format!("last action failed ({failure})")),
    ];
    for part in parts.into_iter().flatten() {
        write!(text, ", {part}").expect("a string accepts writes");
    }
    text
}

/// The next intent's id.
pub(crate) fn intent_id(
    region: &str,
    target: &TargetName,
    snapshot: &Snapshot,
    memory: &Memory,
) -> IntentId {
    IntentId::new(format!("{region}/{target}/{}/{}", memory.epoch, snapshot.pass))
}

//! The decision about one traffic: which share of users each destination takes.
//!
//! What only leads away from destinations that do not answer, to such as do, is safe: it never
//! waits, and it needs no metrics, since the health that its provider tells is evidence enough.
//! Every other move is braked, so that the way back is slow. The guards are given the percent
//! of users that would be moved; of what is left of it everybody moves their part.

use crate::{
    Action, Ask, Decision, Guard, IntentId, Memory, Range, Shares, Side, TargetMemory, TargetName,
    Traffic, TrafficSettings, Want,
    ballot::{Ballot, want},
    group::settle,
    guards::{
        Candidate, Gauntlet, InFlight, Part, Ruling, cooldown, destinations, evidence, warm_up,
    },
    region::Region,
    shared::Stage,
    traffic::{in_words, moved, partway, turn},
};

/// Decides about one traffic.
pub(crate) fn decide_traffic(
    target: &TargetName,
    (settings, traffic): (&TrafficSettings, &Traffic),
    (memory, past, region): (&Memory, &TargetMemory, &Region<'_>),
    ballot: &Ballot<'_>,
    id: impl FnOnce() -> IntentId,
) -> Decision {
    let (brakes, allowed) = (&settings.brakes, Range::SHARES);
    let stage = Stage { name: target, brakes, allowed, memory, past, region };
    let from = traffic.shares();
    let routes = routes(ballot, traffic);
    let wanted = routes.first().map(|route| &route.to);
    let discord = discord(&routes, traffic);
    let missing: Vec<String> = ballot.missing.iter().chain(&discord).cloned().collect();
    let to = wanted.unwrap_or(&from);
    // Rules that disagree are no evidence, of health neither.
    let safe = (discord.is_none() && is_safe(traffic, to)).then_some(Side::High);
    let size = if *to == from { 0 } else { moved(&from, to).max(1) };
    let mut gauntlet = Gauntlet::of(Candidate { present: 0, size, safe });
    gauntlet.ask(Guard::Pause, |candidate| stage.pause(candidate, traffic.paused.as_deref()));
    gauntlet
        .ask(Guard::Destinations, |candidate| destinations(candidate, settings, traffic, wanted));
    gauntlet.ask(Guard::Evidence, |candidate| evidence(candidate, &missing, 0));
    gauntlet.ask(Guard::RateLimit, |candidate| step(candidate, settings.step_down));
    gauntlet.ask(Guard::WarmUp, |candidate| {
        let (busy, warmed, ready_after) = (traffic.busy.as_deref(), None, crate::Span::ZERO);
        let open = past.open.as_ref().filter(|open| candidate.shrinks() || asks_for(open, to));
        warm_up(candidate, &InFlight { open, busy, unready: 0, warmed, ready_after }, memory.now)
    });
    gauntlet.ask(Guard::Cooldown, |candidate| {
        cooldown(candidate, past, memory.now, settings.cooldown_down, settings.settle)
    });
    let all = traffic.destinations.len();
    let down = traffic.destinations.keys().filter(|name| traffic.is_down(name)).count();
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    stage.undisturbed(&mut gauntlet, Part { some: count(down), all: count(all) });
    stage.leave(&mut gauntlet);
    // Last of all: which way it goes is told by what is left of it.
    stage.turns(&mut gauntlet, |candidate| {
        let way = turn(&from, &partway(&from, to, candidate.size));
        let way = way.filter(|_| candidate.shrinks());
        way.map_or(candidate, |(present, size)| Candidate { present, size, safe: None })
    });
    let verdict = gauntlet.verdict(ballot.opinions.is_empty());
    let route = |percent| {
        let to = partway(&from, to, percent);
        Action::Route { leaves: safe.is_none(), from: from.clone(), to }
    };
    let verdict = settle(verdict.map(route), &missing, target, id);
    Decision {
        target: target.clone(),
        seen: describe(traffic, past),
        wants: routes.into_iter().map(|route| route.want).collect(),
        guards: gauntlet.lines,
        asked: None,
        load: None,
        suspicion: None,
        page: gauntlet.page,
        verdict,
    }
}

/// Where one rule would have users go.
struct Route {
    want: Want,
    to: Shares,
}

/// What each fired rule asks for; those first that leave the fewest users where nobody
/// answers, else in the order of the rules.
fn routes(ballot: &Ballot<'_>, traffic: &Traffic) -> Vec<Route> {
    let from = traffic.shares();
    let mut routes = Vec::new();
    for (policy, rule, opinion) in &ballot.opinions {
        let Ask::Route(asked) = &opinion.ask else { continue };
        // A destination that is not named gets nobody.
        let mut to: Shares = from.keys().map(|name| (name.clone(), 0)).collect();
        to.extend(asked.iter().map(|(name, share)| (name.clone(), *share)));
        let want = want(policy, rule, opinion, moved(&from, &to));
        routes.push(Route { want, to });
    }
    routes.sort_by_key(|route| lost(&route.to, traffic));
    routes
}

/// How many percent are sent to where nobody answers.
fn lost(shares: &Shares, traffic: &Traffic) -> u64 {
    let down = shares.iter().filter(|(name, _)| traffic.is_down(name));
    down.map(|(_, share)| u64::from(*share)).sum()
}

/// Rules that contradict each other are no evidence of anything, unless one of them leaves
/// fewer users where nobody answers.
fn discord(routes: &[Route], traffic: &Traffic) -> Option<String> {
    let first = routes.first()?;
    let equal = |other: &&Route| lost(&other.to, traffic) == lost(&first.to, traffic);
    let other = routes.iter().filter(equal).find(|other| other.to != first.to)?;
    Some(format!(
        "rules \"{}\" and \"{}\" disagree: {} and {}",
        first.want.rule,
        other.want.rule,
        in_words(&first.to),
        in_words(&other.to)
    ))
}

/// Whether `to` only takes from destinations that are known not to answer, and only gives to
/// such as are known to.
fn is_safe(traffic: &Traffic, to: &Shares) -> bool {
    traffic.destinations.iter().all(|(name, it)| {
        match to.get(name).copied().unwrap_or_default().cmp(&it.share) {
            std::cmp::Ordering::Less => traffic.is_down(name),
            std::cmp::Ordering::Equal => true,
            std::cmp::Ordering::Greater => traffic.is_up(name),
        }
    })
}

/// No more users in one action than the step, at least one percent; nobody waits where nobody
/// answers.
fn step(candidate: Candidate, step: Option<f64>) -> Ruling {
    let Some(share) = step else { return Ruling::pass(candidate, "no step is set") };
    if !candidate.shrinks() {
        return Ruling::pass(candidate, "only for what is braked");
    }
    let most = ((share * f64::from(Range::SHARES.max()) + 1e-9).floor().clamp(1.0, 100.0)) as u32;
    let allowed = candidate.at_most_to(most);
    let word = if allowed == candidate.size { "within" } else { "cut to" };
    Ruling::Size(allowed, format!("{word} one step of {most} %").into())
}

/// Whether what is under way asks for the same.
fn asks_for(open: &crate::OpenIntent, wanted: &Shares) -> bool {
    matches!(&open.intent.action, Action::Route { to, .. } if to == wanted)
}

/// How a traffic stands, in words: "aws 100 % (unhealthy), azure 0 %".
pub(crate) fn describe(traffic: &Traffic, past: &TargetMemory) -> String {
    let one = |(name, it): (&String, &crate::Destination)| {
        let health = match it.healthy {
            Some(true) => "",
            Some(false) => " (unhealthy)",
            None => " (health unknown)",
        };
        format!("{name} {} %{health}", it.share)
    };
    let busy = traffic.busy.as_ref().map(|busy| format!("busy ({busy})"));
    let failure = past.failure.as_ref().map(|text| format!("last action failed ({text})"));
    let parts = traffic.destinations.iter().map(one).chain(busy).chain(failure);
    parts.collect::<Vec<_>>().join(", ")
}

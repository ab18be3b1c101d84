//! Policies that are being tried: each beside what really is, with targets of its own.
//!
//! A shadow policy hears what all others hear, and decides about virtual targets: they begin
//! as the real ones stand and then go the way that the policy alone would have them go. Its
//! timers, windows of stabilisation, cooldowns and budgets are its own. What it decides is on
//! record and is never sent, and nothing of it touches a real target: its opinions, its
//! missing inputs and its bounds count for itself alone.
//!
//! An accepted action of a virtual target shows at the next look; members serve once
//! `ready_after` has passed. A script reads the real targets: what it makes of their load is
//! what is being tried.

use crate::{
    ActResult, Action, Database, Decision, Evaluation, Group, IntentId, LastRun, Memory, Plan,
    PolicyName, Replica, ReplicaState, Rollout, Seen, Settings, Snapshot, TargetMemory,
    TargetSettings, Tick, Traffic, Verdict, Volume, ballot,
    decide::{decide_kind, remembered},
    noticed::Clocks,
    region::Region,
};
use serde::{Deserialize, Serialize};

/// What is remembered of one virtual target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShadowMemory {
    /// As it would stand.
    pub stands: Seen,
    /// When its size last changed.
    pub changed: Tick,
    /// Its timers, moves and windows.
    pub past: TargetMemory,
}

/// What a shadow policy would do about one target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShadowDecision {
    /// The policy.
    pub policy: PolicyName,
    /// The decision about its virtual target.
    pub decision: Decision,
    /// The size that the virtual target has after it.
    pub size: u32,
    /// The size that the real one has after what is really done.
    pub acting: u32,
}

impl ShadowDecision {
    /// How much larger the target would be, or smaller, if the policy had acted.
    pub fn divergence(&self) -> i64 {
        i64::from(self.size) - i64::from(self.acting)
    }
}

impl Memory {
    /// Takes in how the virtual targets stand.
    pub(crate) fn imagine(&mut self, settings: &Settings, snapshot: &Snapshot) {
        self.shadows.retain(|policy, _| settings.shadows.contains_key(policy));
        let (now, keep) = (self.now, settings.longest_window());
        for (policy, targets) in &settings.shadows {
            let own = self.shadows.entry(policy.clone()).or_default();
            own.retain(|target, _| targets.contains_key(target));
            for (target, bounds) in targets {
                let Some(seen) = snapshot.targets.get(target) else { continue };
                let Some(size) = size(seen) else { continue };
                let shadow = own.entry(target.clone()).or_insert_with(|| ShadowMemory {
                    stands: seen.clone(),
                    changed: now,
                    past: TargetMemory::new(now, size),
                });
                shadow.follow(seen, bounds, now);
                let times = (now, snapshot.at.wall);
                shadow.past.look(times, keep, bounds, &shadow.stands);
            }
        }
    }

    /// Keeps what the shadow policies decided, and lets it happen.
    pub(crate) fn imagined(
        &mut self,
        settings: &Settings,
        plan: &Plan,
        evaluations: &[Evaluation],
        clocks: Clocks,
    ) {
        for ShadowDecision { policy, decision, .. } in &plan.shadows {
            let bounds = settings.shadows.get(policy).and_then(|own| own.get(&decision.target));
            let own = self.shadows.get_mut(policy);
            let Some(shadow) = own.and_then(|own| own.get_mut(&decision.target)) else { continue };
            shadow.past.remember(decision, clocks.now, remembered(settings, bounds));
            shadow.past.remember_starts(decision, bounds, evaluations, clocks.now);
            shadow.past.noticed.remember(decision, clocks);
            if let Verdict::Act(intent) = &decision.verdict {
                shadow.past.hear(&ActResult::Accepted, clocks.now);
                become_of(&mut shadow.stands, &intent.action);
                shadow.changed = clocks.now;
            }
        }
    }
}

impl ShadowMemory {
    /// What the real target tells of the virtual one, and what time has done to it.
    fn follow(&mut self, seen: &Seen, bounds: &TargetSettings, now: Tick) {
        match (&mut self.stands, seen) {
            (Seen::Group(own), Seen::Group(real)) => {
                let (ready_after, replaces) = match bounds {
                    TargetSettings::Group(bounds) => (bounds.ready_after, bounds.replaces),
                    TargetSettings::Database(_)
                    | TargetSettings::Setting(_)
                    | TargetSettings::Flag(_)
                    | TargetSettings::Rollout(_)
                    | TargetSettings::Job(_)
                    | TargetSettings::Volume(_)
                    | TargetSettings::Traffic(_) => (crate::Span::ZERO, false),
                };
                let warm = now.since(self.changed) >= ready_after;
                let ready = if warm { own.desired } else { own.ready.min(own.desired) };
                *own = Group {
                    desired: own.desired,
                    ready,
                    own_range: real.own_range,
                    // Whoever would be replaced is one of those that there really are.
                    members: if replaces { real.members.clone() } else { Vec::new() },
                    ..Group::default()
                };
            }
            (Seen::Database(own), Seen::Database(real)) => {
                own.busy = None;
                own.paused = None;
                own.max_connections = real.max_connections;
                for replica in &mut own.replicas {
                    replica.state = ReplicaState::Available;
                }
            }
            (Seen::Setting(own), Seen::Setting(_)) => own.busy = None,
            (Seen::Flag(own), Seen::Flag(_)) => own.busy = None,
            // The candidate is the one that there really is.
            (Seen::Rollout(own), Seen::Rollout(real)) => {
                let (share, revision) = (own.share, real.revision.clone());
                *own = Rollout { share, revision, ..Rollout::default() };
            }
            (Seen::Volume(own), Seen::Volume(real)) => {
                let (size, used) = (own.size, real.used);
                *own = Volume { size, used, ..Volume::default() };
            }
            // The world's health, and shares of its own: of the same destinations.
            (Seen::Traffic(own), Seen::Traffic(real))
                if own.destinations.keys().eq(real.destinations.keys()) =>
            {
                *own = Traffic { busy: None, paused: None, ..real.routed(&own.shares()) };
            }
            // A virtual run is over at the next look, and goes well.
            (Seen::Job(own), Seen::Job(_)) => {
                own.busy = None;
                if own.last == LastRun::Running {
                    own.last = LastRun::Ok;
                }
            }
            // It has become another thing: it begins anew.
            (own, seen) => *own = seen.clone(),
        }
    }
}

/// What every shadow policy would do.
pub(crate) fn decide_shadows(
    settings: &Settings,
    memory: &Memory,
    (snapshot, region): (&Snapshot, &Region<'_>),
    evaluations: &[Evaluation],
    decisions: &[Decision],
) -> Vec<ShadowDecision> {
    let mut decided = Vec::new();
    for (policy, targets) in &settings.shadows {
        let own = evaluations.iter().filter(|said| said.policy == *policy);
        let mut ballots = ballot::count(settings, own, memory);
        for (target, bounds) in targets {
            let ballot = ballots.remove(target).unwrap_or_default();
            let id = || {
                let (region, pass) = (&settings.region, snapshot.pass);
                IntentId::new(format!("{region}/{target}/shadow/{policy}/{pass}"))
            };
            let shadow = memory.shadows.get(policy).and_then(|own| own.get(target));
            let seen = snapshot.targets.get(target).filter(|seen| size(seen).is_some());
            let Some((shadow, seen)) = shadow.zip(seen) else { continue };
            let world = (memory, &shadow.past, region);
            // Made-up members have no names and serve nobody: a size is all there is.
            let mut nameless = bounds.clone();
            if let TargetSettings::Group(bounds) = &mut nameless {
                bounds.sessions = None;
            }
            let own = (&nameless, &shadow.stands, settings);
            let decision = decide_kind(target, own, world, (&ballot, None), id);
            let real = decisions.iter().find(|real| real.target == *target);
            let size = after(&shadow.stands, Some(&decision));
            let acting = after(seen, real);
            decided.push(ShadowDecision { policy: policy.clone(), decision, size, acting });
        }
    }
    decided
}

/// The size of what was seen, if it was.
fn size(seen: &Seen) -> Option<u32> {
    seen.size().map(|(size, _)| size)
}

/// The size that a target has once the decision is carried out.
fn after(seen: &Seen, decision: Option<&Decision>) -> u32 {
    let mut stands = seen.clone();
    if let Some(Decision { verdict: Verdict::Act(intent), .. }) = decision {
        become_of(&mut stands, &intent.action);
    }
    size(&stands).unwrap_or_default()
}

/// The target as the action wants it.
fn become_of(stands: &mut Seen, action: &Action) {
    match (stands, action) {
        (
            Seen::Group(group),
            Action::Resize { to, .. } | Action::Drain { to, .. } | Action::Return { to, .. },
        ) => group.desired = *to,
        (Seen::Database(Database { replicas, .. }), Action::AddReplica { name }) => {
            let (name, state) = (name.clone(), ReplicaState::Creating);
            replicas.push(Replica { name, ours: true, state, promotable: false, lag: None });
        }
        (Seen::Database(Database { replicas, .. }), Action::RemoveReplica { name }) => {
            replicas.retain(|replica| replica.name != *name);
        }
        (Seen::Setting(setting), Action::Set { to, .. }) => setting.value = *to,
        (Seen::Flag(flag), Action::Set { to, .. }) => *flag = flag.shown_to(*to),
        (Seen::Rollout(rollout), Action::Set { to, .. }) => rollout.share = *to,
        (Seen::Volume(volume), Action::Grow { to, .. }) => volume.size = *to,
        (Seen::Traffic(traffic), Action::Route { to, .. }) => *traffic = traffic.routed(to),
        (Seen::Job(job), Action::Start { token, .. }) => {
            job.last = LastRun::Running;
            job.run = Some(token.clone());
        }
        (
            Seen::Group(_)
            | Seen::Database(_)
            | Seen::Setting(_)
            | Seen::Flag(_)
            | Seen::Rollout(_)
            | Seen::Job(_)
            | Seen::Volume(_)
            | Seen::Traffic(_)
            | Seen::Nothing(_),
            _,
        ) => {}
    }
}

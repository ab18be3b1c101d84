//! The agent's own metrics, counted from passes that are over.
//!
//! Names and meanings are in the manual (docs/operating.md, held by a test). What a gauge
//! says of a target is what the last pass saw; a target that is no more has no series.

use crate::config::Config;
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::Registry,
};
use setpoint_control::{Ended, Watch};
use setpoint_core::{
    ActResult, Action, Decision, Held, InputKey, NoticeChange, NoticeKind, Outcome, Reading, Seen,
    TargetName, Verdict,
};
use setpoint_notify::{Tally, Told};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, PoisonError, atomic::AtomicU64},
};

type Labels = Vec<(&'static str, String)>;
type Counters = Family<Labels, Counter>;
type Gauges = Family<Labels, Gauge<i64>>;

/// Upper bounds of the histogram of pass durations, in seconds.
const SECONDS: [f64; 11] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// What the agent counted.
pub(crate) struct Metrics {
    registry: Registry,
    journal: PathBuf,
    whose: Mutex<Whose>,
    passes: Counter,
    duration: Histogram,
    last_pass: Gauge<f64, AtomicU64>,
    epoch: Gauge<i64>,
    paused: Gauge<i64>,
    actions: Counters,
    held: Counters,
    objections: Counter,
    out_of_time: Counter,
    source_failures: Counters,
    provider_failures: Counters,
    missing: Gauge<i64>,
    journal_failures: Counter,
    journal_bytes: Gauge<i64>,
    reloads: Counters,
    reloaded: Gauge<i64>,
    desired: Gauges,
    ready: Gauges,
    wanted: Gauges,
    shares: Gauges,
    divergence: Gauges,
    notices: Counters,
    open_notices: Gauges,
    letters: Gauges,
    tally: OnceLock<Arc<Tally>>,
}

/// Whose a failure is: the snapshot names inputs and targets only.
struct Whose {
    sources: BTreeMap<InputKey, String>,
    providers: BTreeMap<TargetName, String>,
}

impl Whose {
    fn of(config: &Config) -> Self {
        let source = |(key, input): (&InputKey, &crate::config::BoundInput)| {
            (key.clone(), input.source.clone())
        };
        let provider = |(name, target): (&TargetName, &crate::config::Target)| {
            (name.clone(), target.provider.clone())
        };
        Self {
            sources: config.inputs.iter().map(source).collect(),
            providers: config.targets.iter().map(provider).collect(),
        }
    }
}

impl Metrics {
    /// Nothing counted yet.
    pub(crate) fn new(config: &Config) -> Self {
        let metrics = Self {
            registry: Registry::with_prefix("setpoint"),
            journal: config.data_dir.join("journal.db"),
            whose: Mutex::new(Whose::of(config)),
            passes: Counter::default(),
            duration: Histogram::new(SECONDS),
            last_pass: Gauge::default(),
            epoch: Gauge::default(),
            paused: Gauge::default(),
            actions: Family::default(),
            held: Family::default(),
            objections: Counter::default(),
            out_of_time: Counter::default(),
            source_failures: Family::default(),
            provider_failures: Family::default(),
            missing: Gauge::default(),
            journal_failures: Counter::default(),
            journal_bytes: Gauge::default(),
            reloads: Family::default(),
            reloaded: Gauge::default(),
            desired: Family::default(),
            ready: Family::default(),
            wanted: Family::default(),
            shares: Family::default(),
            divergence: Family::default(),
            notices: Family::default(),
            open_notices: Family::default(),
            letters: Family::default(),
            tally: OnceLock::new(),
        };
        metrics.reloaded.set(1);
        metrics.registered(config)
    }

    fn registered(mut self, config: &Config) -> Self {
        let build = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
        let region = vec![("region", config.region.clone())];
        let all = &mut self.registry;
        all.register("build", "The program", Info::new(build));
        all.register("region", "What the agent looks after", Info::new(region));
        all.register("passes", "Passes made", self.passes.clone());
        all.register("pass_duration_seconds", "How long a pass took", self.duration.clone());
        let help = "When the last pass was made, in seconds since 1970";
        all.register("last_pass_timestamp_seconds", help, self.last_pass.clone());
        all.register("epoch", "How often the agent has started", self.epoch.clone());
        all.register("paused", "1 while the agent is paused", self.paused.clone());
        all.register("actions", "Actions by kind and answer", self.actions.clone());
        all.register("held", "Targets held, by the reason", self.held.clone());
        all.register("objections", "Actions the check refused", self.objections.clone());
        let help = "Policies that took too long in a pass, and failed in it";
        all.register("policies_out_of_time", help, self.out_of_time.clone());
        let help = "Passes in which a source could not be read";
        all.register("source_failures", help, self.source_failures.clone());
        let help = "Passes in which a provider could not tell how a target stands";
        all.register("provider_failures", help, self.provider_failures.clone());
        all.register("missing_inputs", "Inputs without a fresh sample", self.missing.clone());
        let help = "Passes that could not be written down";
        all.register("journal_failures", help, self.journal_failures.clone());
        all.register("journal_bytes", "The journal's size on disk", self.journal_bytes.clone());
        all.register("reloads", "Reloads by result", self.reloads.clone());
        let help = "1 if the configuration on disk is the one in force";
        all.register("reload_successful", help, self.reloaded.clone());
        let help = "Percent of users that are sent to each destination, at the last pass";
        all.register("destination_share_percent", help, self.shares.clone());
        let help = "Members or replicas asked for, at the last pass";
        all.register("target_desired", help, self.desired.clone());
        let help = "Members or replicas that serve, at the last pass";
        all.register("target_ready", help, self.ready.clone());
        let help = "The size that the rules ask for before any brake, at the last pass";
        all.register("target_wanted", help, self.wanted.clone());
        let help = "The size a shadow policy would have, less the real one";
        all.register("shadow_divergence", help, self.divergence.clone());
        all.register("notices", "Notices raised, by kind", self.notices.clone());
        all.register("notices_open", "Notices that are not over", self.open_notices.clone());
        let help = "What became of what was sent to each receiver, since the start";
        all.register("notices_sent", help, self.letters.clone());
        self
    }

    /// The page.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("a string accepts writes");
        text
    }

    /// Another configuration is in force.
    pub(crate) fn adopted(&self, config: &Config) {
        *self.whose.lock().unwrap_or_else(PoisonError::into_inner) = Whose::of(config);
        self.reloaded.set(1);
        self.reloads.get_or_create(&vec![("result", "adopted".to_owned())]).inc();
    }

    /// The configuration on disk is not in force.
    pub(crate) fn refused(&self) {
        self.reloaded.set(0);
        self.reloads.get_or_create(&vec![("result", "refused".to_owned())]).inc();
    }

    fn passed(&self, ended: &Ended<'_>) {
        let snapshot = &ended.pass.snapshot;
        self.passes.inc();
        self.duration.observe(ended.took.secs());
        self.last_pass.set(snapshot.at.wall.ms() as f64 / 1000.0);
        self.epoch.set(i64::try_from(ended.memory.epoch).unwrap_or(i64::MAX));
        self.paused.set(i64::from(ended.memory.pause.is_some()));
        self.missing.set(count(ended.memory.missing.len()));
        self.objections.inc_by(ended.objections.len() as u64);
        self.out_of_time.inc_by(snapshot.tripped.len() as u64);
        self.failures(ended);
        for gauges in [&self.desired, &self.ready, &self.wanted, &self.divergence] {
            gauges.clear();
        }
        for (target, seen) in &snapshot.targets {
            self.target(target, seen);
        }
        for decision in &ended.pass.plan.decisions {
            self.decision(decision, ended.outcomes);
        }
        for shadow in &ended.pass.plan.shadows {
            let target = shadow.decision.target.to_string();
            let labels = vec![("policy", shadow.policy.to_string()), ("target", target)];
            self.divergence.get_or_create(&labels).set(shadow.divergence());
        }
        self.told(ended);
        self.journal_failures.inc_by(u64::from(ended.unrecorded.is_some()));
        let files = [self.journal.clone(), self.journal.with_extension("db-wal")];
        let bytes: u64 = files.iter().filter_map(|file| Some(fs::metadata(file).ok()?.len())).sum();
        self.journal_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// From now on the letters that `tally` counts are told of.
    pub(crate) fn follow(&self, tally: &Arc<Tally>) {
        // There is one office in the life of an agent.
        drop(self.tally.set(Arc::clone(tally)));
    }

    /// What people were told, what is open, and what became of what was sent.
    fn told(&self, ended: &Ended<'_>) {
        for (word, kind) in NoticeKind::NAMES {
            let labels = vec![("kind", word.to_owned())];
            let raised = ended.pass.plan.notices.iter();
            let raised = raised.filter(|it| it.kind == kind && it.change == NoticeChange::Raised);
            self.notices.get_or_create(&labels).inc_by(raised.count() as u64);
            let open = ended.memory.notices.values().filter(|open| open.notice.kind == kind);
            self.open_notices.get_or_create(&labels).set(count(open.count()));
        }
        let told = self.tally.get().map(|tally| tally.all()).unwrap_or_default();
        for (receiver, Told { taken, failed, lost, waiting }) in told {
            let states =
                [("taken", taken), ("failed", failed), ("lost", lost), ("waiting", waiting)];
            for (state, number) in states {
                let labels = vec![("receiver", receiver.clone()), ("state", state.to_owned())];
                let number = i64::try_from(number).unwrap_or(i64::MAX);
                self.letters.get_or_create(&labels).set(number);
            }
        }
    }

    /// Each source and each provider once a pass, however many inputs or targets it has.
    fn failures(&self, ended: &Ended<'_>) {
        let whose = self.whose.lock().unwrap_or_else(PoisonError::into_inner);
        let snapshot = &ended.pass.snapshot;
        let unread = |(key, source): (&InputKey, _)| match snapshot.readings.get(key) {
            Some(Reading::Failed(_)) | None => Some(source),
            Some(
                Reading::Sample(_)
                | Reading::Each(_)
                | Reading::Partly(..)
                | Reading::Empty
                | Reading::Absent(_),
            ) => None,
        };
        let failed: BTreeSet<&String> = whose.sources.iter().filter_map(unread).collect();
        for source in failed {
            self.source_failures.get_or_create(&vec![("source", source.clone())]).inc();
        }
        let unseen = |(name, provider): (&TargetName, _)| match snapshot.targets.get(name) {
            Some(Seen::Nothing(_)) | None => Some(provider),
            Some(
                Seen::Group(_)
                | Seen::Database(_)
                | Seen::Setting(_)
                | Seen::Flag(_)
                | Seen::Rollout(_)
                | Seen::Job(_)
                | Seen::Volume(_)
                | Seen::Traffic(_),
            ) => None,
        };
        let failed: BTreeSet<&String> = whose.providers.iter().filter_map(unseen).collect();
        for provider in failed {
            self.provider_failures.get_or_create(&vec![("provider", provider.clone())]).inc();
        }
    }

    fn target(&self, target: &TargetName, seen: &Seen) {
        if let Seen::Traffic(traffic) = seen {
            for (name, destination) in &traffic.destinations {
                let labels = [("target", target.to_string()), ("destination", name.clone())];
                self.shares.get_or_create(&labels.to_vec()).set(i64::from(destination.share));
            }
            return;
        }
        let Some((desired, ready)) = seen.size() else { return };
        let labels = vec![("target", target.to_string())];
        self.desired.get_or_create(&labels).set(i64::from(desired));
        self.ready.get_or_create(&labels).set(i64::from(ready));
    }

    fn decision(&self, decision: &Decision, outcomes: &[Outcome]) {
        if let Some(wanted) = decision.asked {
            let labels = vec![("target", decision.target.to_string())];
            self.wanted.get_or_create(&labels).set(i64::from(wanted));
        }
        match &decision.verdict {
            Verdict::Held(held) => {
                self.held.get_or_create(&vec![("reason", reason(held))]).inc();
            }
            Verdict::Act(intent) => {
                let outcome = outcomes.iter().find(|outcome| outcome.intent == intent.id);
                let result = outcome.map_or("unknown", |outcome| result(&outcome.result));
                let labels = [("action", kind(&intent.action)), ("result", result)];
                let labels = labels.map(|(name, value)| (name, value.to_owned())).to_vec();
                self.actions.get_or_create(&labels).inc();
            }
        }
    }
}

/// The reason without its numbers.
fn reason(held: &Held) -> String {
    match held {
        Held::Guard(guard, _) => guard.name().to_owned(),
        Held::NotObserved(_) => "not observed".to_owned(),
        Held::EmptyRange(_) => "empty range".to_owned(),
        Held::NoOpinion => "no opinion".to_owned(),
        Held::AsWanted => "as wanted".to_owned(),
        Held::Released(_) => "released".to_owned(),
        Held::Refused(_) => "refused".to_owned(),
    }
}

fn kind(action: &Action) -> &'static str {
    match action {
        Action::Resize { from, to } if to > from => "grow",
        Action::Resize { .. } => "shrink",
        Action::Drain { .. } => "drain",
        Action::Retire { .. } => "retire",
        Action::Replace { .. } => "replace",
        Action::Return { .. } => "return",
        Action::AddReplica { .. } => "add_replica",
        Action::RemoveReplica { .. } => "remove_replica",
        Action::Set { .. } => "set",
        Action::Start { .. } => "start",
        Action::Grow { .. } => "grow",
        Action::Route { .. } => "route",
    }
}

fn result(result: &ActResult) -> &'static str {
    match result {
        ActResult::Accepted => "accepted",
        ActResult::Withheld => "withheld",
        ActResult::Failed { .. } => "failed",
        ActResult::Unknown => "unknown",
    }
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The metrics' side of the loop.
pub(crate) struct Counting(pub(crate) Arc<Metrics>);

impl Watch for Counting {
    fn passed(&mut self, ended: &Ended<'_>) {
        self.0.passed(ended);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_metric_is_missing_from_the_manual() {
        let manual = include_str!("../../../../docs/operating.md");
        let registered = include_str!("metrics.rs").split("all.register(\"").skip(1);
        let names: Vec<&str> = registered.filter_map(|rest| rest.split('"').next()).collect();
        assert!(names.len() > 15, "{names:?}");
        for name in names {
            assert!(manual.contains(&format!("setpoint_{name}")), "{name} is not in the manual");
        }
    }
}

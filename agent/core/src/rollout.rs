//! Rollouts: the stages by which a candidate gets its share of the traffic, and what is remembered
//! of candidates.
//!
//! A rollout is a setting that is a share of all traffic, and none is safe: `setting.rs` decides
//! about it. What is its own is here. A candidate that was rolled back is condemned: memory keeps
//! its name, and nobody raises it again but a person, or whoever deploys another. Start at
//! [`Candidates`].

use crate::{Action, Decision, Rollout, SettingSettings, TargetMemory, Tick, Verdict, defaults};
use serde::{Deserialize, Serialize};

/// So many candidates that were rolled back are kept in mind.
const REMEMBERED: usize = 8;

/// The bounds and brakes of a rollout.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RolloutSettings {
    /// Those that it has as a setting does. Its range is always 0 to 100 %, its low side is safe,
    /// and `cooldown_down` is how long a stage stands before the next. Default 10 min.
    pub dial: SettingSettings,
    /// The shares that `advance` goes through.
    pub stages: Stages,
}

impl RolloutSettings {
    /// The defaults of the manual.
    pub fn new() -> Self {
        let cooldown_down = defaults::BAKE;
        let dial = SettingSettings { cooldown_down, ..SettingSettings::of_flag() };
        Self { dial, stages: Stages::default() }
    }
}

impl Default for RolloutSettings {
    fn default() -> Self {
        Self::new()
    }
}

/// Shares of the traffic in percent, each larger than the one before, the last of them 100.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stages(Vec<u32>);

impl Stages {
    /// These stages, if each is larger than the one before, the first above 0, the last 100.
    pub fn new(shares: Vec<u32>) -> Option<Self> {
        let ascend = shares.iter().zip(shares.iter().skip(1)).all(|(one, next)| one < next);
        let whole = shares.last() == Some(&100) && shares.first() != Some(&0);
        (ascend && whole).then_some(Self(shares))
    }

    /// The shares, ascending.
    pub fn shares(&self) -> &[u32] {
        &self.0
    }

    /// The share of the next stage, in percent; `share` itself, if none is above it.
    pub fn after(&self, share: u32) -> u32 {
        self.0.iter().copied().find(|stage| *stage > share).unwrap_or(share)
    }

    /// How many stages a candidate with this share has reached.
    pub fn reached(&self, share: u32) -> usize {
        self.0.iter().take_while(|stage| **stage <= share).count()
    }
}

impl Default for Stages {
    fn default() -> Self {
        Self(defaults::STAGES.to_vec())
    }
}

/// What is remembered of a rollout's candidates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Candidates {
    /// The share at the last look, in percent.
    pub share: u32,
    /// The candidate at the last look that told it.
    pub revision: Option<String>,
    /// Those that were rolled back, the latest last.
    pub condemned: Vec<Condemned>,
}

/// A candidate that was rolled back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condemned {
    /// Which, if that is known.
    pub revision: Option<String>,
    /// When.
    pub since: Tick,
    /// By whom: `rule "worse" of canary`.
    pub by: String,
}

impl Candidates {
    /// Whether there is nothing to remember.
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// What condemns a candidate, if anything does. One that cannot be told from another may be it.
    pub fn verdict(&self, revision: Option<&str>) -> Option<&Condemned> {
        self.condemned.iter().rev().find(|past| match (past.revision.as_deref(), revision) {
            (Some(past), Some(present)) => past == present,
            _ => true,
        })
    }

    /// Takes in how the rollout stands. Tells whether another candidate has come to have a share
    /// than the one that had it at the last look.
    pub(crate) fn look(&mut self, rollout: &Rollout, now: Tick) -> bool {
        let revision = rollout.revision.as_deref();
        // Who takes a share back to nothing has rolled back, whoever that is.
        if self.share > 0 && rollout.share == 0 {
            self.condemn(now, "somebody else, who took its share away".to_owned());
        }
        self.share = rollout.share;
        let another =
            matches!((self.revision.as_deref(), revision), (Some(old), Some(new)) if old != new);
        if let Some(revision) = revision {
            self.revision = Some(revision.to_owned());
        }
        another && rollout.share > 0
    }

    /// Keeps what a decision makes of the candidate.
    pub(crate) fn remember(&mut self, decision: &Decision, now: Tick) {
        let Verdict::Act(intent) = &decision.verdict else { return };
        if let Action::Set { from, to, .. } = intent.action
            && self.share == from
            && to < from
        {
            let by = decision.cause().map(|want| match &want.because {
                Some(why) => format!("rule \"{}\" of {}: {why}", want.rule, want.policy),
                None => format!("rule \"{}\" of {}", want.rule, want.policy),
            });
            self.condemn(now, by.unwrap_or_default());
            // That it will be seen at nothing is our own doing.
            self.share = to;
        }
    }

    fn condemn(&mut self, since: Tick, by: String) {
        let revision = self.revision.clone();
        if self.condemned.iter().any(|past| past.revision == revision) {
            return;
        }
        self.condemned.push(Condemned { revision, since, by });
        let forgotten = self.condemned.len().saturating_sub(REMEMBERED);
        self.condemned.drain(..forgotten);
    }
}

/// How a rollout stands, in words.
pub(crate) fn describe(rollout: &Rollout, past: &TargetMemory) -> String {
    let mut text = format!("{} % to the candidate", rollout.share);
    if let Some(revision) = &rollout.revision {
        text.push_str(&format!(" {revision}"));
    }
    if past.noticed.candidates.verdict(rollout.revision.as_deref()).is_some() {
        text.push_str(", which was rolled back");
    }
    if let Some(busy) = &rollout.busy {
        text.push_str(&format!(", busy ({busy})"));
    }
    if let Some(failure) = &past.failure {
        text.push_str(&format!(", last action failed ({failure})"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_ascend_to_all_traffic_and_no_others_can_be_made() {
        for bad in [&[][..], &[50], &[0, 100], &[50, 25, 100], &[50, 50, 100], &[50, 100, 120]] {
            assert_eq!(Stages::new(bad.to_vec()), None, "{bad:?}");
        }
        let stages = Stages::new(vec![5, 25, 100]).unwrap();
        let next = [0, 4, 5, 17, 25, 99, 100].map(|share| stages.after(share));
        assert_eq!(next, [5, 5, 25, 25, 100, 100, 100]);
        let reached = [0, 4, 5, 24, 25, 100].map(|share| stages.reached(share));
        assert_eq!(reached, [0, 0, 1, 1, 2, 3]);
    }
}

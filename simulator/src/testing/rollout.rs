//! A rollout in the world of a test: a share of the traffic, and the candidates that come in turn.

use super::{
    case::Thing,
    fault::At,
    setting::{SettingModel, SettingWorld, braked},
    table::{Table, Value},
    test::Bench,
};
use crate::written::stages::stages;
use setpoint_core::{Rollout, RolloutSettings, Span, TargetSettings};
use setpoint_policies::Kind;
use toml::de::DeValue;

/// A rollout as it is at the start.
#[derive(Clone, Debug)]
pub(super) struct RolloutModel {
    /// The candidate's share in percent, and how soon a change shows.
    pub(super) share: SettingModel,
    /// The candidate at the start, where the provider tells it.
    pub(super) revision: Option<String>,
    /// The candidates that are deployed later, each with when.
    pub(super) deploys: Vec<(Span, String)>,
}

/// A rollout in the course of a run.
#[derive(Clone, Debug)]
pub(super) struct RolloutWorld {
    share: SettingWorld,
    revision: Option<String>,
    deploys: Vec<(Span, String)>,
}

impl RolloutWorld {
    pub(super) fn new(model: RolloutModel) -> Self {
        let RolloutModel { share, revision, deploys } = model;
        Self { share: SettingWorld::new(share), revision, deploys }
    }

    /// What its provider says of it.
    pub(super) fn seen(&self, now: Span) -> Rollout {
        let deployed = self.deploys.iter().filter(|(at, _)| *at <= now).max_by_key(|(at, _)| *at);
        let revision = deployed.map(|(_, name)| name).or(self.revision.as_ref());
        let share = self.share.seen(now).value;
        Rollout { share, revision: revision.cloned(), ..Rollout::default() }
    }

    /// The share in percent that it was last asked to have.
    pub(super) fn asked(&self) -> u32 {
        self.share.asked()
    }

    /// Gives the candidate this share in percent, from when its time is over.
    pub(super) fn set(&mut self, share: u32, now: Span) {
        self.share.set(share, now);
    }
}

impl<'a> Bench<'a> {
    /// `canary = 0`, or `canary = { at = 0, revision = "v1", settle = "0s" }`: in percent.
    pub(super) fn rollout(
        &self,
        name: &At<String>,
        value: Value<'a>,
    ) -> Option<(Thing, TargetSettings)> {
        let defaults = RolloutSettings::new();
        if matches!(value.get_ref(), DeValue::Integer(_)) {
            let share = self.share_alone(name, value)?;
            let model = RolloutModel { share, revision: None, deploys: Vec::new() };
            return Some((Thing::Rollout(model), TargetSettings::Rollout(defaults)));
        }
        let mut table = Table::inner(self.reader, value, &name.value)?;
        self.kind(&mut table, Kind::Rollout);
        if !table.has("at") {
            table.missing("at", "at = 0");
        }
        let value = table.count("at").and_then(|at| self.percent(&at));
        let revision = table.text("revision").map(|at| at.value);
        let deploys = table.tables("deploys").into_iter().filter_map(|mut deploy| {
            let (at, revision) = (deploy.span("at"), deploy.text("revision"));
            if at.is_none() || revision.is_none() {
                deploy.missing("at", "{ at = \"30m\", revision = \"v2\" }");
            }
            deploy.finish();
            Some((at?.value, revision?.value))
        });
        let deploys = deploys.collect();
        let stages = stages(&mut table);
        let (lead, dial) = braked(&mut table, defaults.dial);
        table.finish();
        let share = SettingModel { value: value?, lead };
        let model = RolloutModel { share, revision, deploys };
        let settings = RolloutSettings { dial, stages: stages.unwrap_or(defaults.stages) };
        Some((Thing::Rollout(model), TargetSettings::Rollout(settings)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_candidate_is_there_from_when_it_is_deployed() {
        let minutes = Span::from_minutes;
        let rollout = RolloutWorld::new(RolloutModel {
            share: SettingModel { value: 5, lead: Span::ZERO },
            revision: Some("v1".to_owned()),
            deploys: vec![(minutes(20), "v3".to_owned()), (minutes(10), "v2".to_owned())],
        });
        let seen = [9, 10, 19, 20].map(|minute| rollout.seen(minutes(minute)).revision.unwrap());
        assert_eq!(seen, ["v1", "v2", "v2", "v3"]);
    }
}

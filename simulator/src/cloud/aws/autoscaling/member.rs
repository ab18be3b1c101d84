//! A member as the cloud tells it: an instance with a place, a phase and a health.

use super::{super::data::Data, Group, group::Leaving, hooks::Moving};
use crate::world::Member;
use setpoint_core::Span;

/// What every member is.
pub(super) const TYPE: &str = "m7g.large";

impl Group {
    /// Where a member is in its life.
    pub(super) fn phase(&self, member: &Member, now: Span) -> &'static str {
        let held =
            self.waiting.iter().any(|it| it.number == member.number && it.moving == Moving::In);
        match member.aside {
            Some(aside) if aside <= now => "Standby",
            Some(_) => "EnteringStandby",
            None if held => "Pending:Wait",
            None if now < member.serves => "Pending",
            None => "InService",
        }
    }

    /// Every instance, also those on their way out; `told` adds what else is to be told of each.
    pub(super) fn instances(
        &self,
        region: &str,
        now: Span,
        told: impl Fn(Data) -> Data,
    ) -> Vec<(String, Data)> {
        let here = self.members().map(|member| {
            let healthy = !self.sick.contains_key(&member.number);
            (member, self.phase(member, now), healthy)
        });
        let leaving = self.leaving.iter().map(|Leaving { member, held, .. }| {
            let phase = match held {
                Some(held) if now < *held => "Terminating:Wait",
                Some(_) | None => "Terminating",
            };
            (member, phase, true)
        });
        let instance = |(member, phase, healthy): (&Member, &str, bool)| {
            let id = self.id(member.number);
            let data = Data::map()
                .with("InstanceId", id.clone())
                .with("InstanceType", TYPE)
                .with("AvailabilityZone", zone(region, member.zone))
                .with("LifecycleState", phase)
                .with("HealthStatus", if healthy { "Healthy" } else { "Unhealthy" })
                .with("ProtectedFromScaleIn", self.protected.contains(&member.number))
                .with(self.launched_from.0, self.launched_from());
            (id, told(data))
        };
        here.chain(leaving).map(instance).collect()
    }

    /// What its members are launched from, as an answer has it.
    pub(super) fn launched_from(&self) -> Data {
        let (kind, name) = &self.launched_from;
        if *kind == "LaunchTemplate" {
            return Data::map()
                .with("LaunchTemplateId", "lt-00000000000000000")
                .with("LaunchTemplateName", name.clone())
                .with("Version", "1");
        }
        Data::from(name.clone())
    }
}

/// `eu-west-1a`.
pub(in super::super) fn zone(region: &str, zone: u32) -> String {
    format!("{region}{}", char::from(b'a' + (zone % 26) as u8))
}

//! What is to be said about traffic before work: what lacks, and of which destination nobody can
//! tell whether it answers.

use super::{id::Endpoints, profile::Profile, profiles::WRITE};
use crate::{
    Azure,
    doctor::{failed, not_seen},
    fault::Fault,
    tag::PAUSE,
};
use setpoint_control::{Finding, Severity};
use setpoint_core::{TargetName, Traffic};
use std::collections::BTreeMap;

/// A traffic as the doctor looks at it.
#[derive(Clone, Debug)]
pub struct TrafficPatient {
    /// Which endpoints of which profile it is.
    pub endpoints: Endpoints,
    /// Whether users may be moved.
    pub acts: bool,
}

impl Azure {
    /// What is to be said about these profiles, worst last.
    pub async fn examine_traffic(
        &self,
        targets: &BTreeMap<TargetName, TrafficPatient>,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (name, patient) in targets {
            findings.extend(self.traffic(&format!("target {name}"), patient).await);
        }
        findings.sort_by_key(|finding| finding.severity);
        findings
    }

    async fn traffic(&self, about: &str, patient: &TrafficPatient) -> Vec<Finding> {
        let (profiles, endpoints) = (self.profiles(), &patient.endpoints);
        let profile = match profiles.find(endpoints).await {
            Ok(profile) => profile,
            Err(error) => return vec![failed(about, &error)],
        };
        let mut findings = match profile.traffic(endpoints) {
            Ok(traffic) => told(about, (&profile, endpoints), &traffic),
            Err(fault) => vec![unread(about, &fault)],
        };
        let id = &endpoints.profile;
        let changes = patient.acts.then(|| profiles.asked(id, "change", WRITE));
        let changes = changes.into_iter().collect();
        findings.extend(self.may(about, &profiles.path(id), changes).await);
        findings
    }
}

fn unread(about: &str, fault: &Fault) -> Finding {
    let help = "`id` is a profile that routes by weights, and `destinations` names an endpoint of it \
                for each; every other endpoint is disabled";
    not_seen(about, fault).help(help)
}

/// What a profile and its endpoints tell.
fn told(
    about: &str,
    (profile, endpoints): (&Profile, &Endpoints),
    traffic: &Traffic,
) -> Vec<Finding> {
    let warning = |message: String| Finding::new(Severity::Warning, about, message);
    let mut findings = Vec::new();
    if let Some(why) = &traffic.paused {
        let help = format!("take the tag {PAUSE} off when it may be changed again");
        findings.push(warning(format!("paused by its tag: {why}")).help(help));
    }
    for (own, destination) in &traffic.destinations {
        if destination.healthy == Some(false) {
            let help = "see its endpoint, and what the profile probes";
            findings.push(warning(format!("{own} does not answer just now")).help(help));
        }
        let Some(state) = profile.untold(endpoints, own) else { continue };
        let help = match &*state {
            "Disabled" => "enable its endpoint, with weight 1 beside 1000 if nobody is to come yet",
            "Unmonitored" => "turn its health checks on: it is always served",
            _ => "wait for its first probe, then ask again",
        };
        let message =
            format!("nobody can tell whether {own} answers: rules that ask it are skipped");
        findings.push(warning(message).help(help));
    }
    findings
}

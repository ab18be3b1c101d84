//! What is to be said about databases before work: what lacks, and what is not ours.

use super::{DELETE, WRITE, id::ServerId, server::Found};
use crate::{
    Azure,
    doctor::{failed, not_seen},
    tag::PAUSE,
};
use setpoint_control::{Finding, Severity};
use setpoint_core::TargetName;
use std::collections::BTreeMap;

/// A database as the doctor looks at it.
#[derive(Clone, Debug)]
pub struct DatabasePatient {
    /// Which server it is.
    pub id: ServerId,
    /// Whether replicas may be added and removed.
    pub acts: bool,
}

impl Azure {
    /// What is to be said about these databases, worst last.
    pub async fn examine_databases(
        &self,
        targets: &BTreeMap<TargetName, DatabasePatient>,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (name, patient) in targets {
            findings.extend(self.database(&format!("target {name}"), patient).await);
        }
        findings.sort_by_key(|finding| finding.severity);
        findings
    }

    async fn database(&self, about: &str, patient: &DatabasePatient) -> Vec<Finding> {
        let (servers, id) = (self.servers(), &patient.id);
        let found = match servers.find(id).await {
            Ok(found) => found,
            Err(fault) => return vec![not_seen(about, &fault)],
        };
        let mut findings = told(about, &found);
        match servers.max_connections(id).await {
            Ok(Some(_)) => {}
            Ok(None) => {
                let message = "how many connections it takes is told by no number";
                findings.push(Finding::new(Severity::Warning, about, message));
            }
            Err(error) => findings.push(failed(about, &error)),
        }
        let mut changes = Vec::new();
        if patient.acts {
            changes.push(servers.asked(id, "create replicas of", WRITE));
            changes.push(servers.asked(id, "delete replicas of", DELETE));
        }
        findings.extend(self.may(about, &servers.path(id), changes).await);
        findings
    }
}

/// What a server and its replicas tell.
fn told(about: &str, found: &Found) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(why) = found.source.paused() {
        let message = format!("paused by its tag: {why}");
        let help = format!("take the tag {PAUSE} off when it may be changed again");
        findings.push(Finding::new(Severity::Warning, about, message).help(help));
    }
    let led_to = found.near().find(|it| it.is_ours() && found.is_led_to(&it.name));
    if let Some(replica) = led_to {
        let message = format!("a virtual endpoint leads to {}: it is never removed", replica.name);
        findings.push(Finding::new(Severity::Warning, about, message));
    }
    let (all, ours) =
        (found.near().count(), found.near().filter(|replica| replica.is_ours()).count());
    if ours < all {
        let message =
            format!("{} of its {all} replicas are not ours: they are never removed", all - ours);
        findings.push(Finding::new(Severity::Note, about, message));
    }
    findings
}

//! A look around before work: whether the primary answers, readers have a backend, and the folder is
//! there. Changes nothing.

use super::Cluster;
use crate::{Onprem, program};
use setpoint_control::{Finding, Severity};

impl Onprem {
    pub(crate) async fn examine_cluster(&self, cluster: &Cluster, acts: bool) -> Vec<Finding> {
        let mut findings = Vec::new();
        match cluster.ask_primary().await {
            Err(failure) => {
                let finding = Finding::new(Severity::Unreachable, "", failure.to_string());
                findings.push(finding.help(
                    "`primary` is how libpq reaches it: try `psql -d` with it, as the agent's user \
                     or as `launcher` has it",
                ));
            }
            Ok(primary) => findings.extend((primary.folder.is_none() && acts).then(|| {
                let message = "the primary does not tell where its data directory is";
                let help = "grant its user pg_monitor, so that the directory is never mistaken";
                Finding::new(Severity::Warning, "", message).help(help)
            })),
        }
        if !cluster.folder.is_dir() {
            let message = format!("there is no folder {}", cluster.folder.display());
            let help = "replicas get their data directories there: make it, for PostgreSQL's user";
            findings.push(Finding::new(Severity::Problem, "", message).help(help));
        }
        let version = cluster.program("pg_basebackup", ["--version"]);
        if acts && let Err(failure) = program::run(&version, cluster.patience).await {
            let help =
                "`programs` is the folder of PostgreSQL's own programs, of the primary's version";
            findings.push(Finding::new(Severity::Problem, "", failure.to_string()).help(help));
        }
        findings
    }
}

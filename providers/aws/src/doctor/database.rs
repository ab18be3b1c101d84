//! What is to be said about one database: pure.

use crate::databases::Found;
use setpoint_control::{Finding, Severity};

/// How AWS's own auto scaling of Aurora names the readers it adds.
const OTHERS: &str = "application-autoscaling-";

/// What the database and its replicas tell.
pub(super) fn findings(about: &str, found: &Found) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(why) = found.paused() {
        let message = format!("paused by its tag: {why}");
        findings.push(Finding::new(Severity::Warning, about, message));
    }
    let foreign = found.replicas.iter().find(|replica| replica.name.starts_with(OTHERS));
    if let Some(replica) = foreign {
        let message = format!("another scaler acts on it: Aurora's own made {}", replica.name);
        findings.push(
            Finding::new(Severity::Problem, about, message)
                .help("deregister the cluster from Application Auto Scaling"),
        );
    }
    let ours = found.replicas.iter().filter(|replica| replica.is_ours).count();
    let all = found.replicas.len();
    if ours < all {
        let message =
            format!("{} of its {all} replicas are not ours: they are never removed", all - ours);
        findings.push(Finding::new(Severity::Note, about, message));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::Instance;

    #[test]
    fn readers_that_aurora_made_by_itself_tell_of_another_scaler() {
        let replica = |name: &str, is_ours| Instance {
            name: name.to_owned(),
            is_ours,
            ..Instance::default()
        };
        let found =
            |replicas| Found { primary: replica("ledger-1", false), cluster: None, replicas };
        let said =
            findings("target ledger", &found(vec![replica("application-autoscaling-1", false)]));
        assert_eq!(said[0].severity, Severity::Problem, "{said:?}");
        assert_eq!(said[1].severity, Severity::Note, "{said:?}");
        assert_eq!(findings("target ledger", &found(vec![replica("ledger-sp-1", true)])), []);
    }
}

//! What RDS's answers mean: pure.

use crate::{databases::Found, instance::Instance};
use setpoint_core::{Database, Replica, ReplicaState};

/// AWS's word for an instance or cluster that works and is left alone.
const AVAILABLE: &str = "available";

/// The promotion tier that Aurora turns to last. Its own auto scaling gives it to the
/// readers it adds, and so do we.
pub(crate) const LAST_TIER: i32 = 15;

/// The database that `found` shows.
pub(crate) fn read(found: &Found, max_connections: Option<u32>) -> Database {
    Database {
        source: found.name().to_owned(),
        replicas: found.replicas.iter().map(replica).collect(),
        max_connections,
        busy: busy(found),
        paused: found.paused(),
    }
}

/// The lag is not among what RDS says: it is a metric.
fn replica(instance: &Instance) -> Replica {
    Replica {
        name: instance.name.clone(),
        ours: instance.is_ours,
        state: state(instance),
        promotable: is_promotable(instance),
        lag: None,
    }
}

/// Where a replica is in its life.
pub(crate) fn state(instance: &Instance) -> ReplicaState {
    match instance.status.as_str() {
        AVAILABLE => ReplicaState::Available,
        "creating" => ReplicaState::Creating,
        "deleting" => ReplicaState::Deleting,
        _ => ReplicaState::Busy,
    }
}

/// Whether something hangs on it: in Aurora a place in the queue for writer before the
/// last tier, in RDS replicas of its own.
pub(crate) fn is_promotable(instance: &Instance) -> bool {
    let before_last =
        instance.cluster.is_some() && instance.promotion_tier.is_none_or(|tier| tier < LAST_TIER);
    before_last || !instance.replicas.is_empty()
}

fn busy(found: &Found) -> Option<String> {
    let cluster = found.cluster.as_ref().map(|cluster| (&cluster.id, &cluster.status));
    let primary = (&found.primary.name, &found.primary.status);
    let parts = cluster.into_iter().chain([primary]);
    let busy = |(name, status): (&String, &String)| {
        (status != AVAILABLE).then(|| format!("{name} is {status}"))
    };
    parts.into_iter().find_map(busy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::databases::Cluster;

    fn instance(name: &str, status: &str) -> Instance {
        Instance { name: name.to_owned(), status: status.to_owned(), ..Instance::default() }
    }

    fn member(tier: Option<i32>) -> Instance {
        let cluster = Some("ledger".to_owned());
        Instance { cluster, promotion_tier: tier, ..instance("ledger-1", "available") }
    }

    #[track_caller]
    fn check(status: &str, expected: ReplicaState) {
        assert_eq!(state(&instance("orders-sp-1", status)), expected, "{status}");
    }

    #[test]
    fn a_replica_is_available_only_when_aws_says_that_very_word() {
        check("available", ReplicaState::Available);
        check("creating", ReplicaState::Creating);
        check("deleting", ReplicaState::Deleting);
        for status in
            ["modifying", "rebooting", "storage-full", "failed", "Available", "something-new"]
        {
            check(status, ReplicaState::Busy);
        }
    }

    #[test]
    fn one_that_a_failover_could_turn_to_is_promotable() {
        assert!(is_promotable(&member(Some(0))));
        assert!(is_promotable(&member(Some(14))));
        assert!(is_promotable(&member(None)));
        assert!(!is_promotable(&member(Some(15))));
        assert!(!is_promotable(&instance("orders-sp-1", "available")));
        let chained = vec!["orders-sp-1-a".to_owned()];
        let source = Instance { replicas: chained, ..instance("orders-sp-1", "available") };
        assert!(is_promotable(&source));
    }

    #[test]
    fn a_tag_on_the_primary_or_the_cluster_pauses_the_whole() {
        let found = |primary: Option<&str>, cluster: Option<&str>| Found {
            primary: Instance {
                paused: primary.map(str::to_owned),
                ..instance("ledger-1", "available")
            },
            cluster: Some(Cluster {
                id: "ledger".to_owned(),
                status: "available".to_owned(),
                engine: "aurora-mysql".to_owned(),
                paused: cluster.map(str::to_owned),
            }),
            replicas: Vec::new(),
        };
        let seen = |primary, cluster| {
            let seen = read(&found(primary, cluster), None);
            (seen.paused, seen.busy)
        };
        assert_eq!(seen(None, None), (None, None));
        assert_eq!(seen(Some("migration"), None), (Some("migration".to_owned()), None));
        assert_eq!(seen(None, Some("upgrade")), (Some("upgrade".to_owned()), None));
    }

    #[test]
    fn it_is_busy_while_the_source_or_the_cluster_is() {
        let found = |primary: &str, cluster: Option<&str>| Found {
            primary: instance("ledger-1", primary),
            cluster: cluster.map(|status| Cluster {
                id: "ledger".to_owned(),
                status: status.to_owned(),
                engine: "aurora-mysql".to_owned(),
                paused: None,
            }),
            replicas: Vec::new(),
        };
        assert_eq!(busy(&found("available", None)), None);
        assert_eq!(busy(&found("available", Some("available"))), None);
        assert_eq!(busy(&found("modifying", None)).unwrap(), "ledger-1 is modifying");
        let failing_over = busy(&found("available", Some("failing-over")));
        assert_eq!(failing_over.unwrap(), "ledger is failing-over");
    }
}

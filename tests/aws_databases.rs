//! Read replicas, plain and Aurora, against a real API on loopback.

use setpoint_aws::{AwsEyes, AwsHands, Resource};
use setpoint_control::{Act, Observe};
use setpoint_core::{
    Action, Database, FailureKind, Intent, IntentId, ReplicaState, Seen, TargetName,
};
use std::collections::BTreeMap;
use support::Cloud;

fn orders() -> TargetName {
    TargetName::new("orders")
}

async fn plugged(cloud: &Cloud) -> (AwsEyes, AwsHands) {
    let aws = cloud.connect().await;
    let targets = BTreeMap::from([(orders(), Resource::Database("orders".to_owned()))]);
    (aws.eyes(targets.clone()), aws.hands(targets))
}

async fn look(eyes: &AwsEyes) -> Database {
    match eyes.observe().await.remove(&orders()) {
        Some(Seen::Database(database)) => database,
        other => panic!("{other:?}"),
    }
}

fn intent(action: Action) -> Intent {
    Intent { id: IntentId::new(format!("here/orders/1/{action}")), target: orders(), action }
}

fn add(name: &str) -> Intent {
    intent(Action::AddReplica { name: name.to_owned() })
}

fn remove(name: &str) -> Intent {
    intent(Action::RemoveReplica { name: name.to_owned() })
}

fn make_cluster(cloud: &Cloud) {
    let cluster = [
        ("DBClusterIdentifier", "orders"),
        ("Engine", "aurora-postgresql"),
        ("MasterUsername", "somebody"),
        ("MasterUserPassword", "not-a-secret"),
    ];
    cloud.moto.rds("CreateDBCluster", &cluster);
    let writer = [
        ("DBInstanceIdentifier", "orders-writer"),
        ("DBClusterIdentifier", "orders"),
        ("DBInstanceClass", "db.r5.large"),
        ("Engine", "aurora-postgresql"),
    ];
    cloud.moto.rds("CreateDBInstance", &writer);
}

#[tokio::test]
async fn it_adds_a_replica_once_and_tags_it() {
    let cloud = Cloud::start();
    cloud.moto.make_database("orders");
    let (eyes, hands) = plugged(&cloud).await;
    let before = look(&eyes).await;
    assert_eq!((before.present(), before.busy.as_deref()), (0, None));
    assert!(before.max_connections.is_some_and(|most| (1000..=5000).contains(&most)), "{before:?}");

    hands.apply(&add("orders-sp-1")).await.unwrap();
    hands.apply(&add("orders-sp-1")).await.unwrap();
    let after = look(&eyes).await;
    assert_eq!(after.replicas.len(), 1);
    let replica = &after.replicas[0];
    assert_eq!(
        (replica.name.as_str(), replica.ours, replica.promotable),
        ("orders-sp-1", true, false)
    );
    assert_eq!(replica.state, ReplicaState::Available);
    assert_eq!(cloud.proxy.count("CreateDBInstanceReadReplica"), 1);
}

#[tokio::test]
async fn it_removes_what_it_made_and_nothing_else() {
    let cloud = Cloud::start();
    cloud.moto.make_database("orders");
    let theirs =
        [("DBInstanceIdentifier", "orders-sp-9"), ("SourceDBInstanceIdentifier", "orders")];
    cloud.moto.rds("CreateDBInstanceReadReplica", &theirs);
    let (eyes, hands) = plugged(&cloud).await;
    hands.apply(&add("orders-sp-1")).await.unwrap();

    let error = hands.apply(&remove("orders-sp-9")).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Refused, "{}", error.chain());
    let error = hands.apply(&remove("orders")).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Refused, "{}", error.chain());
    hands.apply(&remove("orders-sp-1")).await.unwrap();
    hands.apply(&remove("orders-sp-1")).await.unwrap();
    let left: Vec<String> = look(&eyes).await.replicas.into_iter().map(|r| r.name).collect();
    assert_eq!(left, ["orders-sp-9"]);
    assert_eq!(cloud.proxy.count("DeleteDBInstance"), 1);
}

#[tokio::test]
async fn aurora_readers_are_replicas_too_and_the_writer_is_none() {
    let cloud = Cloud::start();
    make_cluster(&cloud);
    let (eyes, hands) = plugged(&cloud).await;
    assert_eq!(look(&eyes).await.replicas, []);
    hands.apply(&add("orders-sp-1")).await.unwrap();
    hands.apply(&add("orders-sp-1")).await.unwrap();
    let after = look(&eyes).await;
    assert_eq!(after.replicas.len(), 1, "{after:?}");
    assert!(after.replicas[0].ours && !after.replicas[0].promotable, "{after:?}");
    let error = hands.apply(&remove("orders-writer")).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Refused, "{}", error.chain());
    hands.apply(&remove("orders-sp-1")).await.unwrap();
    // A replica that is gone from one look to the next may be an answer that lacks it.
    for _ in 0..2 {
        let seen = eyes.observe().await.remove(&orders());
        assert!(matches!(seen, Some(Seen::Nothing(_))), "{seen:?}");
    }
    assert_eq!(look(&eyes).await.replicas, []);
}

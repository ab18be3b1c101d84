//! The storage of databases, and volumes, against a real API on loopback.

use setpoint_aws::{AwsEyes, AwsHands, Resource};
use setpoint_control::{Act, Observe};
use setpoint_core::{Action, FailureKind, Intent, IntentId, Seen, TargetName, Volume};
use std::collections::BTreeMap;
use support::{Cloud, Fault};

fn disk() -> TargetName {
    TargetName::new("disk")
}

async fn plugged(cloud: &Cloud) -> (AwsEyes, AwsHands) {
    let aws = cloud.connect().await;
    let targets = BTreeMap::from([(disk(), Resource::Storage("orders".to_owned()))]);
    (aws.eyes(targets.clone()), aws.hands(targets))
}

async fn look(eyes: &AwsEyes) -> Volume {
    match eyes.observe().await.remove(&disk()) {
        Some(Seen::Volume(volume)) => volume,
        other => panic!("{other:?}"),
    }
}

fn grow(from: u32, to: u32) -> Intent {
    let action = Action::Grow { from, to };
    Intent { id: IntentId::new("here/disk/1/1"), target: disk(), action }
}

#[tokio::test]
async fn it_never_shrinks_and_what_has_changed_since_is_stale() {
    let cloud = Cloud::start();
    cloud.moto.make_database("orders");
    let (eyes, hands) = plugged(&cloud).await;
    let size = look(&eyes).await.size;
    hands.apply(&grow(size + 9, size)).await.expect("it is larger already");
    let said = hands.apply(&grow(size - 1, size * 2)).await.expect_err("it is not of that size");
    assert_eq!(said.kind, FailureKind::Stale);
    let said =
        hands.apply(&grow(size, size + 1)).await.expect_err("RDS takes no less than a tenth");
    assert_eq!(said.kind, FailureKind::Refused);
    assert_eq!(cloud.proxy.count("ModifyDBInstance"), 0);
    assert_eq!(look(&eyes).await.size, size);
}

fn make_volume(cloud: &Cloud) -> String {
    let fields = [("AvailabilityZone", "eu-west-1a"), ("Size", "100")];
    let answer = cloud.moto.ec2("CreateVolume", &fields);
    let id = answer.split_once("<volumeId>").and_then(|(_, rest)| rest.split_once('<'));
    id.unwrap_or_else(|| panic!("{answer}")).0.to_owned()
}

async fn with_volume(cloud: &Cloud, id: &str) -> (AwsEyes, AwsHands) {
    let aws = cloud.connect().await;
    let targets = BTreeMap::from([(disk(), Resource::Volume(id.to_owned()))]);
    (aws.eyes(targets.clone()), aws.hands(targets))
}

#[tokio::test]
async fn a_volume_grows_once_and_is_then_left_alone_for_six_hours() {
    let cloud = Cloud::start();
    let id = make_volume(&cloud);
    let (eyes, hands) = with_volume(&cloud, &id).await;
    assert_eq!(look(&eyes).await, Volume { size: 100, ..Volume::default() });
    for _ in 0..2 {
        hands.apply(&grow(100, 120)).await.expect("it grows");
    }
    assert_eq!(cloud.proxy.count("ModifyVolume"), 1);
    let grown = look(&eyes).await;
    assert_eq!(grown.size, 120);
    assert!(grown.busy.is_some(), "{grown:?}");
    let said = hands.apply(&grow(120, 150)).await.expect_err("it was modified just now");
    assert_eq!(said.kind, FailureKind::Stale);
    assert_eq!(cloud.proxy.count("ModifyVolume"), 1);
}

#[tokio::test]
async fn a_volume_that_is_not_there_and_a_no_of_its_cloud_are_told_apart() {
    let cloud = Cloud::start();
    let (eyes, hands) = with_volume(&cloud, "vol-0123456789abcdef0").await;
    let seen = eyes.observe().await.remove(&disk());
    assert!(matches!(&seen, Some(Seen::Nothing(why)) if why.contains("no volume")), "{seen:?}");
    let said = hands.apply(&grow(100, 120)).await.expect_err("it is not there");
    assert_eq!(said.kind, FailureKind::Stale);

    let id = make_volume(&cloud);
    let (eyes, hands) = with_volume(&cloud, &id).await;
    cloud.proxy.once("DescribeVolumes", Fault::throttling());
    let seen = eyes.observe().await.remove(&disk());
    assert!(matches!(&seen, Some(Seen::Nothing(why)) if why.contains("Throttling")), "{seen:?}");
    cloud.proxy.once("ModifyVolume", Fault::refusal("UnauthorizedOperation"));
    let said = hands.apply(&grow(100, 120)).await.expect_err("it is not permitted");
    assert_eq!(said.kind, FailureKind::Refused);
    cloud.proxy.once("ModifyVolume", Fault::LoseReply);
    let said = hands.apply(&grow(100, 120)).await.expect_err("the answer was lost");
    assert_eq!(said.kind, FailureKind::Unavailable);
    assert_eq!(look(&eyes).await.size, 120);
}

//! Members taken out of service, ended there and put back, against a real API on loopback.

use setpoint_aws::{AwsEyes, AwsHands, Resource};
use setpoint_control::{Act, Observe};
use setpoint_core::{Action, FailureKind, Group, Intent, IntentId, MemberState, Seen, TargetName};
use std::collections::{BTreeMap, BTreeSet};
use support::{Cloud, Fault};

fn web() -> TargetName {
    TargetName::new("web")
}

fn intent(action: Action) -> Intent {
    Intent { id: IntentId::new(format!("here/web/1/{action}")), target: web(), action }
}

/// A group of ten whose members are told by name.
async fn ten() -> (Cloud, AwsEyes, AwsHands) {
    let cloud = Cloud::start();
    cloud.moto.make_group("web", 10);
    let aws = cloud.connect().await;
    let targets = BTreeMap::from([(web(), Resource::Group("web".to_owned()))]);
    let named: BTreeSet<TargetName> = [web()].into();
    (cloud, aws.eyes(targets.clone()).naming_members_of(&named), aws.hands(targets))
}

async fn look(eyes: &AwsEyes) -> Group {
    let seen = eyes.observe().await.remove(&web()).expect("every target is told of");
    let Seen::Group(group) = seen else { panic!("{seen:?}") };
    group
}

/// The names of the members that are so.
fn names(group: &Group, state: MemberState) -> Vec<String> {
    let so = group.members.iter().filter(|member| member.state == state);
    so.map(|member| member.name.clone()).collect()
}

fn drain(from: u32, members: &[String]) -> Intent {
    let to = from - u32::try_from(members.len()).expect("few");
    intent(Action::Drain { from, to, members: members.to_vec() })
}

#[tokio::test]
async fn exactly_the_named_are_drained_and_twice_is_once() {
    let (cloud, eyes, hands) = ten().await;
    let before = look(&eyes).await;
    assert_eq!(names(&before, MemberState::Serving).len(), 10);
    assert_eq!(before.members[0].zone.as_deref(), Some("eu-west-1a"));
    let victims = names(&before, MemberState::Serving)[2..5].to_vec();
    hands.apply(&drain(10, &victims)).await.unwrap();
    hands.apply(&drain(10, &victims)).await.unwrap();
    let after = look(&eyes).await;
    assert_eq!((after.desired, after.ready), (7, 7));
    assert_eq!(names(&after, MemberState::Standby), victims);
    assert_eq!(cloud.proxy.count("EnterStandby"), 1, "applied twice is applied once");
    assert_eq!(cloud.proxy.count("SetDesiredCapacity"), 0);

    hands.apply(&intent(Action::Retire { members: victims.clone() })).await.unwrap();
    hands.apply(&intent(Action::Retire { members: victims.clone() })).await.unwrap();
    let after = look(&eyes).await;
    assert_eq!((after.desired, after.ready, after.members.len()), (7, 7, 7));
    assert!(after.members.iter().all(|member| !victims.contains(&member.name)));
    assert_eq!(cloud.proxy.count("TerminateInstanceInAutoScalingGroup"), 3);
}

/// Nomad's autoscaler once drained before it knew whether the group may shrink (its bug 1290).
#[tokio::test]
async fn nobody_is_drained_where_the_group_may_not_shrink() {
    let (cloud, eyes, hands) = ten().await;
    let fields = [("AutoScalingGroupName", "web"), ("MinSize", "9")];
    cloud.moto.autoscaling("UpdateAutoScalingGroup", &fields);
    let all = names(&look(&eyes).await, MemberState::Serving);
    let error = hands.apply(&drain(10, &all[..2])).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Refused, "{}", error.chain());
    let error = hands.apply(&drain(12, &all[..2])).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Stale, "{}", error.chain());
    assert_eq!(cloud.proxy.count("EnterStandby"), 0);
    // AWS itself says no: nobody is left half out.
    cloud.proxy.once("EnterStandby", Fault::refusal("ValidationError"));
    let error = hands.apply(&drain(10, &all[..1])).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Refused, "{}", error.chain());
    assert_eq!(names(&look(&eyes).await, MemberState::Serving), all);
}

#[tokio::test]
async fn a_lost_answer_drains_nobody_twice() {
    let (cloud, eyes, hands) = ten().await;
    let victims = names(&look(&eyes).await, MemberState::Serving)[..2].to_vec();
    cloud.proxy.once("EnterStandby", Fault::LoseReply);
    let error = hands.apply(&drain(10, &victims)).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Unavailable, "{}", error.chain());
    hands.apply(&drain(10, &victims)).await.unwrap();
    assert_eq!(look(&eyes).await.desired, 8, "it went down once");
}

#[tokio::test]
async fn a_member_in_service_is_never_ended() {
    let (cloud, eyes, hands) = ten().await;
    let serving = names(&look(&eyes).await, MemberState::Serving);
    let error =
        hands.apply(&intent(Action::Retire { members: serving[..1].to_vec() })).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Stale, "{}", error.chain());
    assert_eq!(cloud.proxy.count("TerminateInstanceInAutoScalingGroup"), 0);
    assert_eq!(look(&eyes).await.members.len(), 10);
}

#[tokio::test]
async fn those_on_standby_serve_again_before_anybody_is_launched() {
    let (cloud, eyes, hands) = ten().await;
    let victims = names(&look(&eyes).await, MemberState::Serving)[..3].to_vec();
    hands.apply(&drain(10, &victims)).await.unwrap();
    let back =
        |to, members: &[String]| intent(Action::Return { from: 7, to, members: members.to_vec() });
    // Two come back, and two more are launched beside them.
    hands.apply(&back(11, &victims[..2])).await.unwrap();
    hands.apply(&back(11, &victims[..2])).await.unwrap();
    let after = look(&eyes).await;
    assert_eq!((after.desired, after.ready), (11, 11));
    assert_eq!(names(&after, MemberState::Standby), victims[2..]);
    let serving = names(&after, MemberState::Serving);
    assert!(victims[..2].iter().all(|name| serving.contains(name)));
    assert_eq!(cloud.proxy.count("ExitStandby"), 1);
    assert_eq!(cloud.proxy.count("SetDesiredCapacity"), 1);
    let error = hands
        .apply(&intent(Action::Return { from: 11, to: 201, members: victims[2..].to_vec() }))
        .await;
    assert_eq!(error.unwrap_err().kind, FailureKind::Refused);
}

fn replace(member: &str, drained: bool) -> Intent {
    intent(Action::Replace { from: 10, member: member.to_owned(), drained })
}

#[tokio::test]
async fn exactly_the_named_is_replaced_and_twice_is_once() {
    let (cloud, eyes, hands) = ten().await;
    let before = names(&look(&eyes).await, MemberState::Serving);
    cloud.proxy.once("TerminateInstanceInAutoScalingGroup", Fault::LoseReply);
    let error = hands.apply(&replace(&before[3], false)).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Unavailable, "{}", error.chain());
    hands.apply(&replace(&before[3], false)).await.unwrap();
    assert_eq!(cloud.proxy.count("TerminateInstanceInAutoScalingGroup"), 1);
    let after = look(&eyes).await;
    assert_eq!((after.desired, after.ready), (10, 10), "another came in its place");
    let stayed = names(&after, MemberState::Serving);
    assert!(!stayed.contains(&before[3]));
    assert_eq!(before.iter().filter(|name| stayed.contains(name)).count(), 9);
}

#[tokio::test]
async fn one_that_is_drained_to_be_replaced_is_not_ended_and_another_comes() {
    let (cloud, eyes, hands) = ten().await;
    let before = names(&look(&eyes).await, MemberState::Serving);
    hands.apply(&replace(&before[3], true)).await.unwrap();
    hands.apply(&replace(&before[3], true)).await.unwrap();
    let after = look(&eyes).await;
    assert_eq!(names(&after, MemberState::Standby), before[3..4]);
    assert_eq!(after.desired, 10);
    assert_eq!(cloud.proxy.count("EnterStandby"), 1);
    assert_eq!(cloud.proxy.count("TerminateInstanceInAutoScalingGroup"), 0);
    // Without an order to drain it, nobody on standby is ended as if it served.
    let error = hands.apply(&replace(&before[3], false)).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Stale, "{}", error.chain());
}

#[tokio::test]
async fn nobody_is_replaced_in_a_group_that_has_changed_since() {
    let (cloud, eyes, hands) = ten().await;
    let member = names(&look(&eyes).await, MemberState::Serving)[0].clone();
    let fields = [("AutoScalingGroupName", "web"), ("DesiredCapacity", "9")];
    cloud.moto.autoscaling("SetDesiredCapacity", &fields);
    let there = names(&look(&eyes).await, MemberState::Serving);
    let one = there.iter().find(|name| **name != member).unwrap();
    let error = hands.apply(&replace(one, false)).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Stale, "{}", error.chain());
    assert_eq!(cloud.proxy.count("TerminateInstanceInAutoScalingGroup"), 0);
}

//! Auto Scaling groups, against a real API on loopback and everything that may go wrong.

use setpoint_aws::{Aws, AwsEyes, AwsHands, AwsSettings, Dial, Resource, Role};
use setpoint_control::{Act, Observe};
use setpoint_core::{Action, FailureKind, Group, Intent, IntentId, Range, Seen, TargetName};
use std::{collections::BTreeMap, sync::Arc};
use support::{Cloud, Fault, MachineClock, Moto, REGION};

fn web() -> TargetName {
    TargetName::new("web")
}

async fn plugged(cloud: &Cloud) -> (AwsEyes, AwsHands) {
    let aws = cloud.connect().await;
    let targets = BTreeMap::from([(web(), Resource::Group("web".to_owned()))]);
    (aws.eyes(targets.clone()), aws.hands(targets))
}

async fn look(eyes: &AwsEyes) -> Seen {
    eyes.observe().await.remove(&web()).expect("every target is told of")
}

async fn size(eyes: &AwsEyes) -> u32 {
    let seen = look(eyes).await;
    let Seen::Group(Group { desired, .. }) = seen else { panic!("{seen:?}") };
    desired
}

fn resize(from: u32, to: u32) -> Intent {
    let id = IntentId::new(format!("here/web/1/{to}"));
    Intent { id, target: web(), action: Action::Resize { from, to } }
}

#[tokio::test]
async fn it_sees_a_group_and_resizes_it_within_its_own_range() {
    let cloud = Cloud::start();
    cloud.moto.make_group("web", 10);
    let (eyes, hands) = plugged(&cloud).await;
    let Seen::Group(group) = look(&eyes).await else { panic!() };
    assert_eq!((group.desired, group.ready, group.unhealthy), (10, 10, 0));
    assert_eq!(group.own_range, Range::new(1, 200));
    assert!(cloud.proxy.changes().is_empty(), "looking changes nothing");

    hands.apply(&resize(10, 15)).await.unwrap();
    assert_eq!(size(&eyes).await, 15);
    let error = hands.apply(&resize(15, 201)).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Refused, "{}", error.chain());
    assert_eq!(cloud.proxy.count("SetDesiredCapacity"), 1);
}

#[tokio::test]
async fn wrong_keys_are_refused_and_said_to_be() {
    let cloud = Cloud::of(Moto::guarded_after(2));
    cloud.moto.make_group("web", 10);
    let (eyes, hands) = plugged(&cloud).await;
    let Seen::Nothing(why) = look(&eyes).await else { panic!() };
    assert!(why.contains("InvalidClientTokenId") || why.contains("credentials"), "{why}");
    let error = hands.apply(&resize(10, 15)).await.unwrap_err();
    assert_eq!(error.kind, FailureKind::Refused, "{}", error.chain());
}

/// What the eyes say keeps the group from being shrunk.
async fn busy(eyes: &AwsEyes) -> Option<String> {
    let seen = look(eyes).await;
    let Seen::Group(group) = seen else { panic!("{seen:?}") };
    group.busy
}

#[tokio::test]
async fn a_group_with_a_scaler_of_the_clouds_own_is_left_to_it() {
    let cloud = Cloud::start();
    cloud.moto.make_group("web", 10);
    let tracking = [
        ("AutoScalingGroupName", "web"),
        ("PolicyName", "cpu-60"),
        ("PolicyType", "TargetTrackingScaling"),
        ("TargetTrackingConfiguration.TargetValue", "60"),
        (
            "TargetTrackingConfiguration.PredefinedMetricSpecification.PredefinedMetricType",
            "ASGAverageCPUUtilization",
        ),
    ];
    cloud.moto.autoscaling("PutScalingPolicy", &tracking);
    let (eyes, _) = plugged(&cloud).await;
    assert_eq!(busy(&eyes).await.unwrap(), "another scaler acts on it: policy cpu-60");
    busy(&eyes).await;
    assert_eq!(cloud.proxy.count("DescribePolicies"), 1, "it is not asked at every look");
}

#[tokio::test]
async fn policies_that_may_not_be_read_stop_nothing_and_silence_stops_shrinking() {
    let cloud = Cloud::start();
    cloud.moto.make_group("web", 10);
    cloud.proxy.once("DescribePolicies", Fault::refusal("AccessDenied"));
    let (eyes, _) = plugged(&cloud).await;
    assert_eq!(busy(&eyes).await, None);
    let (eyes, _) = plugged(&cloud).await;
    cloud.proxy.always("DescribePolicies", Fault::throttling());
    let why = busy(&eyes).await.unwrap();
    assert!(why.contains("whether another scaler acts on it is not known"), "{why}");
}

#[tokio::test]
async fn a_tag_on_the_group_pauses_it() {
    let cloud = Cloud::start();
    cloud.moto.make_group("web", 10);
    let tag = [
        ("Tags.member.1.ResourceId", "web"),
        ("Tags.member.1.ResourceType", "auto-scaling-group"),
        ("Tags.member.1.Key", "setpoint%3Apause"),
        ("Tags.member.1.Value", "migration"),
        ("Tags.member.1.PropagateAtLaunch", "false"),
    ];
    let (eyes, _) = plugged(&cloud).await;
    let paused = async || {
        let seen = look(&eyes).await;
        let Seen::Group(group) = seen else { panic!("{seen:?}") };
        (group.paused, group.busy)
    };
    assert_eq!(paused().await, (None, None));
    cloud.moto.autoscaling("CreateOrUpdateTags", &tag);
    assert_eq!(paused().await, (Some("migration".to_owned()), None));
}

#[tokio::test]
async fn an_answer_that_lacks_members_is_no_answer_until_it_is_confirmed() {
    let cloud = Cloud::start();
    cloud.moto.make_group("web", 10);
    let (eyes, _) = plugged(&cloud).await;
    assert_eq!(size(&eyes).await, 10);
    cloud.proxy.always("DescribeAutoScalingGroups", Fault::WithoutMembers(2));
    for _ in 0..2 {
        let Seen::Nothing(why) = look(&eyes).await else { panic!() };
        assert!(why.contains("only 8 of the 10 seen before"), "{why}");
    }
    assert_eq!(size(&eyes).await, 10, "two further looks said the same");
    cloud.proxy.reset();
    assert_eq!(size(&eyes).await, 10);
}

#[tokio::test]
async fn it_takes_on_a_role_with_the_external_id_that_the_role_asks_for() {
    let cloud = Cloud::start();
    cloud.moto.make_group("web", 10);
    let arn = "arn:aws:iam::123456789012:role/setpoint".to_owned();
    let settings = AwsSettings {
        endpoint: Some(cloud.endpoint().parse().unwrap()),
        credentials_file: Some(cloud.credentials().to_owned()),
        role: Some(Role { arn, external_id: Some("games-1".to_owned()) }),
        ..AwsSettings::new("aws", REGION)
    };
    let aws = Aws::connect(settings, Arc::new(MachineClock::start())).await;
    let eyes = aws.eyes(BTreeMap::from([(web(), Resource::Group("web".to_owned()))]));
    assert_eq!(size(&eyes).await, 10);
    let changes = cloud.proxy.changes();
    assert_eq!(cloud.proxy.count("AssumeRole"), 1, "{changes:?}");
    assert!(changes[0].contains("ExternalId=games-1"), "{changes:?}");
}

#[tokio::test]
async fn a_fleet_is_the_groups_with_all_its_tags_and_no_others() {
    let cloud = Cloud::start();
    for (name, app) in [("a", "shop"), ("b", "game"), ("c", "")] {
        cloud.moto.make_group(name, 1);
        let tag = [
            ("Tags.member.1.ResourceId", name),
            ("Tags.member.1.ResourceType", "auto-scaling-group"),
            ("Tags.member.1.Key", "app"),
            ("Tags.member.1.Value", app),
            ("Tags.member.1.PropagateAtLaunch", "false"),
        ];
        if !app.is_empty() {
            cloud.moto.autoscaling("CreateOrUpdateTags", &tag);
        }
    }
    let aws = cloud.connect().await;
    let select = async |pairs: &[(&str, &str)]| {
        let tags = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        aws.select(&tags.collect()).await
    };
    assert_eq!(select(&[("app", "*")]).await.unwrap(), ["a", "b"]);
    assert_eq!(select(&[("app", "game")]).await.unwrap(), ["b"]);
    assert!(select(&[("app", "game"), ("stage", "*")]).await.unwrap().is_empty());
    assert!(select(&[]).await.unwrap().is_empty(), "no tags are never everything");
    cloud.proxy.always("DescribeAutoScalingGroups", Fault::CutReply);
    assert!(select(&[("app", "*")]).await.is_err(), "some of them are never taken for all");
}

fn share() -> TargetName {
    TargetName::new("share")
}

/// A group that is mixed of on-demand and spot instances.
fn make_mixed(moto: &Moto) {
    let template = [
        ("LaunchTemplateName", "web"),
        ("LaunchTemplateData.ImageId", "ami-12c6146b"),
        ("LaunchTemplateData.InstanceType", "t3.micro"),
    ];
    moto.ec2("CreateLaunchTemplate", &template);
    let specification = "MixedInstancesPolicy.LaunchTemplate.LaunchTemplateSpecification";
    let (name, version) =
        (format!("{specification}.LaunchTemplateName"), format!("{specification}.Version"));
    let group = [
        ("AutoScalingGroupName", "web"),
        ("MinSize", "1"),
        ("MaxSize", "20"),
        ("DesiredCapacity", "4"),
        ("AvailabilityZones.member.1", "eu-west-1a"),
        (&*name, "web"),
        (&*version, "1"),
        ("MixedInstancesPolicy.LaunchTemplate.Overrides.member.1.InstanceType", "t3.micro"),
        ("MixedInstancesPolicy.LaunchTemplate.Overrides.member.2.InstanceType", "t3.small"),
        ("MixedInstancesPolicy.InstancesDistribution.OnDemandBaseCapacity", "2"),
        ("MixedInstancesPolicy.InstancesDistribution.OnDemandPercentageAboveBaseCapacity", "50"),
        ("MixedInstancesPolicy.InstancesDistribution.SpotAllocationStrategy", "capacity-optimized"),
    ];
    moto.autoscaling("CreateAutoScalingGroup", &group);
}

/// What moto keeps of the group's mixed instances policy.
fn mixed(moto: &Moto) -> String {
    let told = moto.autoscaling("DescribeAutoScalingGroups", &[]);
    let policy = told.split_once("<MixedInstancesPolicy>").map(|(_, rest)| rest);
    let policy = policy.and_then(|rest| rest.split_once("</MixedInstancesPolicy>"));
    policy.unwrap_or_else(|| panic!("{told}")).0.to_owned()
}

#[tokio::test]
async fn a_share_of_on_demand_instances_is_set_and_nothing_else_of_the_group_is_lost() {
    let cloud = Cloud::start();
    make_mixed(&cloud.moto);
    let before = mixed(&cloud.moto);
    let aws = cloud.connect().await;
    let own = Resource::Setting("on-demand/web".parse::<Dial>().expect("it is a setting"));
    let targets = BTreeMap::from([(share(), own)]);
    let (eyes, hands) = (aws.eyes(targets.clone()), aws.hands(targets));
    let look = async || match eyes.observe().await.remove(&share()) {
        Some(Seen::Setting(setting)) => setting.value,
        other => panic!("{other:?}"),
    };
    let set = async |from, to| {
        let action = Action::Set { from, to, leaves: true, revision: None };
        let intent = Intent { id: IntentId::new("here/share/1/1"), target: share(), action };
        hands.apply(&intent).await.map_err(|error| error.kind)
    };
    assert_eq!(look().await, 50);
    for _ in 0..2 {
        set(50, 70).await.expect("it is set");
    }
    assert_eq!(cloud.proxy.count("UpdateAutoScalingGroup"), 1);
    assert_eq!(look().await, 70);
    let rest = |text: &str| {
        let percent = "<OnDemandPercentageAboveBaseCapacity>";
        let (start, after) = text.split_once(percent).expect("it is told");
        format!("{start}{}", after.split_once('<').expect("its end").1)
    };
    let after = mixed(&cloud.moto);
    // Of a template that is told by id and by name, AWS takes one: the id.
    let name = "<LaunchTemplateName>web</LaunchTemplateName>";
    assert_eq!(rest(&after).replace(name, ""), rest(&before).replace(name, ""));
    assert_eq!(set(50, 60).await, Err(FailureKind::Stale));
    assert_eq!(set(70, 101).await, Err(FailureKind::Refused));
    assert_eq!(cloud.proxy.count("UpdateAutoScalingGroup"), 1);
}

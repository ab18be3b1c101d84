//! Auto Scaling groups and their settings, read replicas, the storage of databases and volumes, at moto.

use crate::{
    subject::{Case, Provider, Scene, Step, Way, it, missing},
    wire::{List, Tongue, Wire},
};
use setpoint_aws::{AwsEyes, AwsHands, Deadlines, Dial, Resource};
use setpoint_core::Action;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use support::{Calls, Fault, Keys, Moto};

/// How long a look, and an action, may take.
const DEADLINE: Duration = Duration::from_secs(6);

pub(crate) const TONGUE: Tongue = Tongue {
    throttled: Fault::throttling,
    unknown: || Fault::refusal("InvalidClientTokenId"),
    forbidden: || Fault::refusal("AccessDenied"),
    list: None,
};

pub(crate) const REMEDY: &str = "`setpoint permissions` prints a policy that allows it";
const BY_ID: &str = "it is asked for by its id: there are no pages";

/// Lists of groups, and of databases: each says by a token that it goes on.
const GROUPS: List = List {
    first: Calls::Of("DescribeAutoScalingGroups"),
    next: Calls::With("NextToken=more"),
    goes_on: |body, _| goes_on(body, "AutoScalingGroups", "NextToken"),
};
const DATABASES: List = List {
    first: Calls::Of("DescribeDBInstances"),
    next: Calls::With("Marker=more"),
    goes_on: |body, _| goes_on(body, "DBInstances", "Marker"),
};

fn goes_on(body: &str, list: &str, token: &str) -> String {
    let (full, empty) = (format!("</{list}>"), format!("<{list}/>"));
    let more = |end: &str| format!("{end}<{token}>more</{token}>");
    body.replace(&full, &more(&full)).replace(&empty, &more(&empty))
}

/// A target with its eyes and hands; `own` is what it is, `absent` what nobody has.
pub(crate) async fn scene<P>(
    (wire, way): (Wire, Way),
    (own, absent): (Resource, Resource),
    step: Step,
) -> Scene<P>
where
    P: Provider<Eyes = AwsEyes, Hands = AwsHands>,
{
    let deadlines = Deadlines { look: DEADLINE, act: DEADLINE, ..Deadlines::default() };
    let keys = Keys::new();
    let aws = keys.connect(&wire.url(way), deadlines).await;
    let targets = BTreeMap::from([(it(), own), (missing(), absent)]);
    let (eyes, hands) = (Arc::new(aws.eyes(targets.clone())), Arc::new(aws.hands(targets)));
    // Their file must last.
    let server = Box::new(wire.with(keys));
    Scene { eyes, hands, step, deadline: DEADLINE, server }
}

/// What stands between `<tag>` and its end in `text`, as a number.
fn number(text: &str, tag: &str) -> u32 {
    let found = text.split_once(&format!("<{tag}>")).and_then(|(_, rest)| rest.split_once('<'));
    let number = found.and_then(|(number, _)| number.parse().ok());
    number.unwrap_or_else(|| panic!("no {tag} in {text}"))
}

/// Auto Scaling groups.
pub(crate) struct Groups(Arc<Moto>);

impl Provider for Groups {
    type Eyes = AwsEyes;
    type Hands = AwsHands;
    const WITHOUT: &'static [(Case, &'static str)] = &[];
    const REMEDY: &'static str = REMEDY;

    fn start() -> Self {
        Self(Arc::new(Moto::start()))
    }

    async fn scene(&self, name: &str, way: Way) -> Scene<Self> {
        self.0.make_group(name, 4);
        let (moto, other, own) = (Arc::clone(&self.0), Arc::clone(&self.0), name.to_owned());
        let asked = own.clone();
        let truth = move || {
            let asked = [("AutoScalingGroupNames.member.1", asked.as_str())];
            number(&moto.autoscaling("DescribeAutoScalingGroups", &asked), "DesiredCapacity")
        };
        let wire = Wire::new(self.0.address(), Tongue { list: Some(GROUPS), ..TONGUE }, truth)
            .moved_by(move || {
                let size = [("AutoScalingGroupName", &*own), ("DesiredCapacity", "9")];
                other.autoscaling("SetDesiredCapacity", &size);
            });
        let targets = (Resource::Group(name.to_owned()), Resource::Group("nobody".to_owned()));
        let step = Step { from: 4, to: 6, action: Action::Resize { from: 4, to: 6 } };
        scene((wire, way), targets, step).await
    }
}

/// Read replicas.
pub(crate) struct Databases(Arc<Moto>);

impl Provider for Databases {
    type Eyes = AwsEyes;
    type Hands = AwsHands;
    const WITHOUT: &'static [(Case, &'static str)] =
        &[(Case::MovedIsStale, "a replica is asked for by its name, whatever their number is")];
    const REMEDY: &'static str = REMEDY;

    fn start() -> Self {
        Self(Arc::new(Moto::start()))
    }

    async fn scene(&self, name: &str, way: Way) -> Scene<Self> {
        self.0.make_database(name);
        // Somebody else's: with one there is a list.
        let other = format!("{name}-other");
        let other = [("DBInstanceIdentifier", &*other), ("SourceDBInstanceIdentifier", name)];
        self.0.rds("CreateDBInstanceReadReplica", &other);
        let (moto, own) = (Arc::clone(&self.0), name.to_owned());
        let truth = move || {
            let all = moto.rds("DescribeDBInstances", &[]);
            let source = format!(
                "<ReadReplicaSourceDBInstanceIdentifier>{own}</ReadReplicaSourceDBInstanceIdentifier>"
            );
            u32::try_from(all.matches(&source).count()).expect("there are few")
        };
        let tongue = Tongue { list: Some(DATABASES), ..TONGUE };
        let wire = Wire::new(self.0.address(), tongue, truth);
        let targets =
            (Resource::Database(name.to_owned()), Resource::Database("nobody".to_owned()));
        let action = Action::AddReplica { name: format!("{name}-sp-1") };
        scene((wire, way), targets, Step { from: 1, to: 2, action }).await
    }
}

/// The storage of databases.
pub(crate) struct Storage(Arc<Moto>);

impl Provider for Storage {
    type Eyes = AwsEyes;
    type Hands = AwsHands;
    const WITHOUT: &'static [(Case, &'static str)] = &[(Case::HalfAList, BY_ID)];
    const REMEDY: &'static str = REMEDY;

    fn start() -> Self {
        Self(Arc::new(Moto::start()))
    }

    async fn scene(&self, name: &str, way: Way) -> Scene<Self> {
        self.0.make_database(name);
        let (moto, other, own) = (Arc::clone(&self.0), Arc::clone(&self.0), name.to_owned());
        let asked = own.clone();
        let truth = move || {
            let asked = [("DBInstanceIdentifier", asked.as_str())];
            number(&moto.rds("DescribeDBInstances", &asked), "AllocatedStorage")
        };
        let wire = Wire::new(self.0.address(), TONGUE, truth).moved_by(move || {
            let size = [("DBInstanceIdentifier", &*own), ("AllocatedStorage", "30")];
            other.rds("ModifyDBInstance", &size);
        });
        let targets = (Resource::Storage(name.to_owned()), Resource::Storage("nobody".to_owned()));
        let step = Step { from: 20, to: 40, action: Action::Grow { from: 20, to: 40 } };
        scene((wire, way), targets, step).await
    }
}

/// Volumes.
pub(crate) struct Volumes(Arc<Moto>);

impl Provider for Volumes {
    type Eyes = AwsEyes;
    type Hands = AwsHands;
    const WITHOUT: &'static [(Case, &'static str)] = &[(Case::HalfAList, BY_ID)];
    const REMEDY: &'static str = REMEDY;

    fn start() -> Self {
        Self(Arc::new(Moto::start()))
    }

    async fn scene(&self, _: &str, way: Way) -> Scene<Self> {
        let made = [("AvailabilityZone", "eu-west-1a"), ("Size", "100")];
        let answer = self.0.ec2("CreateVolume", &made);
        let id = answer.split_once("<volumeId>").and_then(|(_, rest)| rest.split_once('<'));
        let id = id.unwrap_or_else(|| panic!("{answer}")).0.to_owned();
        let (moto, other, own) = (Arc::clone(&self.0), Arc::clone(&self.0), id.clone());
        let asked = own.clone();
        let truth =
            move || number(&moto.ec2("DescribeVolumes", &[("VolumeId.1", asked.as_str())]), "size");
        let wire = Wire::new(self.0.address(), TONGUE, truth).moved_by(move || {
            other.ec2("ModifyVolume", &[("VolumeId", own.as_str()), ("Size", "110")]);
        });
        let nobody = Resource::Volume("vol-0123456789abcdef0".to_owned());
        let step = Step { from: 100, to: 120, action: Action::Grow { from: 100, to: 120 } };
        scene((wire, way), (Resource::Volume(id), nobody), step).await
    }
}

/// Warm pools of groups.
pub(crate) struct Settings(Arc<Moto>);

impl Provider for Settings {
    type Eyes = AwsEyes;
    type Hands = AwsHands;
    const WITHOUT: &'static [(Case, &'static str)] = &[];
    const REMEDY: &'static str = REMEDY;

    fn start() -> Self {
        Self(Arc::new(Moto::start()))
    }

    async fn scene(&self, name: &str, way: Way) -> Scene<Self> {
        self.0.make_group(name, 4);
        let fill = |moto: &Moto, name: &str, size: &str| {
            moto.autoscaling("PutWarmPool", &[("AutoScalingGroupName", name), ("MinSize", size)]);
        };
        fill(&self.0, name, "4");
        let (moto, other, own) = (Arc::clone(&self.0), Arc::clone(&self.0), name.to_owned());
        let asked = own.clone();
        let truth = move || {
            let asked = [("AutoScalingGroupName", asked.as_str())];
            number(&moto.autoscaling("DescribeWarmPool", &asked), "MinSize")
        };
        let wire = Wire::new(self.0.address(), Tongue { list: Some(GROUPS), ..TONGUE }, truth)
            .moved_by(move || fill(&other, &own, "9"));
        let pool = |group: &str| Resource::Setting(Dial::WarmPool(group.to_owned()));
        let action = Action::Set { from: 4, to: 6, leaves: true, revision: None };
        let step = Step { from: 4, to: 6, action };
        scene((wire, way), (pool(name), pool("nobody")), step).await
    }
}

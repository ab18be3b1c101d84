//! Traffic by Route 53: who is sent where, through the whole agent and against servers that
//! answer as Route 53 does.

use setpoint_aws::{AwsEyes, AwsHands, Deadlines, Records, Resource};
use setpoint_control::{Act, Observe};
use setpoint_core::{Action, FailureKind, Intent, IntentId, Seen, Shares, TargetName, Traffic};
use std::collections::BTreeMap;
use support::{
    Calls, Cloud, Fault, FaultProxy, Keys, Ministack, REGION, Site, ZONE_NAME, Zone, until,
    zone_address, zone_alias, zone_dead,
};

/// Away from a region that is dead, and back in steps of half of all users.
const POLICY: &str = r#"
const POLICY = #{
    about: "Fail over", language: 1,
    targets: #{ front: #{ kind: "traffic", destinations: ["aws", "azure"], step_down: "50%" } },
};
rule "fail over" when !front.healthy("aws") && front.healthy("azure") {
    front.shift_to("azure").because("aws does not answer");
}
rule "back" when front.healthy("aws") { front.shift_to("aws"); }
"#;

/// The answer to a question for the health of something dead.
fn dead() -> Fault {
    let headers = "Content-Type: text/xml\r\n";
    Fault::Answer { status: "200 OK", headers, body: zone_dead() }
}

/// An agent with a pass every second that acts on `zone`.
fn site(cloud: &Cloud, zone: &Zone) -> Site {
    let site = Site::new(&format!(
        r#"region = "here"
mode = "act"
every = "1s"
data_dir = "{{data}}"
[providers.aws]
kind = "aws"
region = "{REGION}"
endpoint = "{endpoint}"
credentials_file = "{credentials}"
[targets.front]
kind = "traffic"
provider = "aws"
id = "{zone}"
name = "{name}"
destinations = {{ aws = "set-1", azure = "set-2" }}
settle = "1s"
cooldown_down = "1s"
[[policies]]
file = "failover.rhai"
targets = {{ front = "front" }}
"#,
        endpoint = cloud.endpoint(),
        credentials = cloud.credentials().display(),
        zone = zone.id(),
        name = ZONE_NAME,
    ));
    site.write("failover.rhai", POLICY);
    site
}

#[track_caller]
fn sent(zone: &Zone, expected: [u32; 2]) {
    until("users are sent elsewhere", || {
        let weights = zone.weights();
        if weights == expected { Ok(()) } else { Err(weights) }
    });
}

#[test]
fn users_leave_a_region_that_is_dead_at_once_and_come_back_in_steps() {
    let cloud = Cloud::start();
    let zone = Zone::make(cloud.moto.address());
    let (one, two) = (zone.health_check("one"), zone.health_check("two"));
    zone.put("set-1", 200, &zone_alias(Some(&one)));
    zone.put("set-2", 0, &zone_address(Some(&two)));
    let before = zone.records();
    let site = site(&cloud, &zone);
    let doctor = site.run(&["doctor"]);
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(doctor.status.success() && !said.contains("nobody can tell"), "{said}");
    let permitted = site.run(&["permissions"]);
    let permitted = String::from_utf8_lossy(&permitted.stdout).into_owned();
    let zones = format!("arn:aws:route53:::hostedzone/{}", zone.id());
    for words in ["route53:ChangeResourceRecordSets", "RecordNames", ZONE_NAME, &zones] {
        assert!(permitted.contains(words), "no {words} in {permitted}");
    }
    let mut agent = site.start();
    agent.passes(2);
    assert_eq!(zone.weights(), [200, 0], "all users are at home, whatever that is written as");
    cloud.proxy.always(Calls::About("GetHealthCheckStatus", one.leak()), dead());
    agent.action();
    sent(&zone, [0, 100]);
    let said = site.explain("front");
    assert!(said.contains("aws 100 % (unhealthy)") && said.contains("destinations"), "{said}");
    cloud.proxy.reset();
    agent.action();
    sent(&zone, [50, 50]);
    agent.action();
    sent(&zone, [100, 0]);
    agent.stop();
    let rest = |sets: Vec<support::RecordSet>| {
        sets.into_iter().map(|set| (set.id, set.rest)).collect::<Vec<_>>()
    };
    assert_eq!(rest(zone.records()), rest(before), "aliases, addresses and checks stay");
}

/// Eyes and hands on the zone of a server that takes a change only if it names what there is.
struct Bench {
    zone: Zone,
    proxy: FaultProxy,
    eyes: AwsEyes,
    hands: AwsHands,
    _server: Ministack,
    _keys: Keys,
}

fn front() -> TargetName {
    TargetName::new("front")
}

fn shares(aws: u32) -> Shares {
    [("aws".to_owned(), aws), ("azure".to_owned(), 100 - aws)].into()
}

impl Bench {
    async fn start() -> Self {
        let server = Ministack::start();
        let zone = Zone::make(server.address());
        zone.put("set-1", 100, &zone_alias(Some("a-check")));
        zone.put("set-2", 0, &zone_address(None));
        let proxy = FaultProxy::start(server.address());
        let (keys, endpoint) = (Keys::new(), format!("http://{}", proxy.address()));
        let aws = keys.connect(&endpoint, Deadlines::default()).await;
        let own = [("aws", "set-1"), ("azure", "set-2")];
        let records = Resource::Traffic(Records {
            zone: zone.id().to_owned(),
            name: ZONE_NAME.to_uppercase(),
            destinations: own.map(|(name, id)| (name.to_owned(), id.to_owned())).into(),
        });
        let targets = BTreeMap::from([(front(), records)]);
        let (eyes, hands) = (aws.eyes(targets.clone()), aws.hands(targets));
        Self { zone, proxy, eyes, hands, _server: server, _keys: keys }
    }

    async fn look(&self) -> Traffic {
        match self.eyes.observe().await.remove(&front()) {
            Some(Seen::Traffic(traffic)) => traffic,
            other => panic!("{other:?}"),
        }
    }

    /// What becomes of a route from so many percent at `aws` to so many.
    async fn route(&self, from: u32, to: u32) -> Result<(), FailureKind> {
        let action = Action::Route { from: shares(from), to: shares(to), leaves: true };
        let intent = Intent { id: IntentId::new("here/front/1/1"), target: front(), action };
        self.hands.apply(&intent).await.map_err(|error| error.kind)
    }
}

#[tokio::test]
async fn what_somebody_else_wrote_is_never_lost() {
    let bench = Bench::start().await;
    assert_eq!(bench.look().await.shares(), shares(100));
    let old = bench.zone.answer();
    bench.zone.put("set-2", 25, &zone_address(None));
    let theirs = bench.zone.records();
    assert_eq!(bench.route(100, 50).await, Err(FailureKind::Stale));
    assert_eq!(bench.proxy.count("ChangeResourceRecordSets"), 0, "it was seen before");
    // And where it was not: our look was just before theirs.
    let headers = "Content-Type: text/xml\r\n";
    bench
        .proxy
        .once("ListResourceRecordSets", Fault::Answer { status: "200 OK", headers, body: old });
    assert_eq!(bench.route(100, 50).await, Err(FailureKind::Stale));
    assert_eq!(bench.proxy.count("ChangeResourceRecordSets"), 1, "Route 53 refused it");
    assert_eq!(bench.zone.records(), theirs);
    assert_eq!(bench.route(80, 50).await, Ok(()), "their shares are the new base");
    assert_eq!(bench.zone.weights(), [50, 50]);
}

#[tokio::test]
async fn a_lost_answer_leaves_users_where_they_were_sent_and_twice_is_once() {
    let bench = Bench::start().await;
    bench.proxy.once("ChangeResourceRecordSets", Fault::LoseReply);
    assert_eq!(bench.route(100, 20).await, Err(FailureKind::Unavailable));
    assert_eq!(bench.look().await.shares(), shares(20));
    assert_eq!(bench.route(100, 20).await, Ok(()));
    assert_eq!(bench.proxy.count("ChangeResourceRecordSets"), 1);
}

#[tokio::test]
async fn a_health_that_cannot_be_asked_is_never_taken_for_a_good_one() {
    let bench = Bench::start().await;
    // This server does not serve the status of health checks, and one has none.
    let seen = bench.look().await;
    assert!(bench.proxy.count("GetHealthCheckStatus") > 0);
    assert!(seen.destinations.values().all(|it| it.healthy.is_none()), "{seen:?}");
    bench.proxy.always("GetHealthCheckStatus", dead());
    let seen = bench.look().await;
    let health: Vec<Option<bool>> = seen.destinations.values().map(|it| it.healthy).collect();
    assert_eq!(health, [Some(false), None]);
    bench.proxy.always("ListResourceRecordSets", Fault::throttling());
    let seen = bench.eyes.observe().await.remove(&front());
    assert!(matches!(seen, Some(Seen::Nothing(_))), "{seen:?}");
}

#[tokio::test]
async fn users_that_are_sent_elsewhere_are_not_acted_on() {
    let bench = Bench::start().await;
    bench.zone.put("set-3", 10, &zone_address(None));
    let seen = bench.eyes.observe().await.remove(&front());
    let told = matches!(&seen, Some(Seen::Nothing(why)) if why.contains("set-3 takes users"));
    assert!(told, "{seen:?}");
    assert_eq!(bench.route(100, 0).await, Err(FailureKind::Refused));
    bench.zone.put("set-3", 0, &zone_address(None));
    assert_eq!(bench.route(100, 0).await, Ok(()));
    assert_eq!(bench.zone.weights(), [0, 100, 0]);
}

//! Rollouts behind a load balancer of AWS's: what share a candidate has, through the whole agent and
//! against a server that answers as Elastic Load Balancing does.

use setpoint_aws::{AwsEyes, AwsHands, Resource, WeightedGroups};
use setpoint_control::{Act, Observe};
use setpoint_core::{Action, FailureKind, Intent, IntentId, Rollout, Seen, TargetName};
use std::collections::BTreeMap;
use support::{
    Agent, Balancer, Calls, Cloud, Exporter, Fault,
    Forwards::{self, Listener, Rule},
    Page, REGION, Site,
};

/// Up by stages, and back when more than a percent fails.
const POLICY: &str = r#"
const POLICY = #{
    about: "Raise a canary", language: 1,
    inputs:  #{ errors: #{ unit: "percent" }, wanted: #{ unit: "percent" } },
    targets: #{ canary: #{ kind: "rollout" } },
};
rule "raise"   when m.errors < 1.percent && canary.share < m.wanted { canary.advance(); }
rule "failing" when m.errors > 1.percent { canary.rollback().because("it fails"); }
"#;

/// What the candidates' health is asked by: targets of the stable group never are.
const CANDIDATES: Calls = Calls::With("checkout-new");

/// An agent with a pass every second that acts on what `of` forwards.
fn site((cloud, balancer): (&Cloud, &Balancer), of: Forwards, page: &Exporter) -> Site {
    let site = Site::new(&format!(
        r#"region = "here"
mode = "act"
every = "1s"
data_dir = "{{data}}"
[sources.app]
kind = "scrape"
url = "{page}"
timeout = "1s"
[providers.aws]
kind = "aws"
region = "{REGION}"
endpoint = "{endpoint}"
credentials_file = "{credentials}"
[targets.checkout]
kind = "rollout"
provider = "aws"
id = "{rule}"
stable = "checkout-old"
candidate = "{candidate}"
stages = ["10%", "25%", "100%"]
settle = "1s"
cooldown_down = "1s"
[[policies]]
file = "canary.rhai"
inputs = {{ errors = {{ source = "app", query = "errors" }}, wanted = {{ source = "app", query = "wanted" }} }}
targets = {{ canary = "checkout" }}
"#,
        page = page.url(),
        endpoint = cloud.endpoint(),
        credentials = cloud.credentials().display(),
        rule = balancer.arn(of),
        candidate = balancer.candidate(),
    ));
    site.write("canary.rhai", POLICY);
    site
}

#[track_caller]
fn action(agent: &mut Agent, action: &str) {
    agent.until(action, |line| line["fields"]["action"] == action);
}

fn said(site: &Site, command: &str) -> String {
    String::from_utf8_lossy(&site.run(&[command]).stdout).into_owned()
}

#[test]
fn a_candidate_rises_by_stages_and_one_that_fails_is_rolled_back_for_good() {
    let cloud = Cloud::start();
    let balancer = Balancer::make(&cloud.moto, "checkout", (1, 0));
    balancer.tag("setpoint:revision", "v1");
    let page = Exporter::start(Page::Text("errors 0\nwanted 25\n".to_owned()));
    let site = site((&cloud, &balancer), Rule, &page);
    let doctor = said(&site, "doctor");
    assert!(doctor.contains("does not take back who is on the candidate"), "{doctor}");
    let permitted = said(&site, "permissions");
    for words in ["elasticloadbalancing:ModifyRule", balancer.arn(Rule), "DescribeTargetHealth"] {
        assert!(permitted.contains(words), "no {words} in {permitted}");
    }
    assert!(!permitted.contains("ModifyListener"), "{permitted}");

    let mut agent = site.start();
    action(&mut agent, "set 0 -> 10");
    action(&mut agent, "set 10 -> 25");
    agent.passes(2);
    assert_eq!(balancer.weights(Rule), (75, 25));
    page.show(Page::Text("errors 50\nwanted 25\n".to_owned()));
    action(&mut agent, "set 25 -> 0");
    agent.passes(1);
    assert_eq!(balancer.weights(Rule), (100, 0));
    // Without traffic it fails no more: that is no evidence of anything.
    page.show(Page::Text("errors 0\nwanted 25\n".to_owned()));
    agent.passes(4);
    assert_eq!(balancer.weights(Rule), (100, 0), "what was rolled back stays so");
    let explained = site.explain("checkout");
    assert!(explained.contains("condemned") && explained.contains("it fails"), "{explained}");
    balancer.tag("setpoint:revision", "v2");
    action(&mut agent, "set 0 -> 10");
    agent.stop();
    assert!(balancer.keeps_users(Rule), "all but the weights stays");
    assert_eq!(balancer.weights(Listener), (1, 0), "what nobody named is not touched");
}

#[test]
fn a_listeners_default_is_shared_as_a_rule_is_and_a_candidate_that_is_ill_is_not_raised() {
    let cloud = Cloud::start();
    let balancer = Balancer::make(&cloud.moto, "checkout", (9, 1));
    let page = Exporter::start(Page::Text("errors 0\nwanted 25\n".to_owned()));
    let site = site((&cloud, &balancer), Listener, &page);
    cloud.proxy.always(CANDIDATES, Fault::Rewrite(ill));
    let mut agent = site.start();
    agent.passes(3);
    let explained = site.explain("checkout");
    assert!(explained.contains("no candidate is healthy"), "{explained}");
    cloud.proxy.heal();
    action(&mut agent, "set 10 -> 25");
    agent.passes(1);
    agent.stop();
    assert_eq!((balancer.weights(Listener), balancer.weights(Rule)), ((75, 25), (9, 1)));
    assert!(balancer.keeps_users(Listener));
}

/// An answer whose targets are all ill.
fn ill(body: &str, _: std::net::SocketAddr) -> String {
    body.replace("<State>healthy<", "<State>unhealthy<")
}

/// Eyes and hands on a rule whose candidate has a quarter.
struct Bench {
    cloud: Cloud,
    balancer: Balancer,
    eyes: AwsEyes,
    hands: AwsHands,
}

fn checkout() -> TargetName {
    TargetName::new("checkout")
}

impl Bench {
    async fn start() -> Self {
        let cloud = Cloud::start();
        let balancer = Balancer::make(&cloud.moto, "checkout", (3, 1));
        let aws = cloud.connect().await;
        let own = Resource::Rollout(WeightedGroups {
            rule: balancer.arn(Rule).to_owned(),
            stable: "checkout-old".to_owned(),
            candidate: "checkout-new".to_owned(),
            revision_tag: "revision".to_owned(),
        });
        let targets = BTreeMap::from([(checkout(), own)]);
        let (eyes, hands) = (aws.eyes(targets.clone()), aws.hands(targets));
        Self { cloud, balancer, eyes, hands }
    }

    async fn look(&self) -> Rollout {
        match self.eyes.observe().await.remove(&checkout()) {
            Some(Seen::Rollout(rollout)) => rollout,
            other => panic!("{other:?}"),
        }
    }

    /// What becomes of a share of the candidate that was called so when it was decided.
    async fn set(
        &self,
        (from, to): (u32, u32),
        revision: Option<&str>,
    ) -> Result<(), (FailureKind, String)> {
        let revision = revision.map(str::to_owned);
        let action = Action::Set { from, to, leaves: to > from, revision };
        let intent = Intent { id: IntentId::new("here/checkout/1/1"), target: checkout(), action };
        self.hands.apply(&intent).await.map_err(|error| (error.kind, error.chain()))
    }

    /// That an action is stale, for this reason, and sends nothing.
    #[track_caller]
    fn stale(&self, applied: Result<(), (FailureKind, String)>, why: &str) {
        let (kind, said) = applied.expect_err("it is stale");
        assert_eq!(kind, FailureKind::Stale, "{said}");
        assert!(said.contains(why), "no {why} in {said}");
        assert!(self.cloud.proxy.changes().is_empty(), "nothing is sent");
    }
}

#[tokio::test]
async fn what_somebody_else_set_is_stale_even_between_our_look_and_our_change() {
    let bench = Bench::start().await;
    assert_eq!(bench.look().await, Rollout { share: 25, ..Rollout::default() });
    bench.balancer.weigh((88, 12));
    bench.stale(bench.set((25, 50), None).await, "the candidate has 12 %, not 25");
    // And where the first look was before theirs: the second, right before the change, is not.
    bench.balancer.weigh((3, 1));
    bench.look().await;
    bench.balancer.weigh((88, 12));
    bench.cloud.proxy.once("DescribeRules", Fault::Behind);
    bench.stale(bench.set((25, 50), None).await, "somebody else has changed it just now");
    assert_eq!(bench.balancer.weights(Rule), (88, 12));
    bench.set((12, 50), None).await.expect("their share is the new base");
    assert_eq!(bench.balancer.weights(Rule), (50, 50));
    assert!(bench.balancer.keeps_users(Rule));
}

#[tokio::test]
async fn a_lost_answer_leaves_the_share_that_was_set_and_twice_is_once() {
    let bench = Bench::start().await;
    bench.cloud.proxy.once("ModifyRule", Fault::LoseReply);
    let (kind, said) = bench.set((25, 50), None).await.expect_err("it was lost");
    assert_eq!(kind, FailureKind::Unavailable, "{said}");
    assert_eq!(bench.look().await.share, 50);
    bench.set((25, 50), None).await.expect("it has it");
    assert_eq!(bench.cloud.proxy.count("ModifyRule"), 1);
}

#[tokio::test]
async fn traffic_is_never_taken_from_a_candidate_when_nothing_else_is_healthy() {
    let bench = Bench::start().await;
    bench.cloud.proxy.always("DescribeTargetHealth", Fault::Rewrite(ill));
    assert_eq!(bench.look().await.busy.as_deref(), Some("no candidate is healthy"));
    bench.stale(bench.set((25, 50), None).await, "no candidate is healthy");
    let (kind, said) = bench.set((25, 0), None).await.expect_err("nobody else would serve");
    assert_eq!(kind, FailureKind::Refused, "{said}");
    assert!(said.contains("no stable target is healthy to take the traffic"), "{said}");
    assert_eq!(bench.balancer.weights(Rule), (3, 1));
}

#[tokio::test]
async fn what_cannot_be_asked_raises_nobody_and_keeps_nobody_from_a_rollback() {
    for action in ["DescribeTargetHealth", "DescribeTags"] {
        let bench = Bench::start().await;
        bench.cloud.proxy.always(action, Fault::refusal("AccessDenied"));
        let seen = bench.look().await;
        let busy = seen.busy.expect("it is not raised");
        assert!(busy.contains("is not known") && busy.contains(action), "{busy}");
        let (kind, said) = bench.set((25, 50), None).await.expect_err("it is not known");
        assert_eq!(kind, FailureKind::Refused, "{said}");
        assert_eq!(bench.balancer.weights(Rule), (3, 1));
        bench.set((25, 0), None).await.expect("a rollback goes on");
        assert_eq!(bench.balancer.weights(Rule), (100, 0));
    }
}

#[tokio::test]
async fn a_candidate_that_is_another_one_by_now_is_not_raised() {
    let bench = Bench::start().await;
    bench.balancer.tag("revision", "v1");
    assert_eq!(bench.look().await.revision.as_deref(), Some("v1"));
    bench.balancer.tag("revision", "v2");
    bench.stale(bench.set((25, 50), Some("v1")).await, "the candidate is v2 now, not v1");
    bench.balancer.tag("setpoint:pause", "a move");
    assert_eq!(bench.look().await.paused.as_deref(), Some("a move"));
    bench.set((25, 0), Some("v1")).await.expect("a rollback asks for no name");
    assert_eq!(bench.balancer.weights(Rule), (100, 0));
}

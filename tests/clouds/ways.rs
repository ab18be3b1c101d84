//! The real agent on the ways into the simulated AWS: Route 53, and the load balancer's target groups.

use support::{Agent, REGION, Simulated, Site, ZONE_NAME, Zone, until, zone_address, zone_alias};

/// An agent with a pass every second whose target is `target` and whose one policy is `policy`.
fn site(simulated: &Simulated, target: &str, policy: &str, bound: &str) -> Site {
    let site = Site::new(&format!(
        r#"
region = "{REGION}"
mode = "act"
every = "1s"
data_dir = "{{data}}"

[sources.world]
kind = "prometheus"
url = "{prometheus}"

[providers.aws]
kind = "aws"
endpoint = "{aws}"

[targets.way]
provider = "aws"
settle = "1s"
cooldown_down = "1s"
{target}

[[policies]]
file = "way.rhai"
{bound}
"#,
        prometheus = simulated.url("prometheus"),
        aws = simulated.url("aws"),
    ));
    site.write("way.rhai", policy);
    site.with("AWS_ACCESS_KEY_ID", "fake").with("AWS_SECRET_ACCESS_KEY", "fake")
}

/// Gives the scenario's group so many members.
#[track_caller]
fn resize(simulated: &Simulated, size: &str) {
    let size = [("AutoScalingGroupName", "web"), ("MinSize", "0"), ("DesiredCapacity", size)];
    simulated.autoscaling("UpdateAutoScalingGroup", &size);
}

const FAILOVER: &str = r#"
const POLICY = #{
    about: "Fail over", language: 1,
    targets: #{ front: #{ kind: "traffic", destinations: ["aws", "azure"], step_down: "50%" } },
};
rule "fail over" when !front.healthy("aws") && front.healthy("azure") {
    front.shift_to("azure").because("aws does not answer");
}
rule "back" when front.healthy("aws") { front.shift_to("aws"); }
"#;

#[test]
fn users_leave_aws_while_its_group_has_nobody_and_come_back_in_steps() {
    // Members boot in a minute of the world.
    let simulated = Simulated::shipped("four-clouds.toml", &[]);
    let zone = Zone::make(simulated.address("aws"));
    let (one, two) = (zone.health_check("one"), zone.health_check_of("two", "azure.example.com"));
    let (here, there) = (zone_alias(Some(&one)), zone_address(Some(&two)));
    zone.put_all(&[("set-1", 200, &here), ("set-2", 0, &there)]);
    let before: Vec<String> = zone.records().into_iter().map(|set| set.rest).collect();
    let target = format!(
        "kind = \"traffic\"\nid = \"{}\"\nname = \"{ZONE_NAME}\"\n\
         destinations = {{ aws = \"set-1\", azure = \"set-2\" }}",
        zone.id()
    );
    let site = site(&simulated, &target, FAILOVER, "targets = { front = \"way\" }");
    let mut agent = site.start();
    agent.passes(2);
    assert_eq!(zone.weights(), [200, 0], "all users are at home, whatever that is written as");
    resize(&simulated, "0");
    let sent = |agent: &mut Agent, expected: [u32; 2]| {
        agent.action();
        until("users are sent elsewhere", || {
            let weights = zone.weights();
            if weights == expected { Ok(()) } else { Err(weights) }
        });
    };
    sent(&mut agent, [0, 100]);
    resize(&simulated, "20");
    sent(&mut agent, [50, 50]);
    sent(&mut agent, [100, 0]);
    agent.stop();
    let after: Vec<String> = zone.records().into_iter().map(|set| set.rest).collect();
    assert_eq!(after, before, "aliases, addresses and checks stay");
}

const CANARY: &str = r#"
const POLICY = #{
    about: "Raise a canary", language: 1,
    inputs:  #{ errors: #{ unit: "percent" } },
    targets: #{ canary: #{ kind: "rollout" } },
};
rule "raise"   when m.errors < 1.percent && canary.share < 25.percent { canary.advance(); }
rule "failing" when m.errors > 5.percent { canary.rollback().because("it fails"); }
"#;

/// The rule of the load balancer before the scenario's group.
const RULE: &str = "arn:aws:elasticloadbalancing:eu-west-1:000000000000:listener-rule/app/web/\
                    0000000000000000/0000000000000001/0000000000000002";

/// The weights of what is stable and of the candidate.
#[track_caller]
fn weights(simulated: &Simulated) -> Vec<u32> {
    let told = simulated.elb("DescribeRules", &[("RuleArns.member.1", RULE)]);
    let weights = told.split("<Weight>").skip(1).filter_map(|rest| rest.split('<').next());
    weights.map(|weight| weight.parse().expect("a number")).collect()
}

#[track_caller]
fn action(agent: &mut Agent, action: &str) {
    agent.until(action, |line| line["fields"]["action"] == action);
}

#[test]
fn a_candidate_is_raised_once_its_targets_are_healthy_and_taken_back_when_requests_fail() {
    let simulated = Simulated::shipped("four-clouds.toml", &[]);
    let target = format!(
        "kind = \"rollout\"\nid = \"{RULE}\"\nstable = \"web\"\ncandidate = \"web-candidate\"\n\
         stages = [\"10%\", \"25%\", \"100%\"]"
    );
    let bound = "inputs = { errors = { source = \"world\", \
                 query = 'world_errors_percent{cloud=\"aws\"}' } }\ntargets = { canary = \"way\" }";
    let site = site(&simulated, &target, CANARY, bound);
    let mut agent = site.start();
    agent.passes(3);
    assert_eq!(weights(&simulated), [100, 0], "a candidate without targets is not raised");
    let explained = site.explain("way");
    assert!(explained.contains("no candidate is healthy"), "{explained}");
    let group = [
        ("AutoScalingGroupName", "web-candidate"),
        ("LaunchConfigurationName", "new"),
        ("MinSize", "0"),
        ("MaxSize", "5"),
        ("DesiredCapacity", "2"),
        ("AvailabilityZones.member.1", "eu-west-1a"),
    ];
    simulated.autoscaling("CreateAutoScalingGroup", &group);
    action(&mut agent, "set 0 -> 10");
    action(&mut agent, "set 10 -> 25");
    agent.passes(1);
    assert_eq!(weights(&simulated), [75, 25]);
    // A fifth of the members that the load needs.
    resize(&simulated, "4");
    action(&mut agent, "set 25 -> 0");
    agent.passes(1);
    assert_eq!(weights(&simulated), [100, 0]);
    agent.stop();
}

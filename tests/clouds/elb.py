"""Elastic Load Balancing by the official client: argv[1] is the address, at a pace of 60."""

import sys

from client import connect, done, refused, until

elb = connect(sys.argv[1], "elbv2")
asg = connect(sys.argv[1], "autoscaling")

# One load balancer, one listener with a default and a rule, two target groups.
(balancer,) = elb.describe_load_balancers()["LoadBalancers"]
assert balancer["Type"] == "application" and balancer["State"]["Code"] == "active", balancer
arn = balancer["LoadBalancerArn"]
assert arn.endswith(":loadbalancer/app/web/0000000000000000"), arn
assert elb.describe_load_balancers(Names=["web"])["LoadBalancers"] == [balancer]
refused("LoadBalancerNotFound", elb.describe_load_balancers, Names=["nobody"])
(listener,) = elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]
listener_arn = listener["ListenerArn"]
rules = elb.describe_rules(ListenerArn=listener_arn)["Rules"]
assert [(rule["Priority"], rule["IsDefault"]) for rule in rules] == [("1", False), ("default", True)]
rule = rules[0]["RuleArn"]
groups = elb.describe_target_groups(LoadBalancerArn=arn)["TargetGroups"]
assert [group["TargetGroupName"] for group in groups] == ["web", "web-candidate"]
stable, candidate = [group["TargetGroupArn"] for group in groups]
assert elb.describe_target_groups(Names=["web-candidate"])["TargetGroups"] == [groups[1]]
refused("TargetGroupNotFound", elb.describe_target_groups, Names=["nobody"])
refused("RuleNotFound", elb.describe_rules, RuleArns=[rule + "f"])
refused("ListenerNotFound", elb.describe_listeners, ListenerArns=[listener_arn + "f"])
refused("ValidationError", elb.describe_rules)


def forward(*weights, **config):
    """An action that forwards by these weights."""
    own = [
        {"TargetGroupArn": group, "Weight": weight}
        for group, weight in zip([stable, candidate], weights)
    ]
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": own, **config}}]


def weights(actions):
    (action,) = actions
    return [group["Weight"] for group in action["ForwardConfig"]["TargetGroups"]]


# Weights are kept, the rule's and the default's apart.
assert weights(rules[0]["Actions"]) == weights(listener["DefaultActions"]) == [100, 0]
sticks = {"Enabled": True, "DurationSeconds": 300}
actions = forward(95, 5, TargetGroupStickinessConfig=sticks)
(changed,) = elb.modify_rule(RuleArn=rule, Actions=actions)["Rules"]
assert weights(changed["Actions"]) == [95, 5]
assert changed["Actions"][0]["ForwardConfig"]["TargetGroupStickinessConfig"] == sticks
assert elb.describe_rules(RuleArns=[rule])["Rules"] == [changed]
(listener,) = elb.modify_listener(ListenerArn=listener_arn, DefaultActions=forward(1, 999))["Listeners"]
assert weights(listener["DefaultActions"]) == [1, 999]
(_, default) = elb.describe_rules(ListenerArn=listener_arn)["Rules"]
assert weights(default["Actions"]) == [1, 999]

# What is refused, and changes nothing.
default = default["RuleArn"]
refused("OperationNotPermitted", elb.modify_rule, RuleArn=default, Actions=forward(1, 1))
refused("ValidationError", elb.modify_rule, RuleArn=rule, Actions=forward(1, 1000))
other = [{"Type": "forward", "TargetGroupArn": stable + "f"}]
refused("TargetGroupNotFound", elb.modify_rule, RuleArn=rule, Actions=other)
fixed = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503"}}]
refused("InvalidLoadBalancerAction", elb.modify_rule, RuleArn=rule, Actions=fixed)
assert elb.describe_rules(RuleArns=[rule])["Rules"] == [changed]

# Targets are the members of the groups.


def states(group):
    health = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return {target["Target"]["Id"]: target["TargetHealth"]["State"] for target in health}


def members(name):
    found = asg.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return {one["InstanceId"] for one in found[0]["Instances"]}


assert set(states(stable)) == members("web") and set(states(stable).values()) == {"healthy"}
assert states(candidate) == {}
asg.create_auto_scaling_group(
    AutoScalingGroupName="web-candidate",
    LaunchConfigurationName="new",
    MinSize=0,
    MaxSize=5,
    DesiredCapacity=2,
    AvailabilityZones=["eu-west-1a"],
)
assert list(states(candidate).values()) == ["initial", "initial"]
until("candidate", lambda: set(states(candidate).values()) == {"healthy"})
assert set(states(candidate)) == members("web-candidate")
one = sorted(members("web-candidate"))[0]
asg.terminate_instance_in_auto_scaling_group(
    InstanceId=one, ShouldDecrementDesiredCapacity=True
)
assert states(candidate)[one] == "draining"
only = elb.describe_target_health(TargetGroupArn=candidate, Targets=[{"Id": one}])
assert len(only["TargetHealthDescriptions"]) == 1
refused("TargetGroupNotFound", elb.describe_target_health, TargetGroupArn=stable + "f")

# Tags.
elb.add_tags(ResourceArns=[candidate, rule], Tags=[{"Key": "setpoint:revision", "Value": "v1"}])
told = elb.describe_tags(ResourceArns=[candidate, stable])["TagDescriptions"]
assert told[0]["Tags"] == [{"Key": "setpoint:revision", "Value": "v1"}] and "Tags" not in told[1]
refused("TargetGroupNotFound", elb.describe_tags, ResourceArns=[stable + "f"])
done()

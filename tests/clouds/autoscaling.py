"""Auto Scaling by the official client: argv[1] is the address, at a pace of 60; `web` has 20 members."""

import sys

from client import connect, done, refused, until

asg = connect(sys.argv[1], "autoscaling")
sts = connect(sys.argv[1], "sts")

assert sts.get_caller_identity()["Account"] == "000000000000"


def group(name="web"):
    (found,) = asg.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return found


def phases(name="web"):
    return [instance["LifecycleState"] for instance in group(name)["Instances"]]


def ids(name="web", phase="InService"):
    return [i["InstanceId"] for i in group(name)["Instances"] if i["LifecycleState"] == phase]


# How the scenario's group stands.
web = group()
assert (web["MinSize"], web["MaxSize"], web["DesiredCapacity"]) == (4, 200, 20), web
assert phases() == ["InService"] * 20
assert {i["AvailabilityZone"] for i in web["Instances"]} == {"eu-west-1a", "eu-west-1b", "eu-west-1c"}

# Growing takes the time of a boot, and is told as activities.
asg.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=23)
assert phases().count("Pending") == 3, phases()
activities = asg.describe_scaling_activities(AutoScalingGroupName="web")["Activities"]
assert len(activities) == 3 and all(a["StatusCode"] == "PreInService" for a in activities), activities
assert all("from 20 to 23" in a["Cause"] for a in activities), activities
until("boot", lambda: phases() == ["InService"] * 23)
activities = asg.describe_scaling_activities(AutoScalingGroupName="web", MaxRecords=2)
assert activities["Activities"][0]["StatusCode"] == "Successful" and "NextToken" in activities
more = asg.describe_scaling_activities(AutoScalingGroupName="web", NextToken=activities["NextToken"])
assert len(more["Activities"]) == 1 and "NextToken" not in more

# What AWS refuses.
assert "above max value 200" in refused(
    "ValidationError", asg.set_desired_capacity, AutoScalingGroupName="web", DesiredCapacity=201
)
assert "below min value 4" in refused(
    "ValidationError", asg.set_desired_capacity, AutoScalingGroupName="web", DesiredCapacity=3
)
refused("ValidationError", asg.set_desired_capacity, AutoScalingGroupName="none", DesiredCapacity=9)
refused(
    "ScalingActivityInProgress",
    asg.set_desired_capacity,
    AutoScalingGroupName="web",
    DesiredCapacity=22,
    HonorCooldown=True,
)
refused("ValidationError", asg.describe_auto_scaling_groups, MaxRecords=101)
refused("InvalidNextToken", asg.describe_auto_scaling_groups, NextToken="nowhere")
refused("InvalidAction", asg.describe_load_balancers, AutoScalingGroupName="web")
assert group()["DesiredCapacity"] == 23

# Shrinking ends the newest, but not the protected.
newest = ids()[-1]
asg.set_instance_protection(
    AutoScalingGroupName="web", InstanceIds=[newest], ProtectedFromScaleIn=True
)
asg.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=22)
assert newest in ids() and phases().count("Terminating") == 1, phases()
asg.set_instance_protection(
    AutoScalingGroupName="web", InstanceIds=[newest], ProtectedFromScaleIn=False
)
until("end", lambda: phases() == ["InService"] * 22)

# By name: to standby and back, ended there, and ended with and without a successor.
first, second, third = ids()[:3]
went = asg.enter_standby(
    AutoScalingGroupName="web", InstanceIds=[first, second], ShouldDecrementDesiredCapacity=True
)
assert len(went["Activities"]) == 2
assert ids(phase="Standby") == [first, second] and group()["DesiredCapacity"] == 20
refused(
    "ValidationError",
    asg.enter_standby,
    AutoScalingGroupName="web",
    InstanceIds=[first],
    ShouldDecrementDesiredCapacity=True,
)
back = asg.exit_standby(AutoScalingGroupName="web", InstanceIds=[first])
assert len(back["Activities"]) == 1 and group()["DesiredCapacity"] == 21
ended = asg.terminate_instance_in_auto_scaling_group(
    InstanceId=second, ShouldDecrementDesiredCapacity=False
)
assert second in ended["Activity"]["Description"] and group()["DesiredCapacity"] == 21
asg.terminate_instance_in_auto_scaling_group(InstanceId=third, ShouldDecrementDesiredCapacity=True)
assert group()["DesiredCapacity"] == 20
refused(
    "ValidationError",
    asg.terminate_instance_in_auto_scaling_group,
    InstanceId="i-00000000000000000",
    ShouldDecrementDesiredCapacity=True,
)

# One that is said to be sick is replaced.
sick = ids()[0]
asg.set_instance_health(InstanceId=sick, HealthStatus="Unhealthy")
until("replacement", lambda: sick not in ids() and phases() == ["InService"] * 20)
(whole,) = asg.describe_auto_scaling_instances(InstanceIds=[ids()[0]])["AutoScalingInstances"]
assert whole["AutoScalingGroupName"] == "web" and whole["HealthStatus"] == "HEALTHY"
pages = asg.get_paginator("describe_auto_scaling_instances").paginate(
    PaginationConfig={"PageSize": 7}
)
assert len([i for page in pages for i in page["AutoScalingInstances"]]) == 20

# Ranges move the size only if they must.
asg.update_auto_scaling_group(AutoScalingGroupName="web", MinSize=10, MaxSize=30)
assert (group()["MinSize"], group()["MaxSize"], group()["DesiredCapacity"]) == (10, 30, 20)
asg.update_auto_scaling_group(AutoScalingGroupName="web", MinSize=4, MaxSize=200)
refused("ValidationError", asg.update_auto_scaling_group, AutoScalingGroupName="web", MinSize=300)

# Processes that are suspended.
asg.suspend_processes(AutoScalingGroupName="web", ScalingProcesses=["Launch"])
assert [p["ProcessName"] for p in group()["SuspendedProcesses"]] == ["Launch"]
asg.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=21)
assert "Pending" not in phases()
asg.resume_processes(AutoScalingGroupName="web", ScalingProcesses=["Launch"])
until("launch", lambda: phases().count("InService") == 21)
assert len(asg.describe_scaling_process_types()["Processes"]) == 9
refused(
    "ValidationError",
    asg.suspend_processes,
    AutoScalingGroupName="web",
    ScalingProcesses=["Nothing"],
)

# Groups of one's own, in pages, by tags.
for number in range(5):
    asg.create_auto_scaling_group(
        AutoScalingGroupName=f"batch-{number}",
        LaunchTemplate={"LaunchTemplateName": "batch"},
        MinSize=0,
        MaxSize=5,
        DesiredCapacity=number % 2,
        AvailabilityZones=["eu-west-1a"],
        Tags=[{"Key": "app", "Value": "batch" if number else "other", "PropagateAtLaunch": True}],
    )
refused(
    "AlreadyExists",
    asg.create_auto_scaling_group,
    AutoScalingGroupName="web",
    LaunchConfigurationName="x",
    MinSize=0,
    MaxSize=1,
    AvailabilityZones=["eu-west-1a"],
)
pages = asg.get_paginator("describe_auto_scaling_groups").paginate(
    PaginationConfig={"PageSize": 2}
)
names = [g["AutoScalingGroupName"] for page in pages for g in page["AutoScalingGroups"]]
assert names == ["batch-0", "batch-1", "batch-2", "batch-3", "batch-4", "web"], names
found = asg.describe_auto_scaling_groups(Filters=[{"Name": "tag:app", "Values": ["batch"]}])
assert len(found["AutoScalingGroups"]) == 4
asg.create_or_update_tags(
    Tags=[
        {
            "ResourceId": "batch-0",
            "ResourceType": "auto-scaling-group",
            "Key": "app",
            "Value": "batch",
            "PropagateAtLaunch": False,
        }
    ]
)
tags = asg.describe_tags(Filters=[{"Name": "value", "Values": ["batch"]}])["Tags"]
assert len(tags) == 5, tags
asg.delete_tags(
    Tags=[{"ResourceId": "batch-0", "ResourceType": "auto-scaling-group", "Key": "app"}]
)
assert len(asg.describe_tags(Filters=[{"Name": "key", "Values": ["app"]}])["Tags"]) == 4

# Lifecycle hooks hold members on their way in and out.
asg.put_lifecycle_hook(
    AutoScalingGroupName="batch-1",
    LifecycleHookName="in",
    LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING",
    HeartbeatTimeout=7200,
)
asg.put_lifecycle_hook(
    AutoScalingGroupName="batch-1",
    LifecycleHookName="out",
    LifecycleTransition="autoscaling:EC2_INSTANCE_TERMINATING",
    HeartbeatTimeout=7200,
    DefaultResult="CONTINUE",
)
hooks = asg.describe_lifecycle_hooks(AutoScalingGroupName="batch-1")["LifecycleHooks"]
assert [hook["LifecycleHookName"] for hook in hooks] == ["in", "out"]
until("boot", lambda: phases("batch-1") == ["InService"])
asg.set_desired_capacity(AutoScalingGroupName="batch-1", DesiredCapacity=2)
(held,) = ids("batch-1", "Pending:Wait")
act = {"AutoScalingGroupName": "batch-1", "LifecycleHookName": "in", "InstanceId": held}
asg.record_lifecycle_action_heartbeat(**act)
assert ids("batch-1", "Pending:Wait") == [held]
asg.complete_lifecycle_action(**act, LifecycleActionResult="CONTINUE")
until("boot", lambda: held in ids("batch-1"))
refused(
    "ValidationError", asg.complete_lifecycle_action, **act, LifecycleActionResult="CONTINUE"
)
asg.set_desired_capacity(AutoScalingGroupName="batch-1", DesiredCapacity=1)
assert ids("batch-1", "Terminating:Wait") == [held]
asg.complete_lifecycle_action(
    **(act | {"LifecycleHookName": "out"}), LifecycleActionResult="CONTINUE"
)
until("end", lambda: phases("batch-1") == ["InService"])
asg.delete_lifecycle_hook(AutoScalingGroupName="batch-1", LifecycleHookName="out")

# Deleting.
refused("ResourceInUse", asg.delete_auto_scaling_group, AutoScalingGroupName="batch-3")
asg.delete_auto_scaling_group(AutoScalingGroupName="batch-0")
asg.delete_auto_scaling_group(AutoScalingGroupName="batch-3", ForceDelete=True)
assert group("batch-3")["Status"] == "Delete in progress"
refused(
    "ResourceContention",
    asg.set_desired_capacity,
    AutoScalingGroupName="batch-3",
    DesiredCapacity=2,
)
gone = {"AutoScalingGroupNames": ["batch-0", "batch-3"]}
until("deletion", lambda: not asg.describe_auto_scaling_groups(**gone)["AutoScalingGroups"])

# What there is none of.
assert asg.describe_policies(AutoScalingGroupName="web")["ScalingPolicies"] == []
assert asg.describe_scheduled_actions()["ScheduledUpdateGroupActions"] == []
assert asg.describe_instance_refreshes(AutoScalingGroupName="web")["InstanceRefreshes"] == []
assert asg.describe_account_limits()["NumberOfAutoScalingGroups"] == 4

done()

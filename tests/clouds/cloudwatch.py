"""CloudWatch by the official client: argv[1] is the address, at a pace of 60. argv[2] is the
protocol that the client is to speak."""

import datetime
import sys

from botocore.model import ServiceModel

from client import connect, done, refused, until

# The client speaks the first of those that the service's model names, unless it is told.
ServiceModel.resolved_protocol = sys.argv[2]
cloudwatch = connect(sys.argv[1], "cloudwatch")
SPOKEN = []


def hear(request, **_):
    """Notes which protocol a request is in."""
    kind = request.headers.get("Content-Type", b"").decode()
    spoken = {"application/cbor": "smithy-rpc-v2-cbor", "application/x-amz-json-1.0": "json"}
    SPOKEN.append(spoken.get(kind, "query"))


cloudwatch.meta.events.register("before-send", hear)
CPU = {
    "Namespace": "AWS/EC2",
    "MetricName": "CPUUtilization",
    "Dimensions": [{"Name": "AutoScalingGroupName", "Value": "web"}],
}
BALANCER = [{"Name": "LoadBalancer", "Value": "app/web/0000000000000000"}]


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def get(queries, **more):
    start = now() - datetime.timedelta(minutes=5)
    return cloudwatch.get_metric_data(
        MetricDataQueries=queries,
        StartTime=start,
        EndTime=now() + datetime.timedelta(minutes=1),
        **more,
    )


def stat(id, metric, stat, period=1):
    return {"Id": id, "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}}


def metrics():
    return cloudwatch.list_metrics()["Metrics"]


until("metrics", lambda: any(m["MetricName"] == "CPUUtilization" for m in metrics()))
assert {m["Namespace"] for m in metrics()} >= {"AWS/EC2", "AWS/ApplicationELB", "AWS/RDS"}
assert cloudwatch.list_metrics(Namespace="AWS/RDS")["Metrics"][0]["MetricName"] == (
    "DatabaseConnections"
)
found = cloudwatch.list_metrics(Dimensions=[{"Name": "AutoScalingGroupName", "Value": "web"}])
assert len(found["Metrics"]) > 3

requests = {"Namespace": "AWS/ApplicationELB", "MetricName": "RequestCount", "Dimensions": BALANCER}
times = {
    "Namespace": "AWS/ApplicationELB",
    "MetricName": "TargetResponseTime",
    "Dimensions": BALANCER,
}
until("values", lambda: len(get([stat("c", CPU, "Average")])["MetricDataResults"][0]["Values"]) > 2)
cpu, rate, p99, mean, other = get(
    [
        stat("cpu", CPU, "Average"),
        stat("rate", requests, "Sum"),
        stat("slow", times, "p99"),
        stat("mean", times, "Average"),
        stat("none", CPU | {"Dimensions": []}, "Average"),
    ]
)["MetricDataResults"]
assert [r["Id"] for r in (cpu, rate, p99, mean, other)] == ["cpu", "rate", "slow", "mean", "none"]
assert all(40 < value < 80 for value in cpu["Values"]), cpu
assert cpu["Timestamps"] == sorted(cpu["Timestamps"], reverse=True)
age = now() - cpu["Timestamps"][0]
assert datetime.timedelta(0) <= age < datetime.timedelta(seconds=10), age
# A whole second holds four windows of 15 seconds at this pace: their sum is the rate.
assert any(450 < value < 750 for value in rate["Values"]), rate
assert all(0.02 < value < 5 for value in p99["Values"]), p99
assert mean["Values"] == [] and other["Values"] == []

# In pages, and in the other order.
whole = get([stat("c", CPU, "Maximum")], ScanBy="TimestampAscending")["MetricDataResults"][0]
page = get([stat("c", CPU, "Maximum")], ScanBy="TimestampAscending", MaxDatapoints=2)
assert page["MetricDataResults"][0]["Values"] == whole["Values"][:2] and page["NextToken"]
assert page["MetricDataResults"][0]["StatusCode"] == "PartialData"
rest = get([stat("c", CPU, "Maximum")], ScanBy="TimestampAscending", NextToken=page["NextToken"])
assert rest["MetricDataResults"][0]["Values"][0] == whole["Values"][2]

points = cloudwatch.get_metric_statistics(
    **CPU,
    StartTime=now() - datetime.timedelta(minutes=5),
    EndTime=now() + datetime.timedelta(minutes=1),
    Period=60,
    Statistics=["Average", "Maximum", "SampleCount"],
)["Datapoints"]
assert points and all(p["Average"] <= p["Maximum"] for p in points), points
assert cloudwatch.describe_alarms()["MetricAlarms"] == []

# What CloudWatch refuses.
refused(
    "InvalidParameterValue", get, queries=[stat("c", CPU, "Average", period=7)]
)
refused("InvalidParameterValue", get, queries=[stat("c", CPU, "Median")])
refused("ValidationError", get, queries=[{"Id": "e", "Expression": "c / 2"}])
assert SPOKEN == [sys.argv[2]] * len(SPOKEN) and SPOKEN, SPOKEN
done()

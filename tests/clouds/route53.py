"""Route 53 by the official client: argv[1] is the address, at a pace of 60."""

import sys
import time

from botocore.exceptions import ClientError
from client import connect, done, refused, until

dns = connect(sys.argv[1], "route53")
asg = connect(sys.argv[1], "autoscaling")


def change(zone, *changes):
    """A batch; it is sent again while the one before is being taken in."""
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": one} for action, one in changes]}
    end = time.monotonic() + 20
    while True:
        try:
            return dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)["ChangeInfo"]
        except ClientError as error:
            prior = error.response["Error"]["Code"] == "PriorRequestNotComplete"
            if not prior or time.monotonic() > end:
                raise
            time.sleep(0.01)


def weighted(name, weight, **more):
    own = {"Name": "www.example.com.", "Type": "A", "SetIdentifier": name, "Weight": weight}
    if "AliasTarget" not in more:
        own |= {"TTL": 60, "ResourceRecords": [{"Value": "192.0.2.7"}]}
    return own | more


def sets(zone, **where):
    return dns.list_resource_record_sets(HostedZoneId=zone, **where)["ResourceRecordSets"]


# Zones.
made = dns.create_hosted_zone(Name="Example.com", CallerReference="1")
zone = made["HostedZone"]["Id"]
assert made["HostedZone"]["Name"] == "example.com." and made["Location"].endswith(zone)
assert made["ChangeInfo"]["Status"] == "PENDING"
until(
    "change that has spread",
    lambda: dns.get_change(Id=made["ChangeInfo"]["Id"])["ChangeInfo"]["Status"] == "INSYNC",
)
again = {"Name": "example.com", "CallerReference": "1"}
refused("HostedZoneAlreadyExists", dns.create_hosted_zone, **again)
other = dns.create_hosted_zone(Name="example.org", CallerReference="2")["HostedZone"]["Id"]
pages = dns.get_paginator("list_hosted_zones").paginate(PaginationConfig={"PageSize": 1})
assert {one["Id"] for page in pages for one in page["HostedZones"]} == {zone, other}
assert dns.get_hosted_zone(Id=zone)["HostedZone"]["ResourceRecordSetCount"] == 2
assert [one["Type"] for one in sets(zone)] == ["NS", "SOA"]
refused("NoSuchHostedZone", dns.get_hosted_zone, Id="ZNOBODY")
refused("NoSuchHostedZone", dns.list_resource_record_sets, HostedZoneId="ZNOBODY")
refused("NoSuchChange", dns.get_change, Id="CNOBODY")

# Health checks: of AWS's own group, and of that of the Azure beside it.


def check(reference, **config):
    own = {"Type": "HTTP", "Port": 80} | config
    made = dns.create_health_check(CallerReference=reference, HealthCheckConfig=own)
    return made["HealthCheck"]


def answers(which):
    told = dns.get_health_check_status(HealthCheckId=which)["HealthCheckObservations"]
    return [one["StatusReport"]["Status"].startswith("Success") for one in told]


one = check("1", IPAddress="192.0.2.1")
two = check("2", FullyQualifiedDomainName="azure.example.com", ResourcePath="/up")
assert dns.get_health_check(HealthCheckId=two["Id"])["HealthCheck"] == two
pages = dns.get_paginator("list_health_checks").paginate(PaginationConfig={"PageSize": 1})
assert {each["Id"] for page in pages for each in page["HealthChecks"]} == {one["Id"], two["Id"]}
known = {"CallerReference": "1", "HealthCheckConfig": {"Type": "TCP", "IPAddress": "192.0.2.9"}}
refused("HealthCheckAlreadyExists", dns.create_health_check, **known)
calculated = {"CallerReference": "3", "HealthCheckConfig": {"Type": "CALCULATED"}}
refused("InvalidInput", dns.create_health_check, **calculated)
refused("NoSuchHealthCheck", dns.get_health_check_status, HealthCheckId="nobody")

# Record sets: a batch is taken whole or not at all.
alias = {
    "HostedZoneId": "Z00000000000000000001",
    "DNSName": "web.eu-west-1.elb.invalid.",
    "EvaluateTargetHealth": True,
}
here = weighted("aws", 100, AliasTarget=alias, HealthCheckId=one["Id"])
there = weighted("azure", 0, HealthCheckId=two["Id"])
change(zone, ("CREATE", here), ("CREATE", there))
assert sets(zone, StartRecordName="www.example.com") == [here, there]
half = [weighted("aws", 50, AliasTarget=alias, HealthCheckId=one["Id"]), weighted("azure", 50, HealthCheckId=two["Id"])]


def refused_batch(*changes):
    """The message with which a batch is refused, which changed nothing."""
    before = sets(zone)
    try:
        change(zone, *changes)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "InvalidChangeBatch", error
        assert sets(zone) == before
        return error.response["Error"]["Message"]
    raise AssertionError(f"{changes} was taken")


stale = weighted("azure", 1, HealthCheckId=two["Id"])
said = refused_batch(("DELETE", here), ("CREATE", half[0]), ("DELETE", stale), ("CREATE", half[1]))
assert "do not match the current values" in said, said
assert "already exists" in refused_batch(("CREATE", here))
assert "not found" in refused_batch(("DELETE", weighted("gcp", 1)))
assert "not permitted" in refused_batch(("CREATE", weighted("aws", 1) | {"Name": "www.example.net"}))
simple = {name: value for name, value in weighted("x", 1).items() if name not in ("SetIdentifier", "Weight")}
assert "weighted" in refused_batch(("CREATE", simple))
change(zone, ("DELETE", here), ("CREATE", half[0]), ("DELETE", there), ("CREATE", half[1]))
assert sets(zone, StartRecordName="www.example.com") == half
change(zone, ("UPSERT", here))
pages = dns.get_paginator("list_resource_record_sets").paginate(
    HostedZoneId=zone, PaginationConfig={"PageSize": 1}
)
assert [each for page in pages for each in page["ResourceRecordSets"]] == sets(zone)
odd = {"HostedZoneId": zone, "ChangeBatch": {"Changes": [{"Action": "CREATE", "ResourceRecordSet": weighted("x", 1) | {"Weight": 255, "TTL": 60, "Region": "eu-west-1"}}]}}
refused("InvalidInput", dns.change_resource_record_sets, **odd)
odd["ChangeBatch"]["Changes"][0]["ResourceRecordSet"] = weighted("x", 1, HealthCheckId="nobody")
refused("NoSuchHealthCheck", dns.change_resource_record_sets, **odd)

# A group that is gone has no answer; the other cloud's does.
assert answers(one["Id"]) == answers(two["Id"]) == [True, True, True]
asg.update_auto_scaling_group(AutoScalingGroupName="web", MinSize=0, DesiredCapacity=0)
until("silence", lambda: answers(one["Id"]) == [False, False, False])
assert answers(two["Id"]) == [True, True, True]
dns.delete_health_check(HealthCheckId=two["Id"])
refused("NoSuchHealthCheck", dns.get_health_check, HealthCheckId=two["Id"])
done()

"""Traffic Manager by the official client: argv[1] is the address, at a pace of 60; argv[2], if there is any, is
`reader`, a token. `web` is a scale set that serves."""

import copy
import sys

from azure.mgmt.trafficmanager import TrafficManagerManagementClient

from azure_client import connect, end, no, ok, until

MODE = (sys.argv[2:] or ["operator"])[0]
KIND = "Microsoft.Network/trafficManagerProfiles"
ID = f"/subscriptions/s/resourceGroups/rg/providers/{KIND}/front"
IP = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/web"
FRONT = {"location": "global", "tags": {"team": "a"}, "properties": {
    "trafficRoutingMethod": "Weighted", "dnsConfig": {"relativeName": "front", "ttl": 30},
    "monitorConfig": {"protocol": "HTTPS", "port": 443, "path": "/"},
    "endpoints": [
        {"name": "eu", "type": f"{KIND}/azureEndpoints", "properties": {"targetResourceId": IP, "weight": 1000}},
        {"name": "aws", "type": f"{KIND}/externalEndpoints", "properties": {"target": "lb.example.com", "weight": 1}}]}}

client = connect(TrafficManagerManagementClient, None if MODE == "operator" else MODE)
profiles, endpoints = client.profiles, client.endpoints


def with_(path, value):
    """The profile with another value at `path`."""
    changed = copy.deepcopy(FRONT)
    *way, last = path
    place = changed
    for step in way:
        place = place[step]
    place[last] = value
    return changed


if MODE == "reader":
    # Who may look and change nothing, and who is nobody.
    assert ok(profiles.list_by_subscription) == []
    said = no(403, "AuthorizationFailed", profiles.create_or_update, "rg", "front", FRONT)
    assert f"{KIND}/write" in str(said), said
    said = no(403, "AuthorizationFailed", endpoints.delete, "rg", "front", "externalEndpoints", "aws")
    assert f"{KIND}/externalEndpoints/delete" in str(said), said
    nobody = connect(TrafficManagerManagementClient, None)
    no(401, "AuthenticationFailed", nobody.profiles.get, "rg", "front")
    end()

# A name that is free, and then is not.
name = {"name": "front", "type": KIND}
assert ok(profiles.check_traffic_manager_relative_dns_name_availability, name).name_available
made = ok(profiles.create_or_update, "rg", "front", FRONT)
assert (made.id, made.name, made.type, made.location, made.tags) == (ID, "front", KIND, "global", {"team": "a"}), made
assert (made.profile_status, made.traffic_routing_method) == ("Enabled", "Weighted"), made
assert (made.dns_config.fqdn, made.dns_config.ttl) == ("front.trafficmanager.net", 30), made
assert made.monitor_config.interval_in_seconds == 30, made
taken = ok(profiles.check_traffic_manager_name_availability_v2, name)
assert (taken.name_available, taken.reason) == (False, "AlreadyExists"), taken

# Whether they answer is told once they were probed.
eu, aws = made.endpoints
assert (eu.name, eu.type, eu.weight, eu.priority) == ("eu", f"{KIND}/azureEndpoints", 1000, 1), eu
assert (aws.target, aws.weight, aws.endpoint_status) == ("lb.example.com", 1, "Enabled"), aws
assert (eu.target, eu.endpoint_monitor_status) == ("web.westeurope.cloudapp.azure.com", "CheckingEndpoint"), eu


def probed():
    return [it.endpoint_monitor_status for it in profiles.get("rg", "front").endpoints] == ["Online", "Online"]


until("an answer of all", probed)
seen = ok(profiles.get, "RG", "Front")
assert seen.monitor_config.profile_monitor_status == "Online", seen
assert [it.name for it in ok(profiles.list_by_resource_group, "rg")] == ["front"]
assert [it.name for it in ok(profiles.list_by_subscription)] == ["front"]

# What was read can be written: all endpoints at once. What is not written goes.
seen.endpoints[0].weight, seen.endpoints[1].weight = 200, 800
written = ok(profiles.create_or_update, "rg", "front", seen)
assert [it.weight for it in written.endpoints] == [200, 800], written
assert [it.endpoint_monitor_status for it in written.endpoints] == ["Online", "Online"], written
assert written.tags == {"team": "a"} and written.monitor_config.port == 443, written
assert profiles.create_or_update("rg", "front", with_(["properties", "endpoints"], [])).endpoints == []
assert profiles.get("rg", "front").monitor_config.profile_monitor_status == "Inactive"
profiles.create_or_update("rg", "front", FRONT)

# A part can be changed too, but for the endpoints.
changed = ok(profiles.update, "rg", "front", {"tags": {"setpoint:pause": "x"}, "properties": {"dnsConfig": {"ttl": 5}}})
assert (changed.tags, changed.dns_config.ttl, len(changed.endpoints)) == ({"setpoint:pause": "x"}, 5, 2), changed
said = no(400, "BadRequest", profiles.update, "rg", "front", {"properties": {"endpoints": FRONT["properties"]["endpoints"]}})
assert "using PATCH" in str(said), said

# Endpoints one by one.
one = ("rg", "front", "externalEndpoints", "gcp")
made = ok(endpoints.create_or_update, *one, {"properties": {"target": "gcp.example.com"}})
assert (made.id, made.weight, made.priority) == (f"{ID}/externalEndpoints/gcp", 1, 3), made
assert ok(endpoints.update, *one, {"properties": {"endpointStatus": "Disabled"}}).weight == 1
assert ok(endpoints.get, *one).endpoint_monitor_status == "Disabled"
assert len(profiles.get("rg", "front").endpoints) == 3
ok(endpoints.delete, *one)
no(404, "ResourceNotFound", endpoints.get, *one)
endpoints.delete(*one)

# What Azure refuses.
put = profiles.create_or_update
no(404, "ResourceNotFound", profiles.get, "rg", "nobody")
no(404, "ResourceGroupNotFound", profiles.list_by_resource_group, "another")
no(404, "ResourceNotFound", endpoints.update, "rg", "front", "azureEndpoints", "nobody", {"properties": {"weight": 2}})
no(400, "LocationRequired", put, "rg", "front", {"properties": FRONT["properties"]})
no(400, "BadRequest", put, "rg", "front", with_(["location"], "westeurope"))
no(400, "BadRequest", put, "rg", "front", with_(["properties", "trafficRoutingMethod"], "Any"))
no(400, "BadRequest", put, "rg", "front", with_(["properties", "monitorConfig"], {"path": "/"}))
no(400, "BadRequest", put, "rg", "front", with_(["properties", "dnsConfig"], {"ttl": 30}))
for weight in [0, 1001]:
    no(400, "BadRequest", put, "rg", "front", with_(["properties", "endpoints", 1, "properties", "weight"], weight))
twice = [FRONT["properties"]["endpoints"][0]] * 2
said = no(400, "BadRequest", put, "rg", "front", with_(["properties", "endpoints"], twice))
assert "duplicates" in str(said), said
no(409, "Conflict", put, "rg", "other", FRONT)
assert len(profiles.get("rg", "front").endpoints) == 2

# And its end.
assert ok(profiles.delete, "rg", "front").operation_result
no(404, "ResourceNotFound", profiles.get, "rg", "front")
profiles.delete("rg", "front")
end()

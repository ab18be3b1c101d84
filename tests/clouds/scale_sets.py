"""Azure by the official clients: argv[1] is the address, at a pace of 60; argv[2], if there is any,
is `reader`, a token, or `full`, where there is no room for more machines."""

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timedelta, timezone

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError
from azure.mgmt.compute import ComputeManagementClient
from azure.mgmt.monitor import MonitorManagementClient

from azure_client import DONE, connect, end, no, ok, until

URL, MODE = sys.argv[1], (sys.argv[2:] or ["operator"])[0]
ID = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/web"


def clients(token):
    return [connect(client, token) for client in (ComputeManagementClient, MonitorManagementClient)]


def token(path, form=None, headers=()):
    """The status and the document of an answer of those who give tokens."""
    body = urllib.parse.urlencode(form).encode() if form else None
    try:
        with urllib.request.urlopen(urllib.request.Request(URL + path, body, dict(headers))) as said:
            return said.status, json.load(said)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


compute, monitor = clients(None if MODE == "operator" else MODE)
sets, machines = compute.virtual_machine_scale_sets, compute.virtual_machine_scale_set_vms

if MODE == "reader":
    # Who may look and change nothing, and who is nobody.
    assert ok(sets.get, "rg", "web").sku.capacity == 20
    said = no(403, "AuthorizationFailed", sets.begin_update, "rg", "web", {"sku": {"capacity": 3}})
    assert "Microsoft.Compute/virtualMachineScaleSets/write" in str(said), said
    no(403, "AuthorizationFailed", sets.begin_delete_instances, "rg", "web", {"instanceIds": ["1"]})
    nobody = no(401, "AuthenticationFailed", clients(None)[0].virtual_machine_scale_sets.get, "rg", "web")
    assert nobody.response.headers["WWW-Authenticate"].startswith("Bearer authorization_uri="), nobody
    # Tokens of a secret, of an assertion, and of a machine.
    form = {"grant_type": "client_credentials", "client_id": "operator", "scope": "x/.default"}
    place = "/tenant/oauth2/v2.0/token"
    status, said = token(place, form | {"client_secret": "operator"})
    assert status == 200 and (said["token_type"], said["expires_in"]) == ("Bearer", 3599), said
    compute = clients(said["access_token"])[0]
    assert ok(compute.virtual_machine_scale_sets.begin_update, "rg", "web", {"tags": {"a": "b"}}).tags == {"a": "b"}
    assert token(place, form | {"client_assertion": "x.y.z"})[0] == 200
    status, said = token(place, form | {"client_secret": "another"})
    assert (status, said["error"]) == (401, "invalid_client"), said
    assert token(place, form)[0] == 401
    assert token(place, form | {"grant_type": "password"})[1]["error"] == "unsupported_grant_type"
    place = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fx"
    status, said = token(place, headers={"Metadata": "true"})
    assert status == 200 and int(said["expires_on"]) > time.time() + 3600, said
    assert said["access_token"] and said["token_type"] == "Bearer", said
    assert token(place)[0] == 400, "without the header it is a browser that was led astray"
    end()

if MODE == "full":
    # A change is taken, and comes to nothing; what was there stays.
    said = no(200, "OverconstrainedZonalAllocationRequest", sets.begin_update, "rg", "web", {"sku": {"capacity": 25}})
    assert "Availability Zone" in str(said), said
    web = ok(sets.get, "rg", "web")
    assert (web.sku.capacity, web.provisioning_state) == (25, "Failed"), web
    assert len(ok(machines.list, "rg", "web")) == 20
    assert ok(sets.begin_update, "rg", "web", {"sku": {"capacity": 20}}).provisioning_state == "Succeeded"
    end()

# How the scenario's set stands.
web = ok(sets.get, "RG", "WEB")
assert (web.name, web.sku.capacity, web.provisioning_state) == ("web", 20, "Succeeded"), web
assert (web.orchestration_mode, web.zones, web.id) == ("Uniform", ["1", "2", "3"], ID), web
assert [it.name for it in ok(sets.list, "rg")] == ["web"] == [it.name for it in ok(sets.list_all)]
view = ok(sets.get_instance_view, "rg", "web")
assert [(it.code, it.count) for it in view.virtual_machine.statuses_summary] == [("ProvisioningState/succeeded", 20)]

# Growing takes the time of a boot; pages are followed to the last.
before = web.etag
poller = sets.begin_update("rg", "web", {"sku": {"capacity": 40}})
assert poller.status() == "InProgress", poller.status()
web = sets.get("rg", "web")
assert (web.sku.capacity, web.provisioning_state) == (40, "Updating"), web
new = ok(machines.list, "rg", "web", expand="instanceView")[20:]
assert len(new) == 20 and {it.provisioning_state for it in new} == {"Creating"}, new
assert {it.instance_view.statuses[1].code for it in new} == {"PowerState/starting"}
assert all(it.instance_view.vm_health is None for it in new)
assert (poller.result().provisioning_state, poller.status()) == ("Succeeded", "Succeeded")
DONE.add(sets.begin_update.__qualname__)
every = ok(machines.list, "rg", "web", expand="instanceView")
ids = [it.instance_id for it in every]
assert ids == sorted(set(ids), key=int) and len(ids) == 40, ids
assert {it.instance_view.vm_health.status.code for it in every} == {"HealthState/healthy"}
assert {it.provisioning_state for it in every} == {"Succeeded"}
assert sorted(sum(zone in it.zones for it in every) for zone in "123") == [13, 13, 14]

# By whoever is faster, and never twice.
said = no(412, "PreconditionFailed", sets.begin_update, "rg", "web", {"sku": {"capacity": 50}},
          etag=before, match_condition=MatchConditions.IfNotModified)
etag = ok(sets.get, "rg", "web").etag
poller = sets.begin_update("rg", "web", {"sku": {"capacity": 41}}, etag=etag, match_condition=MatchConditions.IfNotModified)
assert ok(sets.begin_update, "rg", "web", {"sku": {"capacity": 42}}).sku.capacity == 42
try:
    poller.result()
    raise AssertionError("an operation went on beside a newer one")
except HttpResponseError as error:
    assert poller.status() == "Canceled" and "preempted" in str(error), error

# What ARM refuses.
no(404, "ResourceNotFound", sets.get, "rg", "none")
no(404, "ResourceGroupNotFound", sets.list, "another")
no(404, "NotFound", machines.get, "rg", "web", "99999")
no(400, "InvalidParameter", sets.begin_update, "rg", "web", {"sku": {"capacity": -1}})
no(400, "InvalidRequestContent", sets.begin_update, "rg", "web", {"sku": {"capacity": "five"}})
said = no(409, "OperationNotAllowed", sets.begin_update, "rg", "web", {"sku": {"capacity": 201}})
assert "Current Limit: 400, Current Usage: 84, Additional Required: 318" in str(said), said
no(400, "InvalidParameter", sets.begin_delete_instances, "rg", "web", {"instanceIds": ["99999"]})
no(400, "InvalidParameter", sets.begin_delete_instances, "rg", "web", {})
assert sets.get("rg", "web").sku.capacity == 42

# Shrinking spares who is protected, and keeps zones alike.
newest = machines.get("rg", "web", str(max(int(it.instance_id) for it in machines.list("rg", "web"))))
newest.protection_policy = {"protectFromScaleIn": True}
kept = ok(machines.begin_update, "rg", "web", newest.instance_id, newest)
assert kept.protection_policy.protect_from_scale_in and not kept.protection_policy.protect_from_scale_set_actions
assert ok(sets.begin_update, "rg", "web", {"sku": {"capacity": 39}}).provisioning_state == "Succeeded"
left = ok(machines.list, "rg", "web")
assert len(left) == 39 and newest.instance_id in [it.instance_id for it in left]
assert {sum(zone in it.zones for it in left) for zone in "123"} == {13}

# By name, and so many fewer are wanted.
first, second, third = (it.instance_id for it in left[:3])
poller = sets.begin_delete_instances("rg", "web", {"instanceIds": [first, second]})
assert sets.get("rg", "web").sku.capacity == 37
going = [it.instance_id for it in machines.list("rg", "web") if it.provisioning_state == "Deleting"]
assert going == [first, second], going
poller.result()
DONE.add(sets.begin_delete_instances.__qualname__)
ok(machines.begin_delete, "rg", "web", third)
ok(machines.begin_delete, "rg", "web", third)
assert len(ok(machines.list, "rg", "web")) == 36 == ok(sets.get, "rg", "web").sku.capacity
statuses = ok(machines.get_instance_view, "rg", "web", newest.instance_id).statuses
assert [it.code for it in statuses] == ["ProvisioningState/succeeded", "PowerState/running"]
assert ok(machines.get, "rg", "web", newest.instance_id).instance_view is None

# A set of a caller's own; tags leave the size alone.
model = {"location": "westeurope", "sku": {"name": "Standard_D2s_v5", "capacity": 3}, "tags": {"team": "a"},
         "properties": {"upgradePolicy": {"mode": "Manual"}, "orchestrationMode": "Uniform"}}
made = ok(sets.begin_create_or_update, "rg", "api", model)
assert (made.sku.capacity, made.provisioning_state, made.tags) == (3, "Succeeded", {"team": "a"}), made
no(412, "PreconditionFailed", sets.begin_create_or_update, "rg", "api", model, match_condition=MatchConditions.IfMissing)
no(409, "InvalidResourceLocation", sets.begin_create_or_update, "rg", "api", model | {"location": "northeurope"})
no(400, "LocationRequired", sets.begin_create_or_update, "rg", "other", {"sku": {"capacity": 1}})
assert ok(sets.begin_update, "rg", "api", {"tags": {"team": "b"}}).sku.capacity == 3
assert [it.name for it in sets.list("rg")] == ["api", "web"]
poller = sets.begin_delete("rg", "api")
assert sets.get("rg", "api").provisioning_state == "Deleting"
said = no(409, "OperationNotAllowed", sets.begin_update, "rg", "api", {"sku": {"capacity": 4}})
assert "marked for deletion" in str(said), said
poller.result()
ok(sets.begin_delete, "rg", "api")
no(404, "ResourceNotFound", sets.get, "rg", "api")

# What is measured.
now = datetime.now(timezone.utc)
span = "/".join(f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in (now - timedelta(minutes=5), now + timedelta(minutes=1)))


def cpu():
    said = ok(monitor.metrics.list, ID, timespan=span, interval="PT1M", metricnames="Percentage CPU", aggregation="Average,Maximum")
    (metric,) = said.value
    assert (metric.name.value, metric.unit) == ("Percentage CPU", "Percent"), metric
    return [point for series in metric.timeseries for point in series.data if point.average is not None]


points = until("a value", cpu)
assert all(0 < point.average <= point.maximum <= 100 for point in points), points
assert all(point.time_stamp.second == 0 for point in points), points
definitions = ok(monitor.metric_definitions.list, ID)
assert [it.name.value for it in definitions] == ["Percentage CPU"], definitions
no(400, "BadRequest", monitor.metrics.list, ID, metricnames="Nothing")

# Azure's own autoscaler, which is told of and acts on nothing.
assert ok(monitor.autoscale_settings.list_by_resource_group, "rg") == []
setting = {"location": "westeurope", "properties": {"enabled": True, "targetResourceUri": ID, "profiles": [
    {"name": "all", "capacity": {"minimum": "2", "maximum": "9", "default": "2"}, "rules": []}]}}
ok(monitor.autoscale_settings.create_or_update, "rg", "rival", json.dumps(setting).encode())
(rival,) = ok(monitor.autoscale_settings.list_by_subscription)
assert (rival.name, rival.target_resource_uri, rival.profiles[0].capacity.maximum) == ("rival", ID, "9"), rival
assert ok(monitor.autoscale_settings.get, "rg", "rival").enabled
ok(monitor.autoscale_settings.delete, "rg", "rival")
no(404, "ResourceNotFound", monitor.autoscale_settings.get, "rg", "rival")
end()

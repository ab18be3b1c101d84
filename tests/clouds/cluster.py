"""A cluster by the official client in Python: argv[1] is the address, argv[2] a token if there is any."""

import sys
import time

from kubernetes import client, watch
from kubernetes.client.exceptions import ApiException

DONE = set()
configuration = client.Configuration(host=sys.argv[1])
configuration.retries = False
if len(sys.argv) > 2:
    configuration.api_key = {"authorization": f"Bearer {sys.argv[2]}"}
api = client.ApiClient(configuration)
apps, core = client.AppsV1Api(api), client.CoreV1Api(api)
leases, scalers = client.CoordinationV1Api(api), client.AutoscalingV2Api(api)
custom, rights = client.CustomObjectsApi(api), client.AuthorizationV1Api(api)
NS = "default"


def ok(call, *arguments, **more):
    """What the server says; counts the operation."""
    said = call(*arguments, **more)
    DONE.add(call.__name__)
    return said


def no(status, reason, call, *arguments, **more):
    """The message with which a call is refused, by this status and reason."""
    try:
        call(*arguments, **more)
    except ApiException as error:
        assert error.status == status, f"{status} was expected: {error}"
        assert f'"reason":"{reason}"' in error.body, f"{reason} was expected: {error.body}"
        return error.body
    raise AssertionError(f"{arguments} was taken, {reason} was expected")


if sys.argv[2:] == ["reader"]:
    # Who may look and change nothing.
    assert ok(apps.read_namespaced_deployment, "web", NS).spec.replicas == 20
    said = no(403, "Forbidden", apps.patch_namespaced_deployment_scale, "web", NS, {"spec": {"replicas": 3}})
    assert "cannot patch resource" in said, said
    review = {"spec": {"resourceAttributes": {"verb": "patch", "resource": "deployments"}}}
    assert not ok(rights.create_self_subject_access_review, review).status.allowed
    print(f"{len(DONE)} operations")
    sys.exit()

# One thing, a list in pages, and everything of it.
web = ok(apps.read_namespaced_deployment, "web", NS)
assert (web.spec.replicas, web.status.ready_replicas) == (20, 20), web
assert web.status.observed_generation == web.metadata.generation
names, more = [], None
while True:
    page = ok(core.list_namespaced_pod, NS, limit=6, _continue=more)
    names += [pod.metadata.name for pod in page.items]
    more = page.metadata._continue
    if not more:
        break
assert len(names) == len(set(names)) == 20, names
assert len(ok(core.list_pod_for_all_namespaces, label_selector="app in (web)").items) == 20
assert ok(apps.list_deployment_for_all_namespaces).items[0].metadata.name == "web"
no(400, "BadRequest", core.list_namespaced_pod, NS, _continue="nowhere")
pod = ok(core.read_namespaced_pod, names[0], NS)
ready = {condition.type: condition.status for condition in pod.status.conditions}
assert ready["Ready"] == "True" and pod.status.phase == "Running", ready

# Its scale, by whoever is faster.
scale = ok(apps.read_namespaced_deployment_scale, "web", NS)
scale.spec.replicas = 22
taken = ok(apps.replace_namespaced_deployment_scale, "web", NS, scale)
assert taken.spec.replicas == 22
scale.spec.replicas = 30
assert "has been modified" in no(409, "Conflict", apps.replace_namespaced_deployment_scale, "web", NS, scale)
ok(apps.patch_namespaced_deployment_scale, "web", NS, {"spec": {"replicas": 24}})
assert ok(apps.read_namespaced_deployment, "web", NS).spec.replicas == 24
no(422, "Invalid", apps.patch_namespaced_deployment_scale, "web", NS, {"spec": {"replicas": -2}})
no(404, "NotFound", apps.read_namespaced_deployment_scale, "none", NS)

# Changes as they come.
seen, since = [], core.list_namespaced_pod(NS).metadata.resource_version
apps.patch_namespaced_deployment_scale("web", NS, {"spec": {"replicas": 25}})
for event in watch.Watch().stream(core.list_namespaced_pod, NS, resource_version=since, timeout_seconds=20):
    seen.append((event["type"], event["object"].status.phase, event["object"].metadata.name))
    conditions = event["object"].status.conditions or []
    added = [name for what, _, name in seen if what == "ADDED"]
    if added and event["object"].metadata.name == added[-1] and any(
            one.type == "Ready" and one.status == "True" for one in conditions):
        break
DONE.add("watch")
phases = [phase for _, phase, name in seen if name == added[-1]]
assert phases[0] == "Pending" and phases[-1] == "Running", seen

# What is kept for others: a lease by compare-and-swap, events, autoscalers.
lease = {"metadata": {"name": "agent"}, "spec": {"holderIdentity": "a", "leaseDurationSeconds": 15}}
made = ok(leases.create_namespaced_lease, NS, lease)
no(409, "AlreadyExists", leases.create_namespaced_lease, NS, lease)
made.spec.holder_identity = "b"
ok(leases.replace_namespaced_lease, "agent", NS, made)
no(409, "Conflict", leases.replace_namespaced_lease, "agent", NS, made)
assert ok(leases.read_namespaced_lease, "agent", NS).spec.holder_identity == "b"
uid = {"preconditions": {"uid": "another"}}
no(409, "Conflict", leases.delete_namespaced_lease, "agent", NS, body=uid)
ok(leases.delete_namespaced_lease, "agent", NS)
event = {"metadata": {"generateName": "web."}, "reason": "Noted", "message": "by a person",
         "involvedObject": {"kind": "Deployment", "name": "web", "namespace": NS}}
ok(core.create_namespaced_event, NS, event)
assert any(it.reason == "Noted" for it in ok(core.list_namespaced_event, NS).items)
scaler = {"metadata": {"name": "web"}, "spec": {"maxReplicas": 40, "minReplicas": 4, "scaleTargetRef": {
    "apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}}}
ok(scalers.create_namespaced_horizontal_pod_autoscaler, NS, scaler)
assert ok(scalers.list_namespaced_horizontal_pod_autoscaler, NS).items[0].spec.max_replicas == 40
ok(scalers.delete_namespaced_horizontal_pod_autoscaler, "web", NS)

# What pods use.
for _ in range(200):
    usage = ok(custom.list_namespaced_custom_object, "metrics.k8s.io", "v1beta1", NS, "pods")["items"]
    if usage:
        break
    time.sleep(0.05)
assert all(one["containers"][0]["usage"]["cpu"].endswith("n") for one in usage), usage

# A pod that is deleted has another in its place.
ok(core.delete_namespaced_pod, names[0], NS)
there = [pod for pod in core.list_namespaced_pod(NS).items if not pod.metadata.deletion_timestamp]
assert len(there) == 25 and names[0] not in [pod.metadata.name for pod in there]
ok(apps.delete_namespaced_deployment, "web", NS)
no(404, "NotFound", apps.read_namespaced_deployment, "web", NS)

print(f"{len(DONE)} operations")

"""A cluster by kubectl: argv[1] is the address, at a pace of 60; Deployment `web` has 20 pods."""

import json
import os
import subprocess
import sys
import tempfile
import time

KUBECTL = os.path.join(os.path.dirname(sys.executable), "kubectl")
CACHE = tempfile.TemporaryDirectory()
DONE = set()


def run(*words, stdin=None):
    base = [KUBECTL, "--kubeconfig=/dev/null", "-s", sys.argv[1], "--cache-dir", CACHE.name]
    command = [*base, "--request-timeout=20s", *words]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=60)


def ok(name, *words, stdin=None):
    """What kubectl prints; counts the operation."""
    ended = run(*words, stdin=stdin)
    assert ended.returncode == 0, f"{words}: {ended.stderr}"
    DONE.add(name)
    return ended.stdout


def no(name, part, *words, stdin=None):
    """Fails unless kubectl is refused, with this in what it complains of."""
    ended = run(*words, stdin=stdin)
    assert ended.returncode != 0, f"{words} was taken: {ended.stdout}"
    assert part in ended.stderr, f"{words}: {part!r} was expected: {ended.stderr}"
    DONE.add(name)


def get(*words):
    return json.loads(ok("get", "get", *words, "-o", "json"))


def until(what, look, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"no {what} in {seconds} s")


def manifest(kind, name, replicas):
    labels = {"app": name}
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "app", "image": "app:1"}]},
        },
    }
    if kind == "StatefulSet":
        spec["serviceName"] = name
    return json.dumps(
        {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
    )


# What there is.
assert "v1.33" in ok("version", "version")
resources = ok("api-resources", "api-resources", "-o", "name").split()
assert {"pods", "deployments.apps", "leases.coordination.k8s.io"} <= set(resources), resources
web = get("deployment", "web")
assert web["spec"]["replicas"] == 20 and web["status"]["readyReplicas"] == 20, web
pods = ok("get by label", "get", "pods", "-l", "app=web", "-o", "name").split()
assert len(pods) == 20, pods
paged = ok("get in pages", "get", "pods", "--chunk-size=7", "-o", "name").split()
assert sorted(paged) == sorted(pods), paged
one = ok("get by field", "get", "pods", "--field-selector", f"metadata.name={pods[0][4:]}", "-o", "name")
assert one.split() == [pods[0]], one
assert ok("get none", "get", "pods", "-l", "app=none", "-o", "name") == ""
described = ok("describe", "describe", "deployment", "web")
assert "20 desired" in described, described

# Its size, in every way that there is.
ok("scale", "scale", "deployment/web", "--replicas=23")
no("scale from another", "Expected replicas to be 5, was 23", "scale", "deployment/web",
   "--current-replicas=5", "--replicas=7")
assert get("deployment", "web")["spec"]["replicas"] == 23
ok("scale from this", "scale", "deployment/web", "--current-replicas=23", "--replicas=24")
ok("patch scale", "patch", "deployment/web", "--subresource=scale", "--type=merge",
   "-p", '{"spec":{"replicas":25}}')
ok("patch scale by steps", "patch", "deployment/web", "--subresource=scale", "--type=json",
   "-p", '[{"op":"test","path":"/spec/replicas","value":25},{"op":"replace","path":"/spec/replicas","value":26}]')
no("patch a scale that is another", "testing value", "patch", "deployment/web", "--subresource=scale",
   "--type=json", "-p", '[{"op":"test","path":"/spec/replicas","value":1}]')
no("patch an old version", "the object has been modified", "patch", "deployment/web",
   "--subresource=scale", "--type=merge",
   "-p", '{"metadata":{"resourceVersion":"1"},"spec":{"replicas":3}}')
scale = json.loads(ok("get scale", "get", "deployment", "web", "--subresource=scale", "-o", "json"))
assert scale["kind"] == "Scale" and scale["spec"]["replicas"] == 26, scale
assert scale["status"]["selector"] == "app=web", scale
no("scale below nothing", "must be greater than or equal to 0", "patch", "deployment/web",
   "--subresource=scale", "--type=merge", "-p", '{"spec":{"replicas":-1}}')
ok("wait", "wait", "deployment/web", "--for=jsonpath={.status.readyReplicas}=26", "--timeout=30s")

# Things of one's own.
ok("create", "create", "--validate=false", "-f", "-", stdin=manifest("Deployment", "api", 3))
no("create again", "already exists", "create", "--validate=false", "-f", "-",
   stdin=manifest("Deployment", "api", 3))
ok("rollout status", "rollout", "status", "deployment/api", "--timeout=30s")
before = set(ok("get by label", "get", "pods", "-l", "app=api", "-o", "name").split())
assert len(before) == 3
ok("annotate", "annotate", "deployment/api", "setpoint/pause=a person wants it")
assert get("deployment", "api")["metadata"]["annotations"]["setpoint/pause"] == "a person wants it"
ok("label", "label", "deployment/api", "tier=back")
ok("set image", "set", "image", "deployment/api", "app=app:2", "--local=false")
ok("rollout restart", "rollout", "restart", "deployment/api")
ok("rollout status", "rollout", "status", "deployment/api", "--timeout=60s")
after = set(ok("get by label", "get", "pods", "-l", "app=api", "-o", "name").split())
until("end of what was", lambda: not before & set(
    ok("get by label", "get", "pods", "-l", "app=api", "-o", "name").split()))
ok("create a set", "create", "--validate=false", "-f", "-", stdin=manifest("StatefulSet", "db", 2))
ok("scale a set", "scale", "statefulset/db", "--replicas=3")
names = until("three pods in a row", lambda: [
    name for name in [ok("get by label", "get", "pods", "-l", "app=db", "-o", "name").split()]
    if name == ["pod/db-0", "pod/db-1", "pod/db-2"]])
ok("delete a pod", "delete", "pod", "db-1", "--wait=false")
until("another in its place", lambda: get("statefulset", "db")["status"].get("readyReplicas") == 3)
ok("delete", "delete", "deployment/api", "statefulset/db", "--timeout=30s")
no("get what is gone", "not found", "get", "deployment", "api")

# What is told.
events = get("events")["items"]
assert any(event["reason"] == "ScalingReplicaSet" for event in events), events
assert "m" in ok("top", "top", "pods", "-l", "app=web", "--no-headers")
no("get an unknown kind", "the server doesn't have a resource type", "get", "rollouts")

print(f"{len(DONE)} operations")

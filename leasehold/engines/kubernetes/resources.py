"""What a cluster has with our labels, and how it is removed.

Where each run has a namespace, that is all: what else is in one goes with it. In a namespace that was given, each
object of a run is found by its own label, and nothing else there is touched.
"""

import time
from collections.abc import Iterator

from ...contract import PART_LABEL
from ...errors import EngineError
from ..resources import Resource
from . import pods
from .api import Api, Object
from .names import HOLDER, TERM, given_namespace, labels_of

NAMESPACE, POD, JOB = "namespace", "pod", "job"
PATHS = {
    POD: "/api/v1/namespaces/{}/pods",
    "service": "/api/v1/namespaces/{}/services",
    "networkpolicy": "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
    "serviceaccount": "/api/v1/namespaces/{}/serviceaccounts",
    "lease": "/apis/coordination.k8s.io/v1/namespaces/{}/leases",
    # Last: whatever it owns goes with it, and a policy is not to go before a Pod.
    JOB: "/apis/batch/v1/namespaces/{}/jobs",
}
"""Where the API has what a run makes in a namespace, by kind."""

LIMIT = 120.0
"""How long a resource may take to be gone, in seconds."""

PAUSE = 0.1
"""Time between two looks, in seconds."""

_GRACE = 0
"""A server that is removed has nobody left to say goodbye to."""


def labelled(api: Api, label: str) -> list[Resource]:
    """List what carries a label: ``key`` with any value, or ``key=value``."""
    key, _, value = label.partition("=")
    given = given_namespace()
    found = list(_within(api, label, given) if given else _all(api, label))
    return [
        one
        for one in found
        if key in one.labels
        and value in ("", one.labels[key])
        and (one.kind, one.labels.get(PART_LABEL)) != (POD, TERM)  # it goes with its Job
    ]


def remove(api: Api, resource: Resource) -> bool:
    """Remove a resource, and wait until it is gone; return False if it was gone already, or is a lock on the run.

    Raises:
        EngineError: It is still there after a long time.
    """
    path = _path(resource)
    grace = _GRACE if resource.kind == POD else None
    if not api.delete(path, resource.id, grace, wait_for_owned=resource.kind == JOB):
        return False
    ends = time.monotonic() + LIMIT
    while (there := api.find(path)) and there["metadata"]["uid"] == resource.id:
        if time.monotonic() > ends:
            raise EngineError(f"The {resource} is still there {LIMIT:.0f} s after its end was asked for. {_why(there)}")
        time.sleep(PAUSE)
    return resource.labels.get(PART_LABEL) != HOLDER


def _all(api: Api, label: str) -> Iterator[Resource]:
    """Yield what the API finds for a label, by two requests however many runs there are."""
    namespaces = api.listed("/api/v1/namespaces", labelSelector=label)
    ours = {str(one["metadata"]["name"]) for one in namespaces}
    yield from (_resource(NAMESPACE, one) for one in namespaces)
    pods_found = api.listed("/api/v1/pods", labelSelector=label)
    yield from (_resource(POD, one) for one in pods_found if one["metadata"]["namespace"] in ours)


def _within(api: Api, label: str, namespace: str) -> Iterator[Resource]:
    """Yield what the API finds for a label in one namespace, by a request for each kind."""
    for kind, path in PATHS.items():
        yield from (_resource(kind, one) for one in api.listed(path.format(namespace), labelSelector=label))


def _resource(kind: str, found: Object) -> Resource:
    metadata, is_server = found["metadata"], kind == POD
    running = is_server and pods.is_running(found)
    return Resource(kind, str(metadata["uid"]), str(metadata["name"]), labels_of(found), is_server, running)


def _path(resource: Resource) -> str:
    if resource.kind == NAMESPACE:
        return f"/api/v1/namespaces/{resource.name}"
    if resource.kind == POD:
        return pods.path_of(resource.name)
    return f"{PATHS[resource.kind].format(given_namespace())}/{resource.name}"


def _why(stays: Object) -> str:
    """Return what something waits for, as it says itself."""
    conditions = (stays.get("status") or {}).get("conditions") or ()
    # The first tells how many objects are left, and a later one of whose finalizers.
    if said := [str(one["message"]) for one in conditions if one.get("status") == "True" and one.get("message")]:
        return f"It says: {'; '.join(said)}"
    finalizers = ", ".join((stays.get("spec") or {}).get("finalizers") or stays["metadata"].get("finalizers") or [])
    return f"It waits for finalizers ({finalizers}); `kubectl get -o yaml` tells more."

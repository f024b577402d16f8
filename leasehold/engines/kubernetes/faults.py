"""Faults of a run's namespace, by inspection: what is not set up as declared."""

from collections.abc import Iterator

from ...contract import GATEWAY, HOST_LABEL, PART_LABEL, RUN_LABEL, resource_name
from . import pods
from .api import Api
from .manifests import NAMESPACE_LABELS
from .names import labels_of, namespace_name
from .policies import policies
from .published import access_of
from .reach import Access

POLICIES = "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies"
_PUBLISHES = ("NodePort", "LoadBalancer")
_INSIDE = "every Pod of the cluster that may send to other namespaces has a way to the gateway's ports"
_REACHED_BY = {
    Access.SERVICE: f"{_INSIDE}, at {{host}}",
    Access.NODE_PORT: (
        "the gateway's ports are open on every node, {host} among them: whoever has a way to a node has one to them"
    ),
    Access.PORT_FORWARD: (
        "the gateway's ports are forwarded to {host} of the machines that use the run, round every policy, and "
        f"{_INSIDE}"
    ),
    Access.LOAD_BALANCER: (
        "the gateway's ports are open at the load balancer {host}, and at ports of every node: whoever has a way to "
        "either has one to them"
    ),
}
"""Who else reaches a run, by the way that it was made for."""


def faults_of(api: Api, run: str) -> Iterator[str]:
    """Yield what is not as declared, a line each."""
    namespace = namespace_name(run)
    yield from _policies(api, namespace)
    yield from _services(api, run)
    for pod in api.listed(f"/api/v1/namespaces/{namespace}/pods"):
        if labels_of(pod).get(RUN_LABEL) != run:
            yield f"Pod {pod['metadata']['name']} is in the namespace, and is not the run's"
    labels = api.get(f"/api/v1/namespaces/{namespace}")["metadata"].get("labels") or {}
    if any(labels.get(key) != value for key, value in NAMESPACE_LABELS.items()):
        yield "the cluster does not hold the Pods of the namespace to the standard `restricted`"


def notes_of(api: Api, run: str) -> Iterator[str]:
    """Yield what is as declared, and yet should be known, a line each."""
    gateway = api.get(pods.path_of(resource_name(run, GATEWAY)))
    if way := access_of(gateway):
        yield _REACHED_BY[way].format(host=labels_of(gateway).get(HOST_LABEL, ""))


def _policies(api: Api, namespace: str) -> Iterator[str]:
    declared = policies()
    found = {str(one["metadata"]["name"]): one["spec"] for one in api.listed(POLICIES.format(namespace))}
    for name, spec in declared.items():
        if name not in found:
            yield f"the policy {name!r} is gone"
        elif found[name] != spec:
            yield f"the policy {name!r} is another than was declared"
    for name in sorted(set(found) - set(declared)):
        yield f"a policy {name!r} that is not the run's allows what it says"


def _services(api: Api, run: str) -> Iterator[str]:
    gateway = api.find(pods.path_of(resource_name(run, GATEWAY)))
    way = access_of(gateway) if gateway else None
    for service in api.listed(f"/api/v1/namespaces/{namespace_name(run)}/services"):
        selected = (service["spec"].get("selector") or {}).get(PART_LABEL)
        name, kind = service["metadata"]["name"], service["spec"]["type"]
        if kind in _PUBLISHES and selected != GATEWAY:
            yield f"the service {name!r} publishes what is not the gateway"
        elif kind in _PUBLISHES and way and kind != way.service_type:
            yield f"the service {name!r} is a {kind}, and the run was made to be reached by {way}"

"""Faults of a run's set-up, by inspection: what is not as declared."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...contract import GATEWAY, HOST_LABEL, PART_LABEL, RUN_LABEL, resource_name
from . import pods
from .api import Api
from .manifests import NAMESPACE_LABELS
from .names import given_namespace, labels_of, namespace_name
from .policies import policies
from .published import access_of
from .reach import Access
from .resources import PATHS
from .selectors import selects

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

Labels = Mapping[str, str]


def faults_of(api: Api, run: str) -> Iterator[str]:
    """Yield what is not as declared, a line each."""
    namespace, alone = namespace_name(run), not given_namespace()
    found = api.listed(f"/api/v1/namespaces/{namespace}/pods")
    gateway = next((one for one in found if one["metadata"]["name"] == resource_name(run, GATEWAY)), None)
    own: list[Labels] = [one["metadata"].get("labels") or {} for one in found if labels_of(one).get(RUN_LABEL) == run]
    yield from _policies(api, run, own)
    yield from _services(api, namespace, own, access_of(gateway) if gateway else None)
    if alone:  # others may be in one that was given
        for pod in found:
            if labels_of(pod).get(RUN_LABEL) != run:
                yield f"Pod {pod['metadata']['name']} is in the namespace, and is not the run's"
        if not _is_restricted(api, namespace):
            yield "the cluster does not hold the Pods of the namespace to the standard `restricted`"


def notes_of(api: Api, run: str) -> Iterator[str]:
    """Yield what is as declared, and yet should be known, a line each."""
    gateway = api.get(pods.path_of(resource_name(run, GATEWAY)))
    if way := access_of(gateway):
        yield _REACHED_BY[way].format(host=labels_of(gateway).get(HOST_LABEL, ""))
    if (given := given_namespace()) and not _is_restricted(api, given):
        yield (
            f"Pods of others in namespace {given} are not held to the standard `restricted`, so one may be given the "
            "rights of its node"
        )


def _policies(api: Api, run: str, own: Sequence[Labels]) -> Iterator[str]:
    """Yield what is amiss with the policies: ours have to be as declared, and those of others must open no Pod."""
    declared = policies(run, alone=not given_namespace())
    listed = api.listed(PATHS["networkpolicy"].format(namespace_name(run)))
    found: dict[str, Any] = {str(one["metadata"]["name"]): one["spec"] for one in listed}
    for name, spec in declared.items():
        if name not in found:
            yield f"the policy {name!r} is gone"
        elif found[name] != spec:
            yield f"the policy {name!r} is another than was declared"
    for name in sorted(set(found) - set(declared)):
        spec = found[name]
        if (spec.get("ingress") or spec.get("egress")) and any(selects(spec["podSelector"], one) for one in own):
            yield f"a policy {name!r} that is not the run's allows what it says"


def _services(api: Api, namespace: str, own: Sequence[Labels], way: Access | None) -> Iterator[str]:
    hidden = [labels for labels in own if labels.get(PART_LABEL) != GATEWAY]
    for service in api.listed(PATHS["service"].format(namespace)):
        selector, kind = service["spec"].get("selector"), service["spec"]["type"]
        if kind not in _PUBLISHES or not selector:
            continue
        name, selected = service["metadata"]["name"], {"matchLabels": selector}
        if any(selects(selected, labels) for labels in hidden):
            yield f"the service {name!r} publishes what is not the gateway"
        elif way and kind != way.service_type and any(selects(selected, labels) for labels in own):
            yield f"the service {name!r} is a {kind}, and the run was made to be reached by {way}"


def _is_restricted(api: Api, namespace: str) -> bool:
    labels = api.get(f"/api/v1/namespaces/{namespace}")["metadata"].get("labels") or {}
    return all(labels.get(key) == value for key, value in NAMESPACE_LABELS.items())

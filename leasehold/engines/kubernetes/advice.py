"""What the API's reasons mean, and what to do: a sentence each."""

import re
from collections.abc import Mapping
from typing import Any

from ...contract import ENGINE_VARIABLE
from .names import NAMESPACE, given_namespace
from .rights import COMMAND, resource_and_verb

_LOGIN = (
    "The login in the kubeconfig is not accepted: it has expired, or is another cluster's. Log in again as you do for "
    "kubectl (`kubectl auth whoami` tells whether it worked)."
)
_IMAGES = (
    "Name an image that the cluster's nodes have or can pull: in the declaration's `images`, or in "
    "LEASEHOLD_IMAGE_DATABASE, _BROKER or _GATEWAY."
)
_ROOM = (
    "Declare less memory (`storage`, `shm_size`), end other runs (`leasehold list`), or give the cluster a larger node."
)
_ADVICE = {
    "unreachable": (
        f"Runs go into it, as {ENGINE_VARIABLE} has it. See whether `kubectl version` reaches it, or name "
        "another cluster (KUBECONFIG, or `kubectl config use-context`)."
    ),
    "Unauthorized": _LOGIN,
    "the server has asked for the client to provide credentials": _LOGIN,
    "unable to load Kubernetes client configuration": "Name a cluster by KUBECONFIG, or `kubectl config use-context`.",
    "configured Kubernetes cluster is unreachable": "See whether `kubectl version` reaches it.",
    "exceeded quota": f"A quota of the namespace is used up, by others than runs that queue for it. {_ROOM}",
    "must specify": (
        "A quota of the namespace counts what Pods of a run do not name. Have a LimitRange there give a default for it."
    ),
    "Insufficient memory": f"No node has so much memory to give. {_ROOM}",
    "Insufficient cpu": "No node has a processor to give. End other runs, or give the cluster another node.",
    "ErrImagePull": _IMAGES,
    "ImagePullBackOff": _IMAGES,
    "InvalidImageName": _IMAGES,
    "object is being deleted": (
        "The namespace of an earlier run of this name is still going. Wait until `kubectl get namespaces` shows it no "
        "more; one that stays has a finalizer that nobody serves (`kubectl get namespace NAME -o yaml` tells which)."
    ),
    "because it is being terminated": (
        "The namespace of an earlier run of this name is still going. Wait until `kubectl get namespaces` shows it no "
        "more."
    ),
}
_FORBIDDEN = re.compile(
    r'cannot (?P<verb>[a-z]+) resource "(?P<resource>[a-z/]+)"'
    r'( in API group "[^"]*")?( in the namespace "(?P<there>[^"]+)")?'
)
_UNAUTHORIZED, _NO_RIGHT = 401, 403


def advice_on(error: str) -> str:
    """Return what to do about an error of the API's; empty if nothing is known, or the error says so itself."""
    told = [advice for words, advice in _ADVICE.items() if words in error]
    if refused := _FORBIDDEN.search(error):
        told.append(_missing_right(refused["verb"], refused["resource"], refused["there"]))
    return " ".join(one for one in dict.fromkeys(told) if one not in error)


def explained(method: str, path: str, status: int | None, told: Mapping[str, Any]) -> str:
    """Return what it means that the API did not do as it was asked, and what to do."""
    message = str(told.get("message") or told.get("reason") or f"HTTP status {status}")
    if status == _UNAUTHORIZED:
        return f"The cluster does not know who asks. {_LOGIN}"
    resource, verb = resource_and_verb(method, path)
    if status == _NO_RIGHT and (refused := _FORBIDDEN.search(message)):
        return _missing_right(refused["verb"], refused["resource"], refused["there"])
    advice = advice_on(message)
    return f"The cluster did not do as it was asked ({verb} {resource}: {message}).{advice and f' {advice}'}"


def _missing_right(verb: str, resource: str, there: str | None) -> str:
    """Return which right a login has not, and who gives it: a role of one namespace gives none over what is in none."""
    refused = f"The login in the kubeconfig may not {verb} {resource}"
    if not given_namespace():
        return f"{refused}. Have it given that right: `{COMMAND}` prints all that is needed."
    if not there:
        return f"{refused}, which a ClusterRole alone allows."
    return (
        f"{refused} in namespace {there}. Have it given that right (`{COMMAND} --namespace {there}` prints all that is "
        f"needed), or name a namespace of your own in {NAMESPACE}."
    )

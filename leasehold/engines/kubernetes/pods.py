"""Pods: until one runs, and why one does not."""

import itertools
import time
from collections.abc import Callable
from typing import Any

from ...clock import steady
from ...errors import EngineError
from .advice import advice_on
from .api import Api, Object, connect, containers_of
from .changes import changes
from .names import SERVER, namespace_of

PAUSE = 0.05
"""Time between two watches, in seconds."""

UNSCHEDULABLE = "Unschedulable"
"""Why the scheduler has no node for a Pod (Kubernetes API, PodReasonUnschedulable)."""

_HOPELESS = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError")
_ENDED = ("Failed", "Succeeded")


class NoNodeError(EngineError):
    """No node has room for a Pod yet."""


def path_of(server: str) -> str:
    """Return where the API has a server's Pod."""
    return f"/api/v1/namespaces/{namespace_of(server)}/pods/{server}"


def find(server: str) -> Object | None:
    """Return a server's Pod; None if there is none."""
    return connect().find(path_of(server))


def state_of(pod: Object, container: str = SERVER) -> Object:
    """Return the state of one of a Pod's containers; empty before there is any."""
    return containers_of(pod, ("containerStatuses", "ephemeralContainerStatuses")).get(container) or {}


def is_running(pod: Object, container: str = SERVER) -> bool:
    """Return whether a Pod's container runs."""
    return "running" in state_of(pod, container) and (pod.get("status") or {}).get("phase") not in _ENDED


def await_running(
    api: Api,
    pod: tuple[str, str],
    limit: float,
    container: str = SERVER,
    on_no_node: Callable[[str], None] = lambda why: None,
) -> Object:
    """Wait until a container runs; return its Pod.

    Args:
        api: The cluster.
        pod: Namespace and name.
        limit: For how long, in seconds.
        container: Which of the Pod's containers.
        on_no_node: Called with why no node has room for it, whenever that has changed.

    Raises:
        NoNodeError: No node has room for it in time.
        EngineError: It cannot run, or does not in time; says why.
    """
    ends, path, told = steady() + limit, f"/api/v1/namespaces/{pod[0]}/pods/{pod[1]}", ""
    while True:
        found = api.get(path)
        for change in itertools.chain([found], changes(api, found, path, ends)):
            if _runs(change, container):
                return change
            found = change
            if is_unschedulable(found) and told != (why := why_not(found, container)[0]):
                told = why
                on_no_node(why)
        if steady() > ends:
            raise (NoNodeError if is_unschedulable(found) else EngineError)(_said(found, container))
        time.sleep(PAUSE)


def _runs(pod: Object, container: str) -> bool:
    """Return whether a Pod's container runs; raise if it never will."""
    if is_running(pod, container):
        return True
    if why_not(pod, container)[1]:
        raise EngineError(_said(pod, container))
    return False


def _said(pod: Object, container: str) -> str:
    why, _ = why_not(pod, container)
    advice = advice_on(why)
    return f"Pod {pod['metadata']['name']} does not run ({why or 'nobody tells why'}).{advice and f' {advice}'}"


def why_not(pod: Object, container: str = SERVER) -> tuple[str, bool]:
    """Return why a container does not run, as far as the cluster tells, and whether it never will."""
    state, status = state_of(pod, container), pod.get("status") or {}
    if status.get("phase") in _ENDED or "terminated" in state:
        return _told(state.get("terminated") or status), True
    waiting: dict[str, Any] = state.get("waiting") or {}
    if waiting:
        return _told(waiting), waiting.get("reason") in _HOPELESS
    for one in status.get("conditions") or ():
        if one.get("status") == "False" and one.get("type") == "PodScheduled":
            return _told(one), False
    return "", False


def is_unschedulable(pod: Object) -> bool:
    """Return whether no node has room for a Pod."""
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any((one.get("type"), one.get("reason")) == ("PodScheduled", UNSCHEDULABLE) for one in conditions)


def _told(said: Object) -> str:
    return ": ".join(str(said[key]) for key in ("reason", "message") if said.get(key))

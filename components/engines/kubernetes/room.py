"""Room for a run in its namespace, where quotas bound it: taken for all of it, before anything of it is made."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pulumi

from leasehold.clock import steady
from leasehold.engines.kubernetes.api import connect
from leasehold.engines.kubernetes.names import TERM, given_namespace, namespace_name
from leasehold.engines.kubernetes.queue import Queue, await_room, never, timeout
from leasehold.engines.kubernetes.quotas import need_of, shortages, total
from leasehold.engines.kubernetes.tickets import Need
from leasehold.errors import EngineError

from ...declared.mocks import under_mocks
from ...declared.run import Run
from .telling import teller

_PUBLISHES = ("NodePort", "LoadBalancer")
_rooms: dict[str, "Room"] = {}


class Room:
    """What a run takes of its namespace. Its servers add to it while they are declared.

    In a namespace that was given it is waited for in a queue. In the run's own nobody else is who could make room.
    """

    def __init__(self, run: Run, objects: Mapping[str, float]) -> None:
        self._run, self._objects = run, objects
        self._pods: dict[str, Any] = {}
        self._queue: Queue | None = None
        self._ends = 0.0

    def add(self, part: str, spec: Mapping[str, Any]) -> None:
        """Add a server's Pod, which is not made before there is room for all of them."""
        self._pods[part] = spec

    def take(self, tell: Callable[[str], None]) -> None:
        """Wait until there is room for all of the run.

        Args:
            tell: Called with what is waited for.

        Raises:
            EngineError: There is none in time, or there never will be any.
        """
        api, namespace = connect(), namespace_name(self._run.name)
        folder = f"/api/v1/namespaces/{namespace}"
        ranges = api.listed(f"{folder}/limitranges")
        need = Need(total(*(need_of(spec, ranges) for spec in self._pods.values())), self._objects)
        if not given_namespace():
            if short := shortages(api.listed(f"{folder}/resourcequotas"), total(need.pods, need.objects), {}):
                raise EngineError(never(short))
            return
        limit, self._queue = timeout(), Queue(api, namespace, self._run.labels, need)
        self._queue.enter()
        try:
            await_room(self._queue, limit, tell)
            self._ends = steady() + limit
        except BaseException:
            self._queue.leave()
            raise

    def may_wait(self) -> bool:
        """Return whether a Pod for which no node has room may wait for one: if nobody came first who is being made yet,
        for then the others give way, and it has not waited for too long."""
        return self._queue is not None and steady() < self._ends and not self._queue.ahead()

    def runs(self, part: str) -> None:
        """Take it that a server runs. Once all do, nobody behind in the queue waits for the run any more."""
        self._pods.pop(part, None)
        if self._queue and set(self._pods) <= {TERM}:
            self._queue.leave()


def objects_of(services: Sequence[Mapping[str, Any]], policies: int) -> dict[str, float]:
    """Return what quotas count of all that is made before a run's Pods.

    Args:
        services: Specifications of its Services.
        policies: How many policies it has.
    """
    published = [one for one in services if one["type"] in _PUBLISHES]
    return {
        "services": len(services),
        "count/services": len(services),
        "services.nodeports": sum(len(one["ports"]) for one in published),
        "services.loadbalancers": sum(one["type"] == "LoadBalancer" for one in published),
        "count/networkpolicies.networking.k8s.io": policies,
        "count/serviceaccounts": 1,
        "count/jobs.batch": 1,
    }


def room_for(run: Run, objects: Mapping[str, float]) -> Room:
    """Begin to add up what a run takes; its servers find it by `room_of`."""
    _rooms[run.name] = Room(run, objects)
    return _rooms[run.name]


def room_of(run: Run) -> Room:
    """Return what a run takes, as far as it is declared; of one whose networks are another program's, nothing else."""
    return _rooms.get(run.name) or Room(run, {})


def taken_first(name: str, room: Room) -> pulumi.ResourceHookBinding | None:
    """Return a hook that has a resource wait until there is room; None under Pulumi's mocks.

    Args:
        name: Begins the hook's name.
        room: What is waited for.
    """
    if under_mocks():
        return None

    async def take(args: pulumi.ResourceHookArgs) -> None:
        await asyncio.to_thread(room.take, teller(args))

    return pulumi.ResourceHookBinding(before_create=[pulumi.ResourceHook(f"{name}-has-room", take)])

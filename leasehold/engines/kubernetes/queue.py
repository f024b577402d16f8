"""The queue of a namespace that was given: quotas may not have room for all runs at once.

Whoever makes a run stands in it with a Lease: the run's name, which nobody else makes meanwhile, and what it takes.
The API server puts them in order: each object has the version of the store at which it was made, and whoever lists sees
all that were made before (Kubernetes: API concepts, resource versions; they are compared as numbers). A run may be made
when its namespace's quotas have room for it and for every run before it that is not all made yet. So nobody has half of
a run while another has the other half, and a small run does not overtake a large one.

A Lease is renewed while its maker lives, and counts as nobody's once that has stopped for its duration, by the clock of
whoever looks (client-go, tools/leaderelection).
"""

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ...clock import moment, steady
from ...contract import PART_LABEL, RUN_LABEL, resource_name
from ...errors import EngineError
from .api import Api, ConflictError, NotThereError
from .names import account_name, labels_of
from .pods import is_unschedulable
from .quotas import Shortage, shortages, total
from .resources import PATHS
from .tickets import PART, Need, Ticket, lease_of, left_to_make, renewal_of, ticket_of

TIMEOUT = "LEASEHOLD_ROOM_TIMEOUT"
"""For how long a run waits for room, in seconds; ten minutes, when it is not set."""

DURATION = 15
"""For how long a Lease holds without being renewed, in seconds (client-go's default, LeaseDuration)."""

RENEWED_EVERY, LOOKED_EVERY = 5.0, 1.0
"""Seconds between two renewals, and between two looks at the queue."""

_WAITS = 600


@dataclass(frozen=True)
class Look:
    """What one look at the queue has found.

    Attributes:
        before: Runs that came first and are not all made yet, in their order.
        short: Which quotas have no room for this one.
        stuck: Pods of those that came first for which no node has room.
    """

    before: tuple[str, ...]
    short: tuple[Shortage, ...]
    stuck: tuple[str, ...] = ()

    @property
    def has_room(self) -> bool:
        """Whether this one may be made."""
        return not (self.short or self.stuck)

    def __str__(self) -> str:
        ahead = [f"{', '.join(self.before)} came first"] * bool(self.before)
        return "; ".join([*map(str, self.short), *(f"no node has room for Pod {one}" for one in self.stuck), *ahead])


class Queue:
    """A run's place in the queue of its namespace, from `enter` to `leave`."""

    def __init__(self, api: Api, namespace: str, labels: Mapping[str, str], need: Need) -> None:
        """Prepare to stand in a queue.

        Args:
            api: The cluster.
            namespace: The namespace.
            labels: The run's labels.
            need: What the run takes.
        """
        self._api, self._namespace, self._labels, self._need = api, namespace, labels, need
        self.run = labels[RUN_LABEL]
        self._leases = PATHS["lease"].format(namespace)
        self._path = f"{self._leases}/{resource_name(self.run, PART)}"
        self._place, self._uid = 0, ""
        self._seen: dict[str, tuple[str, float]] = {}
        self._left = threading.Event()

    def enter(self) -> None:
        """Stand in the queue, behind all who do already, until `leave`, or until the Lease is removed.

        Raises:
            EngineError: There is a run of this name, or somebody else is making one.
        """
        try:
            made = self._api.create(self._leases, lease_of(self._labels, self._need, DURATION, moment()))
        except ConflictError:
            raise EngineError(self._taken("is being made")) from None
        self._uid, self._place = str(made["metadata"]["uid"]), int(made["metadata"]["resourceVersion"])
        threading.Thread(target=self._renew, name=f"place of {self.run} in the queue", daemon=True).start()
        if self._api.find(f"{PATHS['serviceaccount'].format(self._namespace)}/{account_name(self.run)}"):
            self.leave()
            raise EngineError(self._taken("is there"))

    def leave(self) -> None:
        """Make way for those behind."""
        self._left.set()
        with suppress(EngineError):  # it ends by itself then
            self._api.delete(self._path, self._uid)

    def look(self) -> Look:
        """Look whether there is room.

        Raises:
            EngineError: The Lease is gone: somebody ends the run, or this process stood still for too long.
        """
        # Whatever is made meanwhile is counted twice in this order, and never not at all.
        ahead = self.ahead()
        pods = self._api.listed(PATHS["pod"].format(self._namespace), labelSelector=RUN_LABEL)
        left = {one.run: left_to_make(one.run, one.need, pods) for one in ahead}
        before = tuple(run for run, amounts in left.items() if any(amounts.values()))
        quotas = self._api.listed(f"/api/v1/namespaces/{self._namespace}/resourcequotas")
        own = left_to_make(self.run, self._need, pods)
        stuck = [one["metadata"]["name"] for one in pods if is_unschedulable(one) and labels_of(one)[RUN_LABEL] in left]
        return Look(before, tuple(shortages(quotas, own, total(*left.values()))), tuple(stuck))

    def ahead(self) -> list[Ticket]:
        """Return those who came first and have not left the queue, in their order.

        Raises:
            EngineError: As `look`.
        """
        found = [ticket_of(one) for one in self._api.listed(self._leases, labelSelector=f"{PART_LABEL}={PART}")]
        if self._uid not in {one.uid for one in found}:
            raise EngineError(
                f"Run {self.run!r} has lost its place in the queue of namespace {self._namespace}: it is being ended, "
                f"or this machine stood still for more than {DURATION} s."
            )
        first = [one for one in self._living(found) if one.place < self._place]
        return sorted(first, key=lambda one: one.place)

    def _taken(self, how: str) -> str:
        return f"A run {self.run!r} of somebody else's {how} in namespace {self._namespace}. Take another name."

    def _living(self, tickets: Iterable[Ticket]) -> list[Ticket]:
        """Return tickets without those that nobody has renewed for their duration, which are removed."""
        living = []
        for one in tickets:
            renewed, since = self._seen.get(one.uid, ("", 0.0))
            if renewed != one.renewed:
                self._seen[one.uid] = (one.renewed, steady())
            elif one.uid != self._uid and steady() - since > one.duration:
                self._api.delete(f"{self._leases}/{resource_name(one.run, PART)}", one.uid)
                continue
            living.append(one)
        return living

    def _renew(self) -> None:
        """Renew the Lease until it is left or gone."""
        while not self._left.wait(RENEWED_EVERY):
            try:
                self._api.patch(self._path, renewal_of(self._uid, self._place, moment()))
            except (NotThereError, ConflictError):
                return
            except EngineError:
                continue  # it holds for a while; the API may answer again


def await_room(queue: Queue, limit: float, tell: Callable[[str], None], pause: float = LOOKED_EVERY) -> None:
    """Wait in the queue until there is room.

    Args:
        queue: Where the run stands.
        limit: For how long, in seconds.
        tell: Called with what is waited for, whenever that has changed.
        pause: Seconds between two looks.

    Raises:
        EngineError: There is none in that time, or never will be; says why and what to do.
    """
    ends, told = steady() + limit, ""
    while not (found := queue.look()).has_room:
        if hopeless := [one for one in found.short if one.hopeless]:
            raise EngineError(never(hopeless))
        if steady() >= ends:
            raise EngineError(
                f"There was no room for run {queue.run!r} in {limit:.0f} s: {found}. End other runs (`leasehold "
                f"list`), have the quota raised or another node, or wait for longer ({TIMEOUT})."
            )
        if str(found) != told:
            told = str(found)
            tell(f"waiting for room, for {limit:.0f} s at most: {told}")
        time.sleep(pause)


def timeout() -> float:
    """Return for how long a run waits for room, in seconds.

    Raises:
        EngineError: The variable names no such time.
    """
    named = os.environ.get(TIMEOUT, "")
    if named and not named.isdecimal():
        raise EngineError(f"{TIMEOUT} is {named!r}; it is a whole number of seconds, and 0 for not to wait.")
    return float(named or _WAITS)


def never(short: Sequence[Shortage]) -> str:
    """Return that waiting helps nobody, and what does."""
    return (
        f"There will be no room for the run, whoever ends theirs: {'; '.join(map(str, short))}. Have the quota raised, "
        "or declare less memory (`storage`, `shm_size`)."
    )

"""Locks on runs as Lease objects, each in its run's namespace, and labelled as its run, with which it goes.

They are used as Kubernetes' own leader election uses them (client-go, tools/leaderelection): a holder writes itself and
the time; each write names the version that it replaces; and whoever waits counts `leaseDurationSeconds` on a clock of
its own, from when it last saw the object change.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ...contract import LABEL_PREFIX, NAME_LOCK_LABEL, PART_LABEL, RUN_LABEL, resource_name
from ..locks import Lock, LockLostError
from .api import Api, ConflictError, NotThereError, Object
from .names import HOLDER, account_name, given_namespace, labels_of, metadata_of, namespace_name
from .resources import PATHS
from .tickets import micro_time

GROUP = "coordination.k8s.io"
POOL_LABEL, RECIPE_LABEL, STATE_LABEL = (f"{LABEL_PREFIX}{word}" for word in ("pool", "recipe", "state"))


class LeaseLocks:
    """See `locks.Locks`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def every(self, pool: str = "") -> list[Lock]:
        """List the locks on the runs of a pool; of all pools, where none is named."""
        label = f"{POOL_LABEL}={pool}" if pool else POOL_LABEL
        return [lock_of(one) for one in self._api.listed(_every(), labelSelector=label)]

    def find(self, run: str) -> Lock | None:
        """Return the lock on a run; None if there is none."""
        found = self._api.find(_path(run))
        return lock_of(found) if found else None

    def create(self, lock: Lock) -> Lock:
        """Lock a run that is there and has no lock.

        Raises:
            LockLostError: It has one, or the run is gone.
        """
        account = f"{PATHS['serviceaccount'].format(namespace_name(lock.run))}/{account_name(lock.run)}"
        try:
            made = self._api.get(account)  # of every run there is one
            return lock_of(self._api.create(_path(lock.run).rpartition("/")[0], lease_of(lock, made)))
        except (ConflictError, NotThereError):
            raise LockLostError(f"Run {lock.run!r} has a lock, or is gone.") from None

    def replace(self, lock: Lock) -> Lock:
        """Write a lock, if it still has the version that the caller has seen.

        Raises:
            LockLostError: It has another by now, or is gone.
        """
        # A version in a patch is a precondition, as in an update (Kubernetes: API concepts, resource versions).
        metadata = {"resourceVersion": lock.version, "labels": {STATE_LABEL: lock.state}}
        try:
            answer = self._api.patch(_path(lock.run), {"metadata": metadata, "spec": spec_of(lock)})
        except (ConflictError, NotThereError):
            raise LockLostError(f"The lock on run {lock.run!r} was changed by somebody else.") from None
        return lock_of(answer)


def lease_of(lock: Lock, made: Mapping[str, Any]) -> Object:
    """Return a lock as the API has it.

    Args:
        lock: The lock.
        made: What the run has there: the lock has its labels, and goes with what that goes with.
    """
    own = {POOL_LABEL: lock.pool, RECIPE_LABEL: lock.recipe, STATE_LABEL: lock.state, PART_LABEL: HOLDER}
    plain, annotations = metadata_of({**labels_of(made), RUN_LABEL: lock.run, NAME_LOCK_LABEL: lock.name_lock, **own})
    owners = made["metadata"].get("ownerReferences") or []
    named = {"name": resource_name(lock.run, HOLDER), "ownerReferences": owners}
    metadata = {**named, "labels": plain, "annotations": annotations}
    return {"apiVersion": f"{GROUP}/v1", "kind": "Lease", "metadata": metadata, "spec": spec_of(lock)}


def spec_of(lock: Lock) -> Object:
    """Return the part of it that says who has the run, and since when."""
    return {
        "holderIdentity": lock.holder,
        "leaseDurationSeconds": lock.duration,
        "acquireTime": _time(lock.acquired),
        "renewTime": _time(lock.renewed),
    }


def lock_of(lease: Mapping[str, Any]) -> Lock:
    """Return a lock, from what the API has."""
    labels, spec = labels_of(lease), lease["spec"]
    return Lock(
        run=labels[RUN_LABEL],
        name_lock=labels[NAME_LOCK_LABEL],
        holder=str(spec.get("holderIdentity") or ""),
        pool=labels[POOL_LABEL],
        recipe=labels[RECIPE_LABEL],
        duration=int(spec["leaseDurationSeconds"]),
        state=labels.get(STATE_LABEL, ""),
        acquired=_seconds(spec.get("acquireTime")),
        renewed=_seconds(spec.get("renewTime")),
        version=str(lease["metadata"]["resourceVersion"]),
    )


def _every() -> str:
    """Return where the Leases of all runs are: in the namespace that was given, or in any."""
    given = given_namespace()
    return PATHS["lease"].format(given) if given else f"/apis/{GROUP}/v1/leases"


def _path(run: str) -> str:
    return f"{PATHS['lease'].format(namespace_name(run))}/{resource_name(run, HOLDER)}"


def _time(seconds: float) -> str:
    return micro_time(datetime.fromtimestamp(seconds, UTC))


def _seconds(time: str | None) -> float:
    return datetime.fromisoformat(time).timestamp() if time else 0.0

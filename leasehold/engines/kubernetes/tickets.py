"""Who stands in the queue of a namespace, and what they take: as a Lease has it. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ...contract import LABEL_PREFIX, PART_LABEL, RUN_LABEL, SERVERS, resource_name
from .api import Object
from .names import labels_of, metadata_of
from .quotas import Amounts, left_of, need_of, total

PART = "room"
"""What such a Lease is of its run."""

_NEED, _PLACE = f"{LABEL_PREFIX}need", f"{LABEL_PREFIX}place"


@dataclass(frozen=True)
class Need:
    """What a run takes.

    Attributes:
        pods: All of its Pods.
        objects: What else is made before them.
    """

    pods: Amounts
    objects: Amounts


@dataclass(frozen=True)
class Ticket:
    """One that waits, or whose run is being made.

    Attributes:
        run: The run's name.
        place: Its place in the queue: of two, the lower one came first.
        need: What the run takes.
        uid: The Lease's.
        renewed: When it was renewed, as it says.
        duration: For how long that holds, in seconds.
    """

    run: str
    place: int
    need: Need
    uid: str
    renewed: str
    duration: float


def lease_of(labels: Mapping[str, str], need: Need, duration: int, now: datetime) -> Object:
    """Return the Lease with which a run enters the queue.

    Args:
        labels: The run's labels, by which the Lease is found if its maker is killed.
        need: What the run takes.
        duration: For how long it holds without being renewed, in seconds.
        now: The time.
    """
    plain, annotations = metadata_of({**labels, PART_LABEL: PART})
    told = json.dumps({"pods": dict(need.pods), "objects": dict(need.objects)})
    name = resource_name(labels[RUN_LABEL], PART)
    metadata = {"name": name, "labels": plain, "annotations": {**annotations, _NEED: told}}
    times = {"acquireTime": micro_time(now), "renewTime": micro_time(now)}
    spec = {"holderIdentity": labels[RUN_LABEL], "leaseDurationSeconds": duration, **times}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}


def renewal_of(uid: str, place: int, now: datetime) -> Object:
    """Return what renews a Lease. Its place goes with it, for each write gives the object another version."""
    metadata = {"uid": uid, "annotations": {_PLACE: str(place)}}
    return {"metadata": metadata, "spec": {"renewTime": micro_time(now)}}


def ticket_of(lease: Object) -> Ticket:
    """Return who waits, from what the API has."""
    labels, metadata, spec = labels_of(lease), lease["metadata"], lease["spec"]
    need = json.loads(labels[_NEED])
    return Ticket(
        run=labels[RUN_LABEL],
        place=int(labels.get(_PLACE) or metadata["resourceVersion"]),
        need=Need(need["pods"], need["objects"]),
        uid=str(metadata["uid"]),
        renewed=str(spec.get("renewTime")),
        duration=float(spec["leaseDurationSeconds"]),
    )


def left_to_make(run: str, need: Need, pods: Sequence[Object]) -> dict[str, float]:
    """Return what of a run is not made yet.

    Args:
        run: Its name.
        need: What it takes.
        pods: Pods of the namespace. Where there is a server of the run, all else is there, too.
    """
    own = [pod for pod in pods if labels_of(pod).get(RUN_LABEL) == run]
    begun = any(labels_of(pod).get(PART_LABEL) in SERVERS for pod in own)
    return total(left_of(need.pods, total(*(need_of(pod["spec"]) for pod in own))), {} if begun else need.objects)


def micro_time(moment: datetime) -> str:
    """Return a time as a Lease has it (Kubernetes API, MicroTime)."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

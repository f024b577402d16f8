"""A namespace in memory, whose store puts what is made in order, as the API server does."""

import itertools
import threading
from typing import Any

from leasehold.contract import DATABASE, PART_LABEL, RUN_LABEL
from leasehold.engines.kubernetes.api import ConflictError, NotThereError, Object

_UNSCHEDULABLE = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}


class Store:
    """A namespace with a quota: Leases, and Pods, which are refused beyond it."""

    def __init__(self, pods: int) -> None:
        self.hard = pods
        self.leases: dict[str, Object] = {}
        self.pods: dict[str, str] = {}
        self.most = 0
        self.made: set[str] = set()
        self.unschedulable: set[str] = set()
        self._versions = itertools.count(1)
        self._lock = threading.RLock()

    def create(self, path: str, body: Object) -> Object:
        with self._lock:
            name = body["metadata"]["name"]
            if name in self.leases:
                raise ConflictError(name)
            version = str(next(self._versions))
            made = {**body, "metadata": {**body["metadata"], "uid": f"uid {version}", "resourceVersion": version}}
            self.leases[name] = made
            return made

    def find(self, path: str) -> Object | None:
        run = path.rpartition("/")[2].removeprefix("leasehold-").removesuffix("-account")
        return {"metadata": {}} if run in self.made else None

    def patch(self, path: str, body: Object) -> Object:
        with self._lock:
            name = path.rpartition("/")[2]
            if name not in self.leases:
                raise NotThereError(name)
            held = self.leases[name]
            annotations = {**held["metadata"]["annotations"], **body["metadata"]["annotations"]}
            metadata = {**held["metadata"], "annotations": annotations, "resourceVersion": str(next(self._versions))}
            self.leases[name] = {**held, "metadata": metadata, "spec": {**held["spec"], **body["spec"]}}
            return self.leases[name]

    def delete(self, path: str, uid: str) -> bool:
        with self._lock:
            name = path.rpartition("/")[2]
            if name in self.leases and self.leases[name]["metadata"]["uid"] == uid:
                del self.leases[name]
                return True
            return False

    def listed(self, path: str, **_: Any) -> list[Object]:
        with self._lock:
            kind = path.rpartition("/")[2]
            if kind == "leases":
                return list(self.leases.values())
            if kind == "pods":
                return [
                    {
                        "metadata": {"name": name, "labels": {RUN_LABEL: run, PART_LABEL: DATABASE}},
                        "spec": {"containers": []},
                        "status": {"conditions": [_UNSCHEDULABLE] * (name in self.unschedulable)},
                    }
                    for name, run in self.pods.items()
                ]
            if kind == "limitranges":
                return []
            return [
                {
                    "metadata": {"name": "small"},
                    "spec": {"hard": {"pods": str(self.hard)}},
                    "status": {"used": {"pods": str(len(self.pods))}},
                }
            ]

    def run_pod(self, run: str, part: str) -> None:
        with self._lock:
            assert len(self.pods) < self.hard, "a Pod was refused"
            self.pods[f"{run}-{part}"] = run
            self.most = max(self.most, len(self.pods))

    def end(self, run: str) -> None:
        with self._lock:
            self.pods = {name: whose for name, whose in self.pods.items() if whose != run}

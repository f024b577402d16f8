"""The end of a run in a cluster, though nobody comes back for it: the cluster itself removes what a Job owns. Pure.

When its deadline ends the Job, it is removed, and with it the run's Services, policies and accounts, which name it as
their owner, and the Pods, which their Services own (Kubernetes: Jobs, TTL-after-finished Controller, Garbage
Collection). No account has to have a right for that. The Job's own Pod never starts, for a gate holds it back: it takes
nothing of any node (Kubernetes: Pod Scheduling Readiness).
"""

from collections.abc import Mapping
from typing import Any

from leasehold.contract import LABEL_PREFIX, PART_LABEL
from leasehold.engines.kubernetes.manifests import CONTAINER_SECURITY, POD_OPTIONS, pod_security
from leasehold.engines.kubernetes.names import TERM, metadata_of

from ...declared.run import Run

AFTER = 3600
"""So long after a run's term the Job ends, in seconds: each server has ended by then, and no policy goes before it."""

GATE = f"{LABEL_PREFIX}{TERM}"

_IMAGE = "nothing"  # never pulled: the Pod is never started
_LITTLE = {"requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"memory": "1Mi"}}


def term_spec(run: Run) -> dict[str, Any]:
    """Return the Job that ends with a run."""
    labels, annotations = metadata_of({**run.labels, PART_LABEL: TERM})
    return {
        "activeDeadlineSeconds": run.term + AFTER,
        "ttlSecondsAfterFinished": 0,
        "backoffLimit": 0,
        "template": {"metadata": {"labels": labels, "annotations": annotations}, "spec": _pod()},
    }


def owner(kind: str, version: str, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return what makes an object go with another one of its namespace.

    Args:
        kind: The other one's kind.
        version: Its API's.
        metadata: Its metadata, as the API has it.
    """
    return {"apiVersion": version, "kind": kind, "name": metadata["name"], "uid": metadata["uid"]}


def _pod() -> dict[str, Any]:
    container = {
        "name": TERM,
        "image": _IMAGE,
        "resources": _LITTLE,
        "securityContext": {**CONTAINER_SECURITY, "readOnlyRootFilesystem": True},
    }
    return {
        **POD_OPTIONS,
        "schedulingGates": [{"name": GATE}],
        "securityContext": pod_security(),
        "containers": [container],
    }

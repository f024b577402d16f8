"""A server as a Pod: labelled, with a term, and with no more rights than it needs. Pure: as the API has it."""

from typing import Any

import pulumi

from leasehold.contract import BROKER, DATABASE, GATEWAY, HOST_LABEL, LOGS, PART_LABEL
from leasehold.engines.kubernetes.files import waiting
from leasehold.engines.kubernetes.manifests import (
    CONTAINER_SECURITY,
    POD_OPTIONS,
    group_file,
    in_memory,
    passwd_file,
    pod_security,
    until_ended,
)
from leasehold.engines.kubernetes.names import (
    GROUP_ANNOTATION,
    INSIDE,
    KEEPER,
    LISTENS,
    NETWORK_LABEL,
    PASSWD_ANNOTATION,
    SERVER,
    account_name,
    metadata_of,
)

from ...servers.start import EXPIRES, FOLDER, SCRIPT
from ..protocol import ServerArgs
from .reached import ReachedService

LOG_SIZE = 1024
"""Largest size of a server's log, in MiB: more than what is kept of it. It is on the node's disk."""

FILES_SIZE, SCRATCH_SIZE = 16, 64
"""Largest sizes of the memory with its files, and of what else it may write to, in MiB."""

PROCESS_MEMORY = 1024
"""How much memory a server's processes may take beside what is stored in memory, in MiB."""

REQUESTED = {DATABASE: "128Mi", BROKER: "64Mi", GATEWAY: "32Mi"}
"""Memory that the scheduler keeps free for a server by its part: what one takes in a session of some tests."""

REQUESTED_PROCESSOR = "20m"
"""Of a processor, the same: more than one takes between sessions, and its share of a busy node."""

DIGEST = "LEASEHOLD_FILES"
"""Environment variable with a digest of the server's files: others are another Pod."""

FIXED = [
    "metadata.labels",
    "metadata.annotations",
    "spec.activeDeadlineSeconds",
    "spec.containers[0].env[0]",
]
"""Labels and term are those of the first `pulumi up`: a second one neither prolongs a run nor changes it."""

ROOM = ["spec.volumes", "spec.containers[0].resources"]
"""Sizes that were derived from the cluster's memory: a node with more of it is no reason to replace a server."""

_SCRATCH = ("/tmp", "/var/run/postgresql")  # noqa: S108 - volumes of the Pod's own


def pod_metadata(args: ServerArgs, namespace: pulumi.Input[str]) -> dict[str, Any]:
    """Return a Pod's metadata.

    Args:
        args: What the server is made from.
        namespace: The run's.
    """
    labels, annotations = metadata_of(args.run.labels)
    at = args.reached
    reached = {HOST_LABEL: at.host, **at.annotations} if isinstance(at, ReachedService) else {}
    return {
        "name": args.run.resource(args.part),
        "namespace": namespace,
        "labels": {**labels, PART_LABEL: args.part, NETWORK_LABEL: INSIDE},
        "annotations": {
            **annotations,
            PASSWD_ANNOTATION: passwd_file(args.user),
            GROUP_ANNOTATION: group_file(args.user),
            # The files go in once the container runs; Pulumi would wait for what does not come before.
            "pulumi.com/skipAwait": "true",
            **reached,
        },
    }


def pod_spec(args: ServerArgs, digest: pulumi.Input[str], aliases: pulumi.Input[list[Any]]) -> dict[str, Any]:
    """Return what a Pod is made of.

    Args:
        args: What the server is made from.
        digest: Of its files.
        aliases: Names of the run's servers, as the API has them.
    """
    volumes, mounts = _volumes(args)
    logs = [{"name": "logs", "mountPath": LOGS}]
    memory = sum((args.memory or {}).values()) + args.shared_memory + FILES_SIZE + SCRATCH_SIZE * len(_SCRATCH)
    server = {
        "name": SERVER,
        "image": args.image,
        "command": ["/bin/sh", "-c", waiting(FOLDER, f"/bin/sh {SCRIPT}")],
        "env": [{"name": EXPIRES, "value": str(args.run.expires)}, {"name": DIGEST, "value": digest}],
        "ports": [{"containerPort": port, "protocol": "TCP"} for port in LISTENS[args.part]],
        "resources": {
            "requests": {"cpu": REQUESTED_PROCESSOR, "memory": REQUESTED[args.part]},
            "limits": {"memory": f"{memory + PROCESS_MEMORY}Mi"},
        },
        "securityContext": {**CONTAINER_SECURITY, "readOnlyRootFilesystem": True},
        "volumeMounts": [*mounts, *logs],
    }
    keeper = {
        "name": KEEPER,
        "image": args.image,
        "command": ["/bin/sh", "-c", until_ended()],
        "resources": {"requests": {"cpu": "1m", "memory": "8Mi"}, "limits": {"memory": "64Mi"}},
        "securityContext": {**CONTAINER_SECURITY, "readOnlyRootFilesystem": True},
        "volumeMounts": logs,
    }
    return {
        **POD_OPTIONS,
        "serviceAccountName": account_name(args.run.name),
        "hostAliases": aliases,
        "activeDeadlineSeconds": args.run.term,
        "securityContext": pod_security(),
        "containers": [server, keeper],
        "volumes": volumes,
    }


def fixed_fields(args: ServerArgs) -> list[str]:
    """Return paths of what stays as the first `pulumi up` made it."""
    return [*FIXED, *ROOM * args.keeps_room]


def _volumes(args: ServerArgs) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return a Pod's volumes, and where its server has them."""
    sizes = {FOLDER: FILES_SIZE, **dict.fromkeys(_SCRATCH, SCRATCH_SIZE), **(args.memory or {})}
    if args.shared_memory:
        sizes["/dev/shm"] = args.shared_memory  # noqa: S108 - a volume of the Pod's own
    volumes: list[dict[str, Any]] = [in_memory(_name(path), size) for path, size in sizes.items()]
    mounts = [{"name": _name(path), "mountPath": path} for path in sizes]
    # On the node's disk, and gone with the Pod: a claim would need a class of storage, and would outlive it.
    volumes += [{"name": name, "emptyDir": {}} for name in (args.volumes or {}).values()]
    mounts += [{"name": name, "mountPath": path} for path, name in (args.volumes or {}).items()]
    volumes.append({"name": "logs", "emptyDir": {"sizeLimit": f"{LOG_SIZE}Mi"}})
    items = [
        {"path": file, "fieldRef": {"fieldPath": f"metadata.annotations['{annotation}']"}}
        for file, annotation in (("passwd", PASSWD_ANNOTATION), ("group", GROUP_ANNOTATION))
    ]
    volumes.append({"name": "user", "downwardAPI": {"items": items}})
    users = [
        {"name": "user", "mountPath": f"/etc/{file}", "subPath": file, "readOnly": True} for file in ("passwd", "group")
    ]
    return volumes, [*mounts, *users]


def _name(path: str) -> str:
    return path.strip("/").replace("/", "-")

"""What the objects of a run are called in a cluster, and how our labels stand on them. Both sides name them by this."""

import os
import re
from collections.abc import Mapping
from typing import Any

from ...contract import BROKER, BROKER_PORT, DATABASE, DATABASE_PORT, GATEWAY, LABEL_PREFIX, resource_name
from ...errors import EngineError

NAMESPACE = "LEASEHOLD_NAMESPACE"
"""Names a namespace of somebody else's making that runs go into. Nothing makes or removes one then; without it, each
run makes its own."""

NETWORK_LABEL = f"{LABEL_PREFIX}network"
"""Label of Pods: on which network they are, by the policies of their namespace."""

INSIDE, OUTSIDE = "inner", "outside"
"""Its values: those that reach each other and nothing else, and one that no policy of ours speaks of."""

ACCESS_ANNOTATION = f"{LABEL_PREFIX}access"
"""Annotation of a server that is reached from outside the run: in which way (`reach.Access`)."""

PORTS_ANNOTATION = f"{LABEL_PREFIX}ports"
"""Annotation of such a server: at which port each of its own is reached, as JSON."""

PASSWD_ANNOTATION, GROUP_ANNOTATION = f"{LABEL_PREFIX}passwd", f"{LABEL_PREFIX}group"
"""Annotations of a server: its ``/etc/passwd`` and ``/etc/group``, in which its user has the id that it runs as."""

SERVER, KEEPER = "server", "logs"
"""Containers of a server's Pod: itself, and one that has its log once it has ended."""

TERM = "term"
"""What ends a run is of it: a Job, and its Pod, which is no server."""

HOLDER = "holder"
"""What the Lease is of a run that says who has it."""

LISTENS = {DATABASE: (DATABASE_PORT,), BROKER: (BROKER_PORT,), GATEWAY: (DATABASE_PORT, BROKER_PORT)}
"""At which ports each server listens: those of its Service."""

_NAMESPACE_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")  # RFC 1123: DNS label
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?")  # Kubernetes: Labels, syntax


def given_namespace() -> str:
    """Return the namespace that runs go into; empty where each makes its own.

    Raises:
        EngineError: What is named cannot be a namespace.
    """
    named = os.environ.get(NAMESPACE, "")
    if named and not _NAMESPACE_NAME.fullmatch(named):
        raise EngineError(f"{NAMESPACE} is {named!r}, which cannot be a namespace's name.")
    return named


def namespace_name(run: str) -> str:
    """Return the name of the namespace that a run is in."""
    return given_namespace() or f"leasehold-{run}"


def namespace_of(server: str) -> str:
    """Return the namespace of a server, from its physical name: `contract.resource_name` puts the part behind it."""
    return given_namespace() or server.rpartition("-")[0]


def part_of(name: str) -> str:
    """Return which part of its run something is, from its physical name."""
    return name.rpartition("-")[2]


def account_name(run: str) -> str:
    """Return the service account of a run's Pods. It may do nothing, and no Pod has its token."""
    return resource_name(run, "account")


def service_path(server: str) -> str:
    """Return where the API has a server's Service."""
    return f"/api/v1/namespaces/{namespace_of(server)}/services/{server}"


def metadata_of(labels: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return our labels as Kubernetes takes them: what can be a label's value is a label, the rest are annotations."""
    as_labels = {key: value for key, value in labels.items() if _LABEL_VALUE.fullmatch(value)}
    return as_labels, {key: value for key, value in labels.items() if key not in as_labels}


def labels_of(found: Mapping[str, Any]) -> dict[str, str]:
    """Return our labels of an object, those that are annotations, too."""
    metadata = found["metadata"]
    both = {**(metadata.get("annotations") or {}), **(metadata.get("labels") or {})}
    return {key: value for key, value in both.items() if key.startswith(LABEL_PREFIX)}

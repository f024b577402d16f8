"""The rights that a login needs to have runs in a cluster: all that is asked of its API, and nothing else."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

COMMAND = "python -m leasehold.engines.kubernetes.rights"
"""Prints them."""

ROLE = "leasehold"
"""Name of the role that is printed."""

_MAKES = ("create", "get", "list", "watch", "patch", "delete")
_VERBS = {"GET": "get", "POST": "create", "PATCH": "patch", "DELETE": "delete", "WATCH": "watch"}


@dataclass(frozen=True)
class Right:
    """What may be done with one resource.

    Attributes:
        resource: Its name in the API, with a subresource behind a slash.
        verbs: What is done with it.
        why: What for.
        group: Its API group; empty for the core's.
    """

    resource: str
    verbs: tuple[str, ...]
    why: str
    group: str = ""


IN_A_NAMESPACE = (
    Right("serviceaccounts", _MAKES, "the account of a run's Pods, which may do nothing"),
    Right("services", _MAKES, "addresses of servers, and the way to the gateway"),
    Right("networkpolicies", _MAKES, "who reaches whom", "networking.k8s.io"),
    Right("jobs", _MAKES, "the end of a run: the cluster removes with it what nobody has removed", "batch"),
    Right("pods", _MAKES, "servers, commands inside the network, and a probe's places"),
    Right("pods/log", ("get",), "what a server that does not start says last; `scan`"),
    Right("pods/exec", ("get", "create"), "files go in, logs come out, and commands run"),
    Right("pods/portforward", ("get", "create"), "only where the gateway is reached by port-forward"),
    Right("pods/ephemeralcontainers", ("patch",), "a probe's places beside servers"),
    Right("resourcequotas", ("list",), "whether there is room for a run"),
    Right("limitranges", ("list",), "how much of it a run takes"),
)
"""What a run needs in the namespace that it is in."""

MAKING_ONE = (
    Right("namespaces", _MAKES, "a run is one; `list` and `sweep` find them by label"),
    Right("leases", ("create", "get", "list", "patch"), "who has a run, and that he is alive", "coordination.k8s.io"),
    Right("nodes", ("list",), "at which address the gateway is reached, and how much memory there is"),
)
"""What is needed beside that where each run makes its namespace. They are a cluster's: no role of a namespace gives
them."""

IN_A_GIVEN_ONE = (
    Right("namespaces", ("get",), "which one it is, and to which standard it holds its Pods"),
    Right(
        "leases",
        ("create", "get", "list", "patch", "delete"),
        "the queue for its quotas, who has a run, and that he is alive",
        "coordination.k8s.io",
    ),
)
"""What is needed beside that in a namespace that was given: to read that one, which a role in it gives."""


def cluster_role(name: str = ROLE) -> dict[str, Any]:
    """Return the rights to make runs, a namespace each, as a ClusterRole."""
    return _role("ClusterRole", {"name": name}, (*MAKING_ONE, *IN_A_NAMESPACE))


def role(namespace: str, name: str = ROLE) -> dict[str, Any]:
    """Return the rights to make runs in a namespace that was given, as a Role of it."""
    return _role("Role", {"name": name, "namespace": namespace}, (*IN_A_GIVEN_ONE, *IN_A_NAMESPACE))


def _role(kind: str, metadata: dict[str, str], rights: Sequence[Right]) -> dict[str, Any]:
    rules = [{"apiGroups": [one.group], "resources": [one.resource], "verbs": list(one.verbs)} for one in rights]
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata, "rules": rules}


def resource_and_verb(method: str, path: str) -> tuple[str, str]:
    """Return which resource a request is about, and what it does with it, as a role names them.

    Args:
        method: The request's.
        path: ``/api/v1/namespaces/NAME/pods/NAME/exec``, say.
    """
    words = path.strip("/").split("/")
    words = words[2:] if words[0] == "api" else words[3:]  # behind the group and its version
    if words[:1] == ["namespaces"] and len(words) > 2:  # noqa: PLR2004
        words = words[2:]
    resource = "/".join(words[::2])
    verb = _VERBS.get(method, method.lower())
    return resource, "list" if verb == "get" and len(words) == 1 else verb


def main(arguments: Sequence[str]) -> None:
    """Print the role in YAML, for `kubectl apply --filename -`.

    Args:
        arguments: Those of the command line.
    """
    import yaml  # noqa: PLC0415 - only to print

    parser = ArgumentParser(prog=COMMAND, description="Print the rights that a login needs to have runs in a cluster.")
    parser.add_argument("--namespace", help="of runs that go into this one: a Role of it, in place of a ClusterRole")
    named = parser.parse_args(arguments).namespace
    print(yaml.safe_dump(role(named) if named else cluster_role(), sort_keys=False), end="")


if __name__ == "__main__":
    main(sys.argv[1:])

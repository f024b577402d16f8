"""What Pods of ours have in common: a user that is nobody else, and nothing that a server does not need."""

from typing import Any

USER = 10001
"""Id of the user and the group that every Pod of ours runs as, whatever its image says."""

POD_OPTIONS: dict[str, Any] = {
    "restartPolicy": "Never",
    "automountServiceAccountToken": False,
    "enableServiceLinks": False,
    "terminationGracePeriodSeconds": 3,
    # Names inside are in /etc/hosts (`hosts`). Whatever else is looked up fails at once, for nobody listens here.
    "dnsPolicy": "None",
    "dnsConfig": {"nameservers": ["127.0.0.1"]},
}

CONTAINER_SECURITY: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""What the Pod Security Standard "restricted" asks for."""

NAMESPACE_LABELS = {"pod-security.kubernetes.io/enforce": "restricted"}
"""The cluster holds every Pod of a run to it."""


def pod_security() -> dict[str, Any]:
    """Return the security context of a Pod."""
    return {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def passwd_file(user: str) -> str:
    """Return an ``/etc/passwd`` in which a Pod's user has a name: some servers insist on one."""
    return f"root:x:0:0:root:/:/bin/sh\n{user}:x:{USER}:{USER}::/tmp:/bin/sh\n"


def group_file(user: str) -> str:
    """Return the ``/etc/group`` beside it."""
    return f"root:x:0:\n{user}:x:{USER}:\n"


def in_memory(name: str, size: int) -> dict[str, Any]:
    """Return a volume in memory.

    Args:
        name: Its name in the Pod.
        size: Its largest size, in MiB.
    """
    return {"name": name, "emptyDir": {"medium": "Memory", "sizeLimit": f"{size}Mi"}}


def until_ended() -> str:
    """Return a shell's script that does nothing until its Pod ends."""
    return "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done"

"""What a pod is given, held to and denied."""

import base64
from typing import Any

import pytest
from kubernetes.client.rest import ApiException

from .support import FORBIDDEN, Namespace, until

pytestmark = pytest.mark.kubernetes
NOBODY = 65534
HARDENED: dict[str, Any] = {
    "automountServiceAccountToken": False,
    "securityContext": {
        "runAsNonRoot": True,
        "runAsUser": NOBODY,
        "runAsGroup": NOBODY,
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "container": {
        "securityContext": {
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }
    },
}


def test_a_secret_is_a_file_in_memory(namespace: Namespace) -> None:
    data = {"password": base64.b64encode(b"tell nobody").decode()}
    namespace.core.create_namespaced_secret(namespace.name, {"metadata": {"name": "keys"}, "data": data})
    volume = {"name": "keys", "secret": {"secretName": "keys", "defaultMode": 0o400}}
    mounts = [{"name": "keys", "mountPath": "/keys", "readOnly": True}]
    namespace.pod("one", volumes=[volume], container={"volumeMounts": mounts})
    assert namespace.run("one", "cat", "/keys/password") == (0, "tell nobody")
    assert "tmpfs" in namespace.run("one", "sh", "-c", "grep ' /keys ' /proc/mounts")[1]


def test_an_empty_dir_in_memory_is_bounded(namespace: Namespace) -> None:
    volume = {"name": "room", "emptyDir": {"medium": "Memory", "sizeLimit": "4Mi"}}
    mounts = [{"name": "room", "mountPath": "/room"}]
    namespace.pod("one", volumes=[volume], container={"volumeMounts": mounts})
    assert "tmpfs" in namespace.run("one", "sh", "-c", "grep ' /room ' /proc/mounts")[1]
    write = "dd if=/dev/zero of=/room/file bs=1M count={} 2>/dev/null"
    assert namespace.run("one", "sh", "-c", write.format(3))[0] == 0
    assert namespace.run("one", "sh", "-c", write.format(5))[0] != 0


def test_a_pod_with_every_lock_runs(namespace: Namespace) -> None:
    namespace.pod("locked", **HARDENED)
    namespace.pod("open")
    assert namespace.run("locked", "id", "-u") == (0, f"{NOBODY}\n")
    write = ("sh", "-c", "echo text > /file")
    assert namespace.run("locked", *write)[0] != 0
    assert namespace.run("open", *write)[0] == 0
    account = ("ls", "/var/run/secrets/kubernetes.io/serviceaccount")
    assert namespace.run("locked", *account)[0] != 0
    assert namespace.run("open", *account)[0] == 0
    seccomp = ("sh", "-c", "grep -E '^(Seccomp|NoNewPrivs|CapEff)' /proc/self/status | tr -d '\\t'")
    assert set(namespace.run("locked", *seccomp)[1].split()) >= {"Seccomp:2", "NoNewPrivs:1", "CapEff:" + "0" * 16}
    assert "Seccomp:0" in namespace.run("open", *seccomp)[1]


def test_root_is_refused_where_it_is_not_wanted(namespace: Namespace) -> None:
    namespace.pod("root", ready=False, securityContext={"runAsNonRoot": True})

    def reason() -> str | None:
        [status] = namespace.read("root").status.container_statuses or [None]
        waiting = status.state.waiting if status else None
        return waiting.reason if waiting else None

    until(lambda: reason() == "CreateContainerConfigError")


def test_a_quota_is_enforced(namespace: Namespace) -> None:
    hard = {"pods": "1", "limits.memory": "64Mi"}
    namespace.core.create_namespaced_resource_quota(
        namespace.name, {"metadata": {"name": "room"}, "spec": {"hard": hard}}
    )
    room = {"resources": {"limits": {"memory": "32Mi"}}}

    def refused(name: str, memory: str) -> str:
        with pytest.raises(ApiException) as error:
            namespace.pod(name, container={"resources": {"limits": {"memory": memory}}})
        assert error.value.status == FORBIDDEN
        return str(error.value.body)

    until(lambda: namespace.core.read_namespaced_resource_quota("room", namespace.name).status.hard)
    assert "limits.memory" in refused("large", "128Mi")
    namespace.pod("first", container=room)
    assert "pods=1" in refused("second", "8Mi")


def test_a_pods_term_ends_it(namespace: Namespace) -> None:
    namespace.pod("short", ready=False, activeDeadlineSeconds=3)
    namespace.pod("long")
    until(lambda: namespace.read("short").status.phase == "Failed")
    assert namespace.read("short").status.reason == "DeadlineExceeded"
    assert namespace.is_ready("long")

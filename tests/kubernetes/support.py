"""A namespace for one test, and what tests do with pods in it, through the Python client."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kubernetes import client
from kubernetes.client.rest import ApiException
from kubernetes.stream import stream

from leasehold.contract import PART_LABEL, RUN_LABEL, SERVERS
from tests.integration.gated import INI
from tests.integration.support import COMMAND, PROJECT
from tests.integration.test_killed_sessions import STUCK

PORT = 8080
GREETING = "hello from the pod"
NOT_FOUND = 404
FORBIDDEN = 403


def until(holds: Callable[[], object], pause: float = 0.1) -> None:
    """Wait until something is so. What never becomes so ends with the test's own limit (pytest-timeout)."""
    while not holds():
        time.sleep(pause)


class Namespace:
    """One namespace.

    Args:
        name: Its name.
        image: An image with a shell, busybox and socat.
    """

    def __init__(self, name: str, image: str) -> None:
        self.name = name
        self.image = image
        self.core = client.CoreV1Api()
        self.networking = client.NetworkingV1Api()

    def create(self) -> None:
        """Create it, and wait for the account that its pods have."""
        labels = {"dev.leasehold.run": self.name, "dev.leasehold.owner": "tests"}
        self.core.create_namespace({"metadata": {"name": self.name, "labels": labels}})
        until(lambda: there(lambda: self.core.read_namespaced_service_account("default", self.name)))

    def delete(self) -> None:
        """Delete it, and wait until it is gone."""
        self.core.delete_namespace(self.name)
        until(lambda: not there(lambda: self.core.read_namespace(self.name)))

    def pod(self, name: str, command: str = "sleep infinity", *, ready: bool = True, **spec: Any) -> None:
        """Create a pod of one container, which runs a shell's command; wait until it is ready.

        Args:
            name: The pod's name, and the value of its label `name`.
            command: What it runs.
            ready: Whether to wait.
            spec: More of its specification; `container` is more of its container's.
        """
        container = {
            "name": "main",
            "image": self.image,
            "imagePullPolicy": "IfNotPresent",
            "command": ["sh", "-c", f"trap 'exit 0' TERM; {command} & wait"],
            **spec.pop("container", {}),
        }
        body = {
            "metadata": {"name": name, "labels": {"name": name}},
            "spec": {
                "terminationGracePeriodSeconds": 1,
                "enableServiceLinks": False,
                "containers": [container],
                **spec,
            },
        }
        self.core.create_namespaced_pod(self.name, body)
        if ready:
            until(lambda: self.is_ready(name))

    def server(self, name: str) -> None:
        """Create a pod that greets whoever connects, and a service of its name at port 80."""
        self.pod(name, f"socat TCP-LISTEN:{PORT},fork,reuseaddr SYSTEM:'echo {GREETING}'", container=_probed())
        ports = [{"port": 80, "targetPort": PORT}]
        self.core.create_namespaced_service(
            self.name, {"metadata": {"name": name}, "spec": {"selector": {"name": name}, "ports": ports}}
        )

    def is_ready(self, name: str) -> bool:
        conditions = self.read(name).status.conditions or []
        return any(condition.type == "Ready" and condition.status == "True" for condition in conditions)

    def read(self, name: str) -> Any:
        return self.core.read_namespaced_pod(name, self.name)

    def address(self, name: str) -> str:
        return str(self.read(name).status.pod_ip)

    def service_address(self, name: str) -> str:
        return str(self.core.read_namespaced_service(name, self.name).spec.cluster_ip)

    def run(self, pod: str, *command: str) -> tuple[int, str]:
        """Run a command in a pod; return its exit status and what it printed."""
        call = self.core.connect_get_namespaced_pod_exec
        options = {"stderr": True, "stdin": False, "stdout": True, "tty": False, "_preload_content": False}
        channel = stream(call, pod, self.name, command=list(command), **options)
        channel.run_forever()
        return int(channel.returncode), str(channel.read_all())

    def reaches(self, pod: str, host: str, port: int) -> bool:
        """Return whether a pod is greeted at an address."""
        connect = f"socat -t 3 -T 3 - TCP:{host}:{port},connect-timeout=2 </dev/null 2>/dev/null"
        return GREETING in self.run(pod, "sh", "-c", connect)[1]

    def policy(self, name: str, pod: str, **rules: Any) -> None:
        """Create a NetworkPolicy for the pod of a name; `ingress` and `egress` are its rules."""
        types = [kind.capitalize() for kind in rules]
        spec = {"podSelector": {"matchLabels": {"name": pod}}, "policyTypes": types, **rules}
        self.networking.create_namespaced_network_policy(self.name, {"metadata": {"name": name}, "spec": spec})


def servers_of(run: str) -> list[Any]:
    """Return the Pods of a run's servers; the one that its term has never starts."""
    servers = f"{PART_LABEL} in ({','.join(SERVERS)})"
    return list(client.CoreV1Api().list_namespaced_pod(f"leasehold-{run}", label_selector=servers).items)


def phases_of(run: str) -> dict[str, tuple[str, str]]:
    """Return id and phase of each of a run's servers, by name."""
    return {pod.metadata.name: (pod.metadata.uid, pod.status.phase) for pod in servers_of(run)}


def kill_stuck_session(folder: Path, shell: Mapping[str, str]) -> None:
    """Kill a session of the plugin's in the midst of a test.

    Args:
        folder: Where its project goes.
        shell: Its environment.
    """
    (folder / "pytest.ini").write_text(INI)
    (folder / "test_stuck.py").write_text(STUCK)
    output = folder / "output.txt"
    with output.open("w") as file:
        words = [sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider", "test_stuck.py"]
        session = subprocess.Popen(words, cwd=folder, env=shell, stdout=file, stderr=file, start_new_session=True)
    until(lambda: "STUCK" in output.read_text() or session.poll() is not None)
    assert session.poll() is None, output.read_text()
    os.killpg(session.pid, signal.SIGKILL)
    session.wait()


def nothing_of(run: str) -> bool:
    """Return whether the cluster has nothing of a run."""
    return not client.CoreV1Api().list_namespace(label_selector=f"{RUN_LABEL}={run}").items


def there(read: Callable[[], object]) -> bool:
    """Return whether an object is there to be read."""
    try:
        read()
    except ApiException as error:
        if error.status != NOT_FOUND:
            raise
        return False
    return True


def told(shell: dict[str, str], *words: str) -> tuple[int, str]:
    """Run a command; return its exit status, and what it says on both streams."""
    done = subprocess.run(words, capture_output=True, text=True, env=shell, cwd=PROJECT, check=False)
    return done.returncode, done.stdout + done.stderr


def command(shell: dict[str, str], *words: str, status: int = 0) -> str:
    got, said = told(shell, *COMMAND, *words)
    assert got == status, f"{words}: {got}, {said}"
    return said


def node() -> str:
    """Return the address of the first node."""
    addresses = client.CoreV1Api().list_node().items[0].status.addresses
    return str(next(one.address for one in addresses if one.type == "InternalIP"))


def _probed() -> dict[str, Any]:
    return {"readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1}}

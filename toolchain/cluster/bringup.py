"""The programs of the node, started in the right order in its namespaces, from outside."""

import subprocess
import time
from collections import Counter
from collections.abc import Callable, Sequence

from . import components
from .api import Api, node_ready
from .layout import Layout
from .network import API_PORT, CABLE_PREFIX, DNS_SERVICE, DOMAIN, NODE, NODE_NAME, SERVICES
from .node import PATH

_PAUSE = 0.1  # seconds between two looks
_WATCH = 1.0  # seconds between two looks at what has been started
REVIVALS = 20
"""So often one of its programs is started again: what ends more often has a fault that nobody should miss."""
_ENVIRONMENT = {"PATH": PATH, "HOME": "/root"}


class NodeError(Exception):
    """The node cannot start."""


class Node:
    """Programs that run together. Once they do, one that ends is started again, as a machine's own init would.

    Args:
        layout: The running node's folder.
        inner: The process id of the node's first process.
    """

    def __init__(self, layout: Layout, inner: int) -> None:
        self._layout = layout
        self._inner = inner
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._commands: dict[str, Sequence[str]] = {}
        self._revived: Counter[str] = Counter()
        self._api = Api(f"https://{NODE}:{API_PORT}", layout.etc)

    def start(self) -> None:
        """Start everything, and say so once the cluster can be used.

        Raises:
            NodeError: Something ended, or was not ready in time.
        """
        self._connect()
        self._spawn(components.ETCD)
        self._spawn(components.RUNTIME)
        self._spawn(components.API_SERVER)
        self._until(60, "containerd", lambda: self._try([*components.CTR, "version"]))
        for archive in ("/pause.tar", "/opt/coredns/coredns.tar"):
            self._call([*components.CTR, "images", "import", archive])
        self._until(180, "the API server", self._api.healthy)
        for command in (components.CONTROLLERS, components.SCHEDULER, components.KUBELET):
            self._spawn(command)
        system = "/api/v1/namespaces/kube-system"
        self._until(60, "the system's namespace", lambda: self._api.get(system) is not None)
        self._call([*components.KUBECTL, "apply", "--server-side", "-f", "/etc/kubernetes/dns.json"])
        node = f"/api/v1/nodes/{NODE_NAME}"
        self._until(120, "the kubelet", lambda: self._api.get(node) is not None)
        for command in (components.PROXY, components.POLICIES):
            self._spawn(command)
        self._until(120, "the node", lambda: node_ready(self._api.get(node)))
        account = "/api/v1/namespaces/default/serviceaccounts/default"
        self._until(60, "the default service account", lambda: self._api.get(account) is not None)
        question = ["busybox", "nslookup", f"kubernetes.default.svc.{DOMAIN}", DNS_SERVICE]
        self._until(120, "DNS", lambda: self._try(question))
        self._layout.ready.touch()
        _note("ready")

    def watch(self, seconds: float) -> None:
        """Wait until the node's life is over, and start again what ends before.

        Args:
            seconds: How long that is.

        Raises:
            NodeError: One of its programs ends again and again.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for name, status in self._ended():
                self._revived[name] += 1
                if self._revived[name] > REVIVALS:
                    raise NodeError(f"{name} ended with exit status {status}, and has been started {REVIVALS} times")
                _note(f"{name} ended with exit status {status}")
                self._spawn(self._commands[name])
            time.sleep(_WATCH)

    def _connect(self) -> None:
        """Set up the node's end of the cable. There is no way out: no default route."""
        self._call(["ip", "link", "set", "lo", "up"])
        self._call(["ip", "address", "add", f"{NODE}/{CABLE_PREFIX}", "dev", "eth0"])
        self._call(["ip", "link", "set", "eth0", "up"])
        # The node's own packets to a service need a route before they are sent elsewhere.
        self._call(["ip", "route", "add", SERVICES, "dev", "eth0"])
        self._call(["busybox", "sysctl", "-w", "net.ipv4.ip_forward=1"])

    def _spawn(self, command: Sequence[str]) -> None:
        name = command[0]
        self._commands[name] = command
        with (self._layout.logs / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                self._inside(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=_ENVIRONMENT
            )
        _note(f"{name} started")

    def _until(self, limit: float, what: str, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + limit
        while not done():
            self._check()
            if time.monotonic() > deadline:
                raise NodeError(f"{what} was not ready within {limit:.0f} s")
            time.sleep(_PAUSE)
        _note(f"{what}: there")

    def _check(self) -> None:
        for name, status in self._ended():
            raise NodeError(f"{name} ended with exit status {status}")

    def _ended(self) -> list[tuple[str, int]]:
        told = {name: process.poll() for name, process in self._running.items()}
        return [(name, status) for name, status in told.items() if status is not None]

    def _try(self, command: Sequence[str]) -> bool:
        return self._run(command).returncode == 0

    def _call(self, command: Sequence[str]) -> None:
        done = self._run(command)
        if done.returncode:
            raise NodeError(f"`{' '.join(command)}` failed: {done.stdout.strip()}")

    def _run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._inside(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env=_ENVIRONMENT,
        )

    def _inside(self, command: Sequence[str]) -> list[str]:
        return ["nsenter", f"--target={self._inner}", "--mount", "--net", "--pid", "--", *command]


def _note(line: str) -> None:
    print(f"{time.time():.1f} {line}", flush=True)

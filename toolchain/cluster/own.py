"""The node of our own: started, found and ended."""

import datetime
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from leasehold import paths

from ..errors import SetupError
from ..findings import Part, Say
from ..versions import ROOT
from . import authority, cable, components, configuration, dns, keeper, locks, programs
from .api import Api
from .layout import Layout, own
from .loading import save
from .network import API_PORT, API_SERVICE, DOMAIN, NODE

LIFE = 4 * 3600.0
"""Seconds after which a node ends by itself, unless told otherwise."""
_PAUSE = 0.1  # seconds between two looks
_END_LIMIT = 60  # seconds
_LOG_LINES = 8
_URL = f"https://{NODE}:{API_PORT}"


class OwnNode:
    """The one-node cluster of this package.

    Args:
        life: Seconds after which it ends by itself.
    """

    name = "own"

    def __init__(self, life: float = LIFE) -> None:
        self._life = life
        self._layout = own()

    @property
    def tools(self) -> Path:
        """The folder with kubectl."""
        return programs.kube()

    def parts(self) -> list[Part]:
        """Return what it is built from."""
        return programs.parts()

    def kubeconfig(self) -> Path | None:
        """Return the file with which the cluster is reached, if it is up."""
        running = _holder(self._layout) is not None and self._layout.ready.exists()
        return self._layout.kubeconfig if running else None

    def up(self, say: Say) -> bool:
        """Start it, or find it started; return whether this call did.

        Raises:
            SetupError: It could not be started.
        """
        layout = self._layout
        with _turn(layout, say):
            paths.private(layout.folder)
            with layout.alive.open("a+") as alive:
                starts = locks.take(alive.fileno())
                if starts:
                    say("starting the node (15 s)")
                    keeper.clear(layout, str(programs.system()))
                    _check_alone()
                    self._prepare()
                    alive.truncate(0)
                    self._start(alive.fileno())
                else:
                    say("the node is up already")
            self._await()
        return starts

    def down(self, say: Say) -> None:
        """End it, and remove what it left.

        Raises:
            SetupError: It did not end.
        """
        layout = self._layout
        if not layout.folder.exists():
            return
        with _turn(layout, say):
            deadline = time.monotonic() + _END_LIMIT
            while (holder := _holder(layout)) is not None:
                if holder:
                    say("ending the node")
                    os.kill(holder, signal.SIGTERM)
                while _holder(layout) is not None and time.monotonic() < deadline:
                    time.sleep(_PAUSE)
                if time.monotonic() > deadline:
                    raise SetupError(
                        f"The cluster did not end within {_END_LIMIT} s. End process {holder or ''} yourself "
                        f"(`kill -KILL`), and run `python -m toolchain cluster down` again."
                    )
            keeper.clear(layout, str(programs.system()))
            shutil.rmtree(layout.folder, ignore_errors=True)

    def load(self, images: Sequence[str], say: Say) -> None:
        """Give the node images that the Docker Engine has, under the same names.

        Raises:
            SetupError: The cluster is not up, or an image is not there.
        """
        if self.kubeconfig() is None:
            raise SetupError("The cluster is not up. Start it with `python -m toolchain cluster up`.")
        inner = self._layout.inner.read_text()
        command = ["nsenter", f"--target={inner}", "--mount", "--pid", "--", *components.CTR, "images", "import", "-"]
        with _turn(self._layout, say):  # containerd refuses the second of two imports of an image at once
            for image in images:
                say(f"loading {image} (5 s)")
                save(image, command)

    def _prepare(self) -> None:
        """Write what the node reads, with keys of its own."""
        layout = self._layout
        shutil.rmtree(layout.logs, ignore_errors=True)
        for folder in (layout.logs, layout.root, layout.etc / "cni", layout.var):
            paths.private(folder)
        for name in ("lib", "log", "run", "tmp"):
            (layout.var / name).mkdir()
        keys = authority.Authority(datetime.timedelta(seconds=self._life) + datetime.timedelta(days=1))
        hosts = ["localhost", *(f"kubernetes{end}" for end in ("", ".default", ".default.svc"))]
        pairs = {
            "ca": keys.pair,
            "api": keys.server("kube-apiserver", ["127.0.0.1", NODE, API_SERVICE], [*hosts, f"{hosts[-1]}.{DOMAIN}"]),
            "admin": keys.client("admin", "system:masters"),
        }
        accounts = authority.service_account_key()
        files: dict[str, bytes | str] = {
            **{f"{name}.key": pair.key for name, pair in pairs.items()},
            **{f"{name}.crt": pair.public for name, pair in pairs.items()},
            "accounts.key": accounts.key,
            "accounts.pub": accounts.public,
            "admin.conf": configuration.kubeconfig(f"https://127.0.0.1:{API_PORT}", keys.pair.public, pairs["admin"]),
            "containerd.toml": configuration.containerd(),
            "kubelet.json": configuration.kubelet(),
            "kube-proxy.json": configuration.kube_proxy(),
            "cni/10-pods.conflist": configuration.pod_network(),
            "dns.json": dns.manifests(),
        }
        for name, content in files.items():
            text = content if isinstance(content, str) else content.decode()
            paths.write_atomically(layout.etc / name, text, 0o600)
        text = configuration.kubeconfig(_URL, keys.pair.public, pairs["admin"])
        paths.write_atomically(layout.kubeconfig, text, 0o600)

    def _start(self, alive: int) -> None:
        layout = self._layout
        built = [str(folder) for folder in (programs.system(), programs.kube(), programs.coredns())]
        command = [sys.executable, "-m", "toolchain.cluster.keeper", str(layout.folder), str(self._life), *built]
        with (layout.logs / "keeper.log").open("ab") as log:
            subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[alive],
            )

    def _await(self) -> None:
        """Wait until the cluster is ready; the node itself gives up what takes too long."""
        layout = self._layout
        while not layout.ready.exists():
            if _holder(layout) is None:
                raise SetupError(f"The node ended. Its logs are in {layout.logs}:\n{_last_words(layout)}")
            time.sleep(_PAUSE)
        if not Api(_URL, layout.etc).healthy():
            raise SetupError(
                f"The cluster is up, but {_URL} does not answer. A firewall of this machine may be in the way, or "
                "another program has that address."
            )


def state() -> str:
    """Return what there is to say about this user's node."""
    layout = own()
    holder = _holder(layout)
    if holder is None:
        return f"not up; its last logs are in {layout.logs}" if layout.logs.exists() else "not up"
    word = "up" if layout.ready.exists() else "starting"
    return f"{word}; kept by process {holder}; {programs.version()} at {_URL}"


@contextmanager
def _turn(layout: Layout, say: Say) -> Iterator[None]:
    """Let who starts, ends or loads the node wait for others that do."""
    paths.private(layout.turn.parent)
    with layout.turn.open("w") as file:
        if not locks.take(file.fileno()):
            say("another command starts, ends or loads the cluster; waiting for it")
            locks.wait(file.fileno())
        yield


def _holder(layout: Layout) -> int | None:
    """Return the process id of the node's keeper; 0 if it has not said so yet, None if there is none."""
    try:
        with layout.alive.open("r+") as file:
            return int(file.read() or 0) if locks.taken(file.fileno()) else None
    except FileNotFoundError:
        return None


def _check_alone() -> None:
    """Refuse a second node on this machine: the two would share addresses and cgroups."""
    if other := cable.owner():
        raise SetupError(
            f"Another node of ours is up on this machine: {other}. There is room for one. End it with `python -m "
            "toolchain cluster down`, as the user and with the XDG_STATE_HOME that it was started with."
        )


def _last_words(layout: Layout) -> str:
    lines = [line for name in ("node", "keeper") for line in _tail(layout.logs / f"{name}.log")]
    return "\n".join(lines)


def _tail(log: Path) -> list[str]:
    return log.read_text(errors="replace").splitlines()[-_LOG_LINES:] if log.exists() else []

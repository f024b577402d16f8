"""Clusters of kind, k3d and minikube, each of one name of ours. Command lines are from the tools' documentation."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from leasehold import paths

from ..errors import SetupError
from ..findings import Part, Say
from ..processes import run

NAME = "leasehold"
"""What our cluster is called; one of another name is left alone."""


@dataclass(frozen=True)
class Tool:
    """How one program does it. `{file}` stands for the kubeconfig, `{image}` for an image.

    Attributes:
        name: The program.
        names: Prints which clusters there are.
        read: Reads their names from that.
        create: Starts ours, with NetworkPolicies enforced, and waits for it.
        export: Writes the kubeconfig.
        load: Gives it an image.
        delete: Ends it.
    """

    name: str
    names: Sequence[str]
    read: Callable[[str], list[str]]
    create: Sequence[str]
    export: Sequence[str]
    load: Sequence[str]
    delete: Sequence[str]


def _words(said: str) -> list[str]:
    return [line.split()[0] for line in said.splitlines() if line.strip()]


def _profiles(said: str) -> list[str]:
    return [profile["Name"] for profile in json.loads(said).get("valid") or []]


_KIND = Tool(
    "kind",  # its network enforces policies since 0.24
    ["kind", "get", "clusters", "--quiet"],
    _words,
    ["kind", "create", "cluster", "--name", NAME, "--kubeconfig", "{file}", "--wait", "180s"],
    ["kind", "export", "kubeconfig", "--name", NAME, "--kubeconfig", "{file}"],
    ["kind", "load", "docker-image", "{image}", "--name", NAME],
    ["kind", "delete", "cluster", "--name", NAME, "--kubeconfig", "{file}"],
)
_K3D = Tool(
    "k3d",
    ["k3d", "cluster", "list", "--no-headers"],
    _words,
    [
        *("k3d", "cluster", "create", NAME, "--wait", "--timeout", "180s"),
        *("--kubeconfig-update-default=false", "--kubeconfig-switch-context=false"),
    ],
    ["k3d", "kubeconfig", "write", NAME, "--output", "{file}", "--overwrite"],
    ["k3d", "image", "import", "{image}", "--cluster", NAME],
    ["k3d", "cluster", "delete", NAME],
)
_MINIKUBE = Tool(
    "minikube",  # only some of its networks enforce policies
    ["minikube", "profile", "list", "--output=json"],
    _profiles,
    ["minikube", "start", "--profile", NAME, "--driver=docker", "--cni=calico", "--wait=all", "--keep-context"],
    ["minikube", "update-context", "--profile", NAME],
    ["minikube", "image", "load", "{image}", "--profile", NAME],
    ["minikube", "delete", "--profile", NAME],
)
TOOLS = {tool.name: tool for tool in (_KIND, _K3D, _MINIKUBE)}


class ToolCluster:
    """Our cluster of one of the tools.

    Args:
        tool: The tool.
    """

    def __init__(self, tool: Tool) -> None:
        self.name = tool.name
        self._tool = tool
        self._file = paths.state() / f"kubeconfig-{tool.name}"

    def parts(self) -> Sequence[Part]:
        """Return nothing: the tool downloads what it needs."""
        return ()

    def kubeconfig(self) -> Path | None:
        """Return the file with which the cluster is reached; write it anew, as its port may have changed."""
        if not self._is_there():
            return None
        self._run(self._tool.export)
        self._file.chmod(0o600)
        return self._file

    def up(self, say: Say) -> bool:
        """Start it, unless it is there; return whether this call did.

        Raises:
            SetupError: The tool failed.
        """
        if self._is_there():
            return False
        say(f"starting a cluster with {self.name} (2 min)")
        paths.private(self._file.parent)
        try:
            self._run(self._tool.create)
        except SetupError:
            self._run(self._tool.delete)  # half of one is not to stay
            raise
        return True

    def down(self, say: Say) -> None:
        """Delete it, if it is there."""
        if self._is_there():
            say(f"deleting the cluster of {self.name} (20 s)")
            self._run(self._tool.delete)
        self._file.unlink(missing_ok=True)

    def load(self, images: Sequence[str], say: Say) -> None:
        """Give it images of the Docker Engine."""
        for image in images:
            say(f"loading {image} (20 s)")
            self._run(self._tool.load, image)

    def _is_there(self) -> bool:
        return NAME in self._tool.read(self._run(self._tool.names))

    def _run(self, command: Sequence[str], image: str = "") -> str:
        # minikube takes the file from the variable, and the others are told.
        words = [word.format(file=self._file, image=image) for word in command]
        return run(words, env={"KUBECONFIG": str(self._file)})

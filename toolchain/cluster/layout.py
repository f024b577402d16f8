"""Where things of the cluster are."""

from dataclasses import dataclass
from pathlib import Path

from leasehold import paths


@dataclass(frozen=True)
class Layout:
    """The folder of the running node, in the user's state.

    Attributes:
        folder: The folder itself, for its owner alone.
    """

    folder: Path

    @property
    def alive(self) -> Path:
        """Locked for as long as the node's keeper lives, and holds its process id."""
        return self.folder / "alive"

    @property
    def turn(self) -> Path:
        """Locked by the command that starts, ends or loads the node; outside the folder, which comes and goes."""
        return self.folder.with_name(f"{self.folder.name}.turn")

    @property
    def kubeconfig(self) -> Path:
        """How the host reaches the cluster, as its administrator."""
        return self.folder / "kubeconfig"

    @property
    def ready(self) -> Path:
        """There once node, service accounts and DNS work."""
        return self.folder / "ready"

    @property
    def inner(self) -> Path:
        """Holds the process id of the node, as the host sees it."""
        return self.folder / "inner"

    @property
    def logs(self) -> Path:
        """One file a program of the node. Stays when the node ends by itself."""
        return self.folder / "log"

    @property
    def root(self) -> Path:
        """Where the node's root file system is mounted, in the node's mount namespace alone."""
        return self.folder / "root"

    @property
    def etc(self) -> Path:
        """`/etc/kubernetes` of the node: configuration and keys."""
        return self.folder / "etc"

    @property
    def var(self) -> Path:
        """`/var` of the node: etcd, containers, pods."""
        return self.folder / "var"


def own() -> Layout:
    """Return the layout of this user's node."""
    return Layout(paths.state() / "cluster")

"""Which cluster tests run on."""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from ..errors import SetupError
from ..findings import Part, Say
from .named import NamedCluster
from .own import OwnNode
from .tools import TOOLS, ToolCluster

VARIABLE = "LEASEHOLD_CLUSTER"
KUBECONFIG = "kubeconfig"
OWN = "own"
CHOICES = ("auto", KUBECONFIG, *TOOLS, OWN)


class Cluster(Protocol):
    """A cluster that can be had."""

    name: str
    """What `VARIABLE` calls it."""

    def parts(self) -> Sequence[Part]:
        """Return what has to be put in place before it can be started."""

    def kubeconfig(self) -> Path | None:
        """Return the file with which it is reached; None if it is not up."""

    def up(self, say: Say) -> bool:
        """Have it be up; return whether this call started it."""

    def down(self, say: Say) -> None:
        """End it, if it is ours to end."""

    def load(self, images: Sequence[str], say: Say) -> None:
        """Give it images of the Docker Engine."""


def chosen(
    own: Mapping[str, str] = os.environ, which: Callable[[str], str | None] = shutil.which, *, life: float | None = None
) -> Cluster:
    """Return the cluster: the one that is asked for, else of the first tool that is there, else our own node.

    Args:
        own: The user's environment.
        which: Finds programs on PATH.
        life: Seconds after which our own node ends by itself.

    Raises:
        SetupError: What is asked for is unknown, or not there.
    """
    asked = own.get(VARIABLE, "auto")
    if asked not in CHOICES:
        raise SetupError(f"{VARIABLE} is {asked!r}; it can be {', '.join(CHOICES)}. Set it to one, or unset it.")
    if asked == KUBECONFIG:
        return NamedCluster.of(own)
    if asked in TOOLS and not which(asked):
        raise SetupError(f"{VARIABLE} is {asked}, and `{asked}` is not on PATH. Install it, or unset the variable.")
    there = [name for name in TOOLS if asked in ("auto", name) and which(name)]
    if there:
        return ToolCluster(TOOLS[there[0]])
    return OwnNode(life) if life else OwnNode()

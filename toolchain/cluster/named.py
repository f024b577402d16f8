"""The cluster that KUBECONFIG names: somebody else's, so it is neither started nor ended."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import SetupError
from ..findings import Part, Say


class NamedCluster:
    """A cluster that is there.

    Args:
        file: The file that names it.
    """

    name = "kubeconfig"

    def __init__(self, file: Path) -> None:
        self._file = file

    @classmethod
    def of(cls, own: Mapping[str, str]) -> "NamedCluster":
        """Return the cluster of the user's environment: KUBECONFIG, else kubectl's default.

        Raises:
            SetupError: There is no such file.
        """
        file = Path(own.get("KUBECONFIG") or Path.home() / ".kube" / "config")
        if not file.is_file():
            raise SetupError(
                f"The cluster that KUBECONFIG names was asked for, and there is no file {file}. Set KUBECONFIG to one "
                "file that names a cluster in which you may make namespaces, or let `CLUSTER=auto` find or start one."
            )
        return cls(file)

    def parts(self) -> Sequence[Part]:
        """Return nothing: it is there."""
        return ()

    def kubeconfig(self) -> Path:
        """Return the file."""
        return self._file

    def up(self, say: Say) -> bool:
        """Start nothing."""
        say(f"the cluster that {self._file} names is used as it is")
        return False

    def down(self, say: Say) -> None:
        """End nothing."""
        say(f"the cluster that {self._file} names is not ours to end")

    def load(self, images: Sequence[str], say: Say) -> None:
        """Load nothing: its nodes pull what they run.

        Raises:
            SetupError: An image is there on this machine's engine alone.
        """
        local = [image for image in images if image.startswith("leasehold/")]
        if local:
            raise SetupError(
                f"The nodes of your cluster cannot pull {', '.join(local)}, built on this machine. Push them to a "
                "registry that the nodes reach, and name them with LEASEHOLD_IMAGE_PROBE and its like."
            )
        say("the nodes pull the images themselves")

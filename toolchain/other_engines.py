"""What tests reach other engines by: an ssh server, and Podman; Debian's packages.

They are installed only where no init system would start them: nobody's machine gets an open port 22 from a test.
"""

import shutil
from dataclasses import dataclass

from .findings import Finding, Say
from .processes import apt_install


@dataclass(frozen=True)
class Program:
    """A program of Debian's.

    Attributes:
        name: What it is called on PATH.
        packages: What it comes in.
    """

    name: str
    packages: tuple[str, ...]

    def find(self) -> Finding:
        """Look for it."""
        path = shutil.which(self.name)
        return Finding("ok", "", path) if path else Finding("missing", mend="make test")

    def provide(self, say: Say) -> None:
        """Install it.

        Raises:
            SetupError: Its packages could not be installed.
        """
        say(f"installing Debian's {' and '.join(self.packages)}")
        apt_install(*self.packages, start=False)


SSH_SERVER = Program("sshd", ("openssh-server", "openssh-client"))
PODMAN = Program("podman", ("podman", "netavark", "aardvark-dns"))

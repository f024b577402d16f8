"""Running other programs, with their whole output in the error when they fail."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import SetupError

_TAIL = 25  # lines of a failed program's output that are shown


def run(command: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run a program; return what it printed.

    Args:
        command: Program and arguments.
        cwd: Where to run it.
        env: Variables set beside this process's own.

    Raises:
        SetupError: It is not there or failed; with the end of its output.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    except OSError as error:
        raise SetupError(f"`{words[0]}` could not be run: {error.strerror}.") from None
    if done.returncode:
        tail = "\n".join(done.stdout.strip().splitlines()[-_TAIL:])
        raise SetupError(f"`{' '.join(words)}` failed with exit status {done.returncode}:\n{tail}")
    return done.stdout


def is_debian_root() -> bool:
    """Return whether packages can be installed here with apt-get."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def has_services() -> bool:
    """Return whether an init system starts here what packages bring along, now and at each boot (sd_booted(3))."""
    return Path("/run/systemd/system").is_dir()


def apt_install(*packages: str, start: bool = True) -> None:
    """Install Debian packages; ask for fresh package lists first, once they turn out to be needed.

    Args:
        packages: Their names.
        start: Whether services in them may be started.

    Raises:
        SetupError: They could not be installed.
    """
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    if not start:
        env["RUNLEVEL"] = "1"  # a machine of a single user starts none (invoke-rc.d(8))
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    try:
        run(install, env=env)
    except SetupError:
        run(["apt-get", "update"], env=env)
        run(install, env=env)

"""Processes of ours that outlive whoever starts them."""

import subprocess
import sys
from collections.abc import Mapping, Sequence


def python(module: str, *arguments: str) -> list[str]:
    """Return a command that runs a module of ours, and takes nothing from the current folder."""
    return [sys.executable, "-P", "-m", module, *arguments]


def start(command: Sequence[str], output: int, environment: Mapping[str, str], handed_on: Sequence[int] = ()) -> int:
    """Start a process that nobody waits for; return its id.

    It has a session of its own, so that it outlives the terminal, and none of the files of whoever starts it but those
    that are handed on, so that nobody who reads from one of them waits for it. The current folder stays: it may be what
    a path in a variable begins at.

    Args:
        command: Program and arguments.
        output: Descriptor of what it writes to, errors too; or ``subprocess.DEVNULL``.
        environment: Environment variables.
        handed_on: Descriptors that it has, too, under the same numbers.

    Raises:
        OSError: It cannot be started.
    """
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        env=environment,
        pass_fds=handed_on,
    )
    child.returncode = 0  # nobody here waits for it, and that is no mistake to warn of
    return child.pid

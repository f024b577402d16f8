"""Whether a terminal sends Ctrl-C to a command itself: then it is not sent on, or it would come twice."""

import os
import pty
import subprocess
import sys

import pytest

ASK = "from leasehold.cli.child import is_in_foreground; print(is_in_foreground())"


def in_a_terminal(command: str) -> str:
    """Run a command of the shell's as the foreground of a terminal of its own; return what it prints there."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv("/bin/sh", ["sh", "-c", command])  # noqa: S606 - that is a shell
    said = b""
    try:
        while piece := os.read(terminal, 1024):
            said += piece
    except OSError:
        pass  # its other end is closed
    os.waitpid(child, 0)
    os.close(terminal)
    return said.decode().strip()


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ('"$PYTHON" -c "$ASK"', "True"),
        ('"$PYTHON" -c "$ASK" </dev/null', "True"),
        ('setsid -w "$PYTHON" -c "$ASK" </dev/null', "False"),
    ],
)
def test_in_a_terminal(monkeypatch: pytest.MonkeyPatch, command: str, answer: str) -> None:
    monkeypatch.setenv("PYTHON", sys.executable)
    monkeypatch.setenv("ASK", ASK)
    assert in_a_terminal(command) == answer


def test_without_a_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASK], check=True, capture_output=True, text=True, start_new_session=True
    )
    assert done.stdout.strip() == "False"

"""An engine that does not answer: the cause in the system's words, and what to do about it."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from leasehold import EngineError
from leasehold.engines.docker import endpoint
from leasehold.engines.docker.client import connected

LOOK = """
from leasehold import EngineError
from leasehold.engines.docker.client import connected
try:
    with connected():
        print("connected")
except EngineError as error:
    print(error)
"""


def test_there_is_no_socket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with (
        pytest.raises(EngineError, match=r"does not answer \(No such file or directory\).*Start it \(`sudo systemctl"),
        connected(),
    ):
        pass


def test_one_that_takes_the_connection_and_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "PATIENCE", 0.1)
    monkeypatch.setattr(endpoint.Endpoint, "is_here", False)  # as one of another machine, which has less time
    with socket.create_server(("127.0.0.1", 0)) as listening:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{listening.getsockname()[1]}")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        with pytest.raises(EngineError, match=r"does not answer \(no answer in time\)"), connected():
            pass


def test_the_socket_is_not_for_this_user(tmp_path: Path) -> None:
    """As for a user outside its group; for root, without the capability that opens every file."""
    path = tmp_path / "docker.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        path.chmod(0)
        listening.listen()
        command = [sys.executable, "-c", LOOK]
        if os.geteuid() == 0:
            setpriv = shutil.which("setpriv")
            assert setpriv, "setpriv is not on PATH"
            command = [setpriv, "--bounding-set=-dac_override,-dac_read_search", *command]
        done = subprocess.run(
            command,
            env={**os.environ, "DOCKER_HOST": f"unix://{path}"},
            check=True,
            capture_output=True,
            text=True,
        )
    assert done.stdout.startswith("The Docker Engine does not answer: this user may not use its socket. Join the group")

"""Commands in processes of their own, as a user starts them, but for the second that importing libraries takes.

The tests start some hundreds. A server, which has imported the libraries and nothing of ours, forks for each; the
child has its own folder, environment, standard streams and end.
"""

import json
import os
import runpy
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NoReturn

LIBRARIES = (
    "cryptography.x509",
    "docker",
    "hvac",
    "psycopg",
    "pulumi.automation",
    "pydantic",
    "pytest",
    "rich.console",
    "rich.table",
    "sqlglot",
    "typer",
)
"""None of ours: pytest rewrites the assertions of plugins when it imports them."""
LONGEST = 1 << 18
"""Length of a request, in bytes."""

_ENVIRONMENT = dict(os.environ)  # the server's: the test that needs it first may have changed its own


def run(command: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command of Python's and wait for its end.

    Args:
        command: A script of this environment, by its path, or ``-m`` and a module; then its arguments.
        cwd: The folder that it runs in.
        env: Its environment; this process's when not given.
    """
    told = json.dumps({"command": list(command), "cwd": str(cwd), "env": dict(env or os.environ)}).encode()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, Path(os.devnull).open() as nothing:
        here, there = socket.socketpair()
        with here:
            with there:
                files = [there.fileno(), nothing.fileno(), out.fileno(), err.fileno()]
                socket.send_fds(_server(), [told], files)
            answer = here.recv(64)
        out.seek(0)
        err.seek(0)
        if not answer:
            raise RuntimeError(f"nobody knows how {command} has ended")
        return subprocess.CompletedProcess(
            list(command), os.waitstatus_to_exitcode(int(answer)), out.read().decode(), err.read().decode()
        )


@cache
def _server() -> socket.socket:
    """Start this process's server, which ends when this process does."""
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with there:
        subprocess.Popen([sys.executable, __file__, str(there.fileno())], pass_fds=[there.fileno()], env=_ENVIRONMENT)
    return here


def _serve(asking: socket.socket) -> None:
    """Fork for each request, until there is nobody to ask any more."""
    sys.path.pop(0)  # this file's folder
    for library in LIBRARIES:
        import_module(library)
    while True:
        told, files, _, _ = socket.recv_fds(asking, LONGEST, 4)
        if not told:
            return
        if os.fork() == 0:
            asking.close()
            _attend(told, files)
        for file in files:
            os.close(file)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _attend(told: bytes, files: Sequence[int]) -> NoReturn:
    """Fork once more, for the command, and tell how that ended."""
    answer, *streams = files
    if command := os.fork():
        for stream in streams:
            os.close(stream)
        _, status = os.waitpid(command, 0)
        os.write(answer, str(status).encode())
        os._exit(0)
    os.close(answer)
    for target, stream in enumerate(streams):
        os.dup2(stream, target)
        os.close(stream)
    _become(**json.loads(told))


def _become(command: list[str], cwd: str, env: dict[str, str]) -> NoReturn:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    tempfile.tempdir = None  # a library may have looked for it in the server's environment
    if command[0] == "-m":
        sys.path.insert(0, cwd)
        sys.argv = command[1:]
        runpy.run_module(command[1], run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, str(Path(command[0]).parent))
        sys.argv = command
        runpy.run_path(command[0], run_name="__main__")
    sys.exit(0)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))

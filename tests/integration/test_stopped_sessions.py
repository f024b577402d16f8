"""A session is stopped for longer than its leases last, by a debugger or a machine that sleeps: no test pays for it."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import docker
import pytest

from leasehold import Run
from leasehold.contract import RUN_LABEL

from .gated import told
from .support import PROJECTS, until

PROGRAM = PROJECTS / "short_terms"
TERM = 10
"""How long a lease of its roles lasts, in seconds."""

INI = f"""
[pytest]
leasehold_program = {PROGRAM}
leasehold_short_names = true
addopts = -p no:hypothesispytest -p no:cacheprovider
"""
HELD = """
import pathlib
import time

import pytest

def use(connect):
    with connect("guest") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)

@pytest.mark.parametrize("number", range(3))
def test_before(connect, number):
    use(connect)

def test_held(connect):
    use(connect)
    pathlib.Path("held").touch()
    while not pathlib.Path("go").exists():
        time.sleep(0.05)

@pytest.mark.parametrize("number", range(4))
def test_after(connect, number):
    use(connect)
"""
"""By the fourth test, logins of the next are made ahead: databases, leases, and connections that nobody has used."""


@contextmanager
def paused(engine: docker.DockerClient, run: str) -> Iterator[None]:
    servers = engine.containers.list(filters={"label": f"{RUN_LABEL}={run}"})
    for server in servers:
        server.pause()
    yield
    for server in servers:
        server.unpause()


def hold(folder: Path, run: str, meanwhile: Callable[[], None]) -> subprocess.CompletedProcess[str]:
    """Stop a session in the middle of a test, for as long as something else takes."""
    (folder / "pytest.ini").write_text(INI)
    (folder / "test_held.py").write_text(HELD)
    command = [sys.executable, "-m", "pytest", "-rA", "--leasehold-report=reports", f"--leasehold-run={run}"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        until(lambda: (folder / "held").exists() or process.poll() is not None)
        process.send_signal(signal.SIGSTOP)
        try:
            meanwhile()
        finally:
            process.send_signal(signal.SIGCONT)
            (folder / "go").touch()
        said, _ = process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, said)


def leases_end() -> None:
    over = time.monotonic() + 2 * TERM
    until(lambda: time.monotonic() > over)


def check(folder: Path, done: subprocess.CompletedProcess[str]) -> None:
    assert "8 passed" in done.stdout, done.stdout
    assert done.returncode == 0
    assert told(folder).denials == []


def test_a_debugger_that_holds_a_test(tmp_path: Path, short_terms: Run) -> None:
    check(tmp_path, hold(tmp_path, short_terms.name, leases_end))


@pytest.mark.soak
def test_a_machine_that_sleeps(tmp_path: Path, make_run: Callable[..., Run], engine: docker.DockerClient) -> None:
    """All that keeps time stops at once, as far as that can be had: the session, and the run's servers."""
    run = make_run(PROGRAM, keep=True)

    def sleep() -> None:
        with paused(engine, run.name):
            leases_end()

    check(tmp_path, hold(tmp_path, run.name, sleep))

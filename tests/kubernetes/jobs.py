"""Jobs on machines of their own, as far as one machine can play them: each has a state, a backend, and a copy of the
project; they have the cluster in common, and nothing else."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from leasehold.engines.kubernetes.api import connect
from leasehold.engines.kubernetes.leases import LeaseLocks
from leasehold.engines.locks import READY, Lock
from tests.integration.gated import INI
from tests.integration.support import COMMAND, PROJECT
from tests.integration.test_pool import PROGRAM, ROLES, TESTS

from .support import until

STUCK = """
def test_stuck(connect):
    with connect("reader") as connection:
        print("STUCK", flush=True)
        input()
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (2,)
"""
_STATE = "XDG_STATE_HOME"


def write_project(folder: Path) -> None:
    """Write a project whose program, roles and migrations are its own."""
    ini = INI.replace(
        f"leasehold_program = {PROJECT}", f"leasehold_program = program:declare\npythonpath = . {PROJECT}"
    )
    ini = ini.replace(f"leasehold_migrations = {PROJECT}/stacks/shop/", "leasehold_migrations = ")
    shutil.copytree(PROJECT / "stacks" / "shop" / "migrations", folder / "migrations")
    files = {"pytest.ini": ini, "program.py": PROGRAM, "roles.py": ROLES, "test_it.py": TESTS, "test_stuck.py": STUCK}
    for name, text in files.items():
        (folder / name).write_text(text)


class Job:
    """One machine.

    Args:
        place: Its folder.
        project: What is checked out there.
        shell: The environment that jobs have in common.
        pool: The pool that its sessions take runs from.
    """

    def __init__(self, place: Path, project: Path, shell: Mapping[str, str], pool: str) -> None:
        self.place, self.pool = place, pool
        self.folder = place / "checkout"
        shutil.copytree(project, self.folder)
        state, backend = place / "state", place / "backend"
        backend.mkdir()
        self.shell = {**shell, _STATE: str(state), "PULUMI_BACKEND_URL": f"file://{backend}"}

    @property
    def state(self) -> Path:
        """What Leasehold keeps there."""
        return self.place / "state" / "leasehold"

    def leasehold(self, *words: str) -> str:
        """Run our command line; return what it says."""
        done = subprocess.run(
            [*COMMAND, *words], cwd=self.folder, env=self.shell, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a session of pytest there."""
        command = [sys.executable, "-m", "pytest", "-s", "-rA", "-p", "no:cacheprovider", *words]
        shared = f"--leasehold-shared-pool={self.pool}"
        with self.output.open("w") as file:
            return subprocess.Popen(
                [*command, shared],
                cwd=self.folder,
                env=self.shell,
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=file,
                text=True,
            )

    @property
    def output(self) -> Path:
        """What its session printed."""
        return self.place / "output.txt"

    def stuck(self) -> tuple[subprocess.Popen[str], str]:
        """Start a session that holds its run until it is told to go on; return it, and its run's name."""
        session = self.start("test_stuck.py")
        until(lambda: "STUCK" in self.output.read_text() or session.poll() is not None)
        assert session.poll() is None, self.output.read_text()
        [name] = self.runs()
        return session, name

    def runs(self) -> list[str]:
        """Return the names of the runs that it has."""
        return [named.stem for named in (self.state / "runs").glob("*.json")]

    def run_of(self, session: subprocess.Popen[str]) -> str:
        """Wait for a session, whose tests pass; return which run it had."""
        session.wait()
        said = self.output.read_text()
        assert session.returncode == 0, said
        [name] = set(re.findall(r"leasehold: denials in run (\S+)", said))
        return str(name)

    def kill(self) -> None:
        """Kill all that runs there at once, as the end of its machine does."""
        for process in psutil.process_iter():
            try:
                if process.pid != os.getpid() and process.environ().get(_STATE) == self.shell[_STATE]:
                    process.kill()
            except psutil.Error:
                continue


@contextmanager
def keeper(job: Job, size: int) -> Iterator[subprocess.Popen[str]]:
    """Keep a shared pool on a machine for the length of a block, until as many runs are ready; none is at the end."""
    log = job.place / "keeper.txt"
    with log.open("w") as file:
        keeping = subprocess.Popen(
            [*COMMAND, "pool", f"--size={size}", f"--shared={job.pool}"],
            cwd=job.folder,
            env=job.shell,
            stdout=file,
            stderr=file,
            text=True,
        )
    try:
        until(lambda: len(ready(job.pool)) == size or keeping.poll() is not None)
        assert keeping.poll() is None, log.read_text()
        yield keeping
    finally:
        keeping.terminate()
        keeping.wait()
    assert locks(job.pool) == [], log.read_text()
    assert keeping.returncode in (0, -9), log.read_text()


def locks(pool: str) -> list[Lock]:
    """List the locks on a pool's runs."""
    return LeaseLocks(connect()).every(pool)


def ready(pool: str) -> set[str]:
    """Return which runs of a pool are ready."""
    return {lock.run for lock in locks(pool) if lock.state == READY}

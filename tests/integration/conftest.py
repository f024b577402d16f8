"""Real parts: Pulumi's engine, Docker, PostgreSQL, OpenBao. Shared runs, and fresh ones for what destroys them."""

import contextlib
import os
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from leasehold import Lease, LeaseIssuer, Outputs, Run, RunNotFoundError
from leasehold.databases.migrations import migrate
from leasehold.pulumi.programs import Program
from leasehold.runs.run import destroy
from stacks import shop
from tests import preloaded
from tests.shared import SharedRuns

from .gated import INI, PASSING
from .support import PROJECT, PROJECTS, Live, inspect_run

MakeRun = Callable[..., Run]


@pytest.fixture(scope="session", autouse=True)
def _set_up() -> None:
    if not shutil.which("pulumi"):
        pytest.fail("`pulumi` is not on PATH. Run the tests with `make test`, which sets everything up.", pytrace=False)


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture(scope="module")
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have a file's runs be known to nobody else: a sweep takes whatever a killed process has left, of any test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture
def new_name() -> Iterator[Callable[[], str]]:
    """Give names of runs that are gone at the end of the test, whatever it did with them."""
    given: list[str] = []

    def give() -> str:
        given.append(f"t-{secrets.token_hex(4)}")
        return given[-1]

    yield give
    for name in given:
        with contextlib.suppress(RunNotFoundError):
            destroy(name)
        assert inspect_run(name).empty


@pytest.fixture
def make_run(new_name: Callable[[], str]) -> MakeRun:
    """Create runs that are gone at the end of the test.

    Their program is the project's, called in this process: without Pulumi's language host that takes half as long.
    """

    def make(program: Path | Program = shop.declare, **options: Any) -> Run:
        return Run.create(new_name(), program=program, **options)

    return make


def migrated(run: Run) -> None:
    lease = run.issuer.lease("migrator")
    with lease.connect() as connection:
        migrate(connection, PROJECT / "stacks" / "shop" / "migrations")
    run.issuer.revoke(lease)


@pytest.fixture(scope="session")
def live(shared_runs: SharedRuns) -> Live:
    """The run of all workers: up, migrated and seeded. Tests in it leave its servers, networks and tables alone."""
    run = shared_runs.get("live", PROJECT, migrated)
    return Live(run, run.outputs, run.issuer)


@pytest.fixture(scope="session")
def quiet(shared_runs: SharedRuns, worker_id: str) -> Live:
    """A run like `live` of this worker alone, for tests whom others would disturb. They leave it as it was."""
    run = shared_runs.get(f"quiet-{worker_id}", PROJECT, migrated)
    return Live(run, run.outputs, run.issuer)


@pytest.fixture(scope="session")
def short_terms(shared_runs: SharedRuns) -> Run:
    """A run of all workers whose leases last for seconds."""
    return shared_runs.get("short-terms", PROJECTS / "short_terms")


@pytest.fixture(scope="session")
def warm() -> Iterator[str]:
    """The name of a run that this worker's sessions of the plugin reuse, in turn; the first creates it."""
    name = f"warm-{secrets.token_hex(4)}"
    yield name
    with contextlib.suppress(RunNotFoundError):
        destroy(name, program=PROJECT)
    assert inspect_run(name).empty


@pytest.fixture
def outputs(live: Live) -> Outputs:
    return live.outputs


@pytest.fixture
def issuer(live: Live) -> LeaseIssuer:
    return live.issuer


@pytest.fixture
def lease(issuer: LeaseIssuer) -> Iterator[Callable[[str], Lease]]:
    """Take leases that are revoked at the end of the test."""
    taken: list[Lease] = []

    def take(role: str) -> Lease:
        taken.append(issuer.lease(role))
        return taken[-1]

    yield take
    for held in taken:
        issuer.revoke(held)


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A folder with a test suite, as a user has it."""
    (tmp_path / "pytest.ini").write_text(INI)
    (tmp_path / "test_passing.py").write_text(PASSING)
    return tmp_path


@pytest.fixture
def session(suite: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run pytest in that folder, with words of its command line and variables of its environment."""

    def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return preloaded.run(["-m", "pytest", "-v", *words], cwd=suite, env={**os.environ, **environment})

    return run

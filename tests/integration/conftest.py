"""Real parts: Pulumi's engine, Docker, PostgreSQL, OpenBao. One shared run, and fresh ones for what destroys them."""

import contextlib
import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from leasehold import Lease, LeaseIssuer, Outputs, Run, RunNotFoundError
from leasehold.migrations import migrate
from leasehold.run import destroy

from .support import PROJECT, Live, take_stock

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
            destroy(name, program=PROJECT)
        assert take_stock(name).empty


@pytest.fixture
def make_run(new_name: Callable[[], str]) -> MakeRun:
    """Create runs that are gone at the end of the test."""

    def make(program: Path = PROJECT, **options: Any) -> Run:
        return Run.create(new_name(), program=program, **options)

    return make


@pytest.fixture(scope="session")
def live() -> Iterator[Live]:
    """The shared run: up, migrated and seeded."""
    with Run.create(f"t-{secrets.token_hex(4)}", program=PROJECT) as run:
        with run.issuer.lease("migrator").connect() as connection:
            migrate(connection, PROJECT / "stacks" / "shop" / "migrations")
        yield Live(run, run.outputs, run.issuer)
    assert take_stock(run.name).empty


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

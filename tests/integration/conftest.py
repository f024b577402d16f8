"""Real parts: Pulumi's engine, Docker, PostgreSQL, OpenBao. One shared run, and fresh ones for what destroys them."""

import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest
from leasehold.inventory import take_inventory

from leasehold import Lease, LeaseIssuer, Outputs
from leasehold.migrations import migrate
from leasehold.run import Run

from .support import PROJECT, Live

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
def make_run() -> Iterator[MakeRun]:
    """Make runs that are gone at the end of the test, whatever it did with them."""
    made: list[Run] = []

    def make(project: Path = PROJECT, name: str | None = None) -> Run:
        made.append(Run(name or f"t-{secrets.token_hex(4)}", project))
        return made[-1]

    yield make
    for run in made:
        if run.exists:
            run.down()
        assert take_inventory(run.name).empty


@pytest.fixture(scope="session")
def live() -> Iterator[Live]:
    """The shared run: up, migrated and seeded."""
    run = Run(f"t-{secrets.token_hex(4)}", PROJECT)
    try:
        outputs = run.up()
        issuer = LeaseIssuer(outputs)
        with issuer.lease("migrator").connect() as connection:
            migrate(connection, PROJECT / "stacks" / "shop" / "migrations")
        yield Live(run, outputs, issuer)
    finally:
        if run.exists:
            run.down()
    assert take_inventory(run.name).empty
    assert not run.exists


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

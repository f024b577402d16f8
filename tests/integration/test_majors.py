"""Runs on other major versions of PostgreSQL, and on an image of one's own: the server's own version decides."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import docker
import psycopg
import pulumi
import pytest

from components import Environment, EnvironmentArgs, RoleArgs
from components.servers.database_start import database_start
from components.servers.start import EXPIRES
from leasehold import Run, RunError
from leasehold.databases.clones import Databases
from leasehold.proofs.audit import audit

from .conftest import MakeRun
from .support import image_of

ROLES: list[RoleArgs] = [
    {"name": "migrator", "owns": ["shop"]},
    {"name": "reader", "grants": [{"schema": "shop", "tables": ["*"], "privileges": ["SELECT"]}]},
]


def on(image: str, roles: list[RoleArgs] = ROLES, **declared: Any) -> Callable[[], None]:
    """Return a program that declares a run on one of this machine's images."""

    def program() -> None:
        args: EnvironmentArgs = {"roles": roles, "images": {"database": image_of(image)}, **declared}  # type: ignore[typeddict-item]
        for name, value in Environment("major", args).outputs.items():
            pulumi.export(name, value)

    return program


def enters_uninvited(run: Run, clone: str) -> bool:
    """Return whether a lease gets into a clone that was made for another."""
    lease = run.issuer.lease("reader", clone)
    try:
        with suppress(psycopg.errors.OperationalError):
            lease.connect().close()
            return True
        return False
    finally:
        run.issuer.revoke(lease)


@pytest.mark.parametrize("major", [16, 17])
def test_a_run_on_an_older_major(make_run: MakeRun, major: int) -> None:
    run = make_run(on(f"database-{major}", extensions=["citext"]))
    owner = run.issuer.lease("migrator")
    with owner.connect() as connection:
        assert connection.info.server_version // 10_000 == major
        connection.execute("CREATE TABLE people (id serial PRIMARY KEY, mail citext)")
        connection.execute("INSERT INTO people (mail) VALUES ('Ada')")
    run.issuer.revoke(owner)
    databases = Databases(run.issuer)
    with databases.clone() as clone:
        lease = run.issuer.lease("reader", clone)
        databases.admit(clone, lease)
        with lease.connect() as connection:
            assert connection.execute("SELECT id FROM people WHERE mail = 'ADA'").fetchone() == (1,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for table people"):
                connection.execute("DELETE FROM people")
        run.issuer.revoke(lease)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            lease.connect()
        assert enters_uninvited(run, clone) == (major == 16), "the weakness that docs/missing.md and the audit tell"
    databases.close()
    found = audit(run.issuer)
    assert found.lines() == []
    assert bool(found.weaker) == (major < 17), "16 has no trigger at the login: that is told"


def test_a_privilege_that_the_major_does_not_have(new_name: Callable[[], str]) -> None:
    keeper: RoleArgs = {
        "name": "keeper",
        "grants": [{"schema": "shop", "tables": ["*"], "privileges": ["SELECT", "MAINTAIN"]}],
    }
    name = new_name()
    with pytest.raises(RunError) as caught:
        Run.create(name, program=on("database-16", [*ROLES, keeper]))
    assert str(caught.value).startswith(
        f"Run '{name}' could not be created: The database did not start. The privilege MAINTAIN in schema 'shop', "
        f"which role 'keeper' is granted needs PostgreSQL 17 or later, and the image {image_of('database-16')} has "
    )


@pytest.mark.parametrize("version", ["15.14 (Debian 15.14-1.pgdg13+1)", "9.6.24"])
def test_a_major_that_is_too_old(engine: docker.DockerClient, version: str) -> None:
    """The start script itself, where the server says that it is an old one."""
    stub = f"postgres() {{ echo 'postgres (PostgreSQL) {version}'; }}\n"
    container = engine.containers.run(
        image_of("database"),
        ["-c", stub + database_start("app", "own:1")],
        entrypoint="sh",
        user="postgres",
        environment={EXPIRES: str(2**40)},
        labels={"dev.leasehold.test": "start"},
        detach=True,
    )
    try:
        assert container.wait(timeout=600)["StatusCode"] == 1
        told = container.logs().decode()
    finally:
        container.remove(force=True)
    assert told == (
        f"leasehold: The image own:1 has postgres (PostgreSQL) {version}, and a run needs PostgreSQL 16 to 18. Declare "
        "another image (`images`, field `database`).\n"
    )


@pytest.mark.majors
def test_an_image_of_ones_own_with_pgvector(make_run: MakeRun) -> None:
    run = make_run(on("database-pgvector", extensions=[{"name": "vector", "schema": "extensions"}, "pg_trgm"]))
    owner = run.issuer.lease("migrator")
    with owner.connect() as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        connection.execute("CREATE TABLE items (id int PRIMARY KEY, at vector(3))")
        connection.execute("INSERT INTO items VALUES (1, '[1,2,3]'), (2, '[4,5,6]')")
        connection.execute("CREATE INDEX ON items USING hnsw (at vector_l2_ops)")
    run.issuer.revoke(owner)
    reader = run.issuer.lease("reader")
    with reader.connect() as connection:
        nearest = connection.execute("SELECT id FROM items ORDER BY at <-> '[3,3,3]' LIMIT 1").fetchone()
    run.issuer.revoke(reader)
    assert nearest == (1,)
    assert audit(run.issuer).lines() == []

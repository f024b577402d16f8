"""Extensions that a run declares: they are there, a migration's own CREATE EXTENSION passes, and the audit is clean."""

import os
from collections.abc import Callable, Iterator

import docker
import psycopg
import pulumi
import pytest

from components import Environment, RoleArgs
from leasehold import Lease, Run, RunError
from leasehold.contract import ADMIN, TEMPLATE_ADMIN
from leasehold.engines.docker import execs
from leasehold.proofs.audit import audit

from .support import until

ROLES: list[RoleArgs] = [
    {"name": "migrator", "owns": ["shop"]},
    {"name": "reader", "grants": [{"schema": "shop", "tables": ["*"], "privileges": ["SELECT"]}]},
]
DECLARED = [
    "citext",
    "uuid-ossp",
    {"name": "pgcrypto", "schema": "extensions"},
    {"name": "pg_trgm", "schema": "extensions", "version": "1.6"},
    {"name": "hstore", "schema": "shop"},
    "pg_stat_statements",
    "earthdistance",
]
"""The last needs another, ``cube``."""


def declare_extensions() -> None:
    for name, value in Environment("extended", {"roles": ROLES, "extensions": DECLARED}).outputs.items():
        pulumi.export(name, value)


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with Run.create(program=declare_extensions) as run:
        yield run


def execute(run: Run, role: str, *statements: str) -> list[tuple[object, ...]]:
    lease = run.issuer.lease(role)
    try:
        with lease.connect() as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []
    finally:
        run.issuer.revoke(lease)


def test_they_are_where_they_were_declared(run: Run) -> None:
    rows = execute(
        run,
        "reader",
        "SELECT extname, extnamespace::regnamespace::text, extversion = '1.6' FROM pg_extension "
        "WHERE extname <> 'plpgsql' ORDER BY extname",
    )
    assert [(name, schema) for name, schema, _ in rows] == [
        ("citext", "public"),
        ("cube", "public"),
        ("earthdistance", "public"),
        ("hstore", "shop"),
        ("pg_stat_statements", "public"),
        ("pg_trgm", "extensions"),
        ("pgcrypto", "extensions"),
        ("uuid-ossp", "public"),
    ]
    assert ("pg_trgm", "extensions", True) in rows


def test_a_migration_makes_them_if_they_do_not_exist_and_uses_them(run: Run) -> None:
    execute(
        run,
        "migrator",
        *(
            f'CREATE EXTENSION IF NOT EXISTS "{name}"'
            for name in ("citext", "uuid-ossp", "pgcrypto", "pg_trgm", "hstore", "pg_stat_statements")
        ),
        "CREATE TABLE people (id uuid DEFAULT uuid_generate_v4(), mail citext, extra hstore)",
        "ALTER TABLE people ADD salt text DEFAULT gen_salt('bf')",
        "CREATE INDEX ON people USING gin (lower(mail) gin_trgm_ops)",
        "INSERT INTO people (mail, extra) VALUES ('Ada@example.org', 'a=>1')",
    )
    assert execute(run, "reader", "SELECT extra -> 'a' FROM people WHERE mail = 'ada@EXAMPLE.org'") == [("1",)]


@pytest.mark.parametrize("schema", ["public", "extensions"])
def test_nobody_makes_anything_in_their_schemas(run: Run, schema: str) -> None:
    for role in ("migrator", "reader"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied for schema"):
            execute(run, role, f"CREATE TABLE {schema}.mine ()")


def test_the_audit_finds_nothing(run: Run) -> None:
    assert audit(run.issuer).lines() == []


def as_superuser(run: Run, engine: docker.DockerClient, *statements: str) -> None:
    """Do what nobody can from outside: have the server trust everybody first."""
    server = engine.containers.get(f"leasehold-{run.name}-database")
    trusting = "printf 'local all all peer\\nhost all all samenet trust\\n' >/leasehold/pg_hba.conf"
    status, output = execs.run(server, ["sh", "-c", trusting], user="root")
    assert status == 0, output
    server.kill("HUP")
    lease = run.issuer.lease("reader")
    until(lambda: is_trusted(lease))
    with lease.connect(user="postgres") as connection:
        for statement in statements:
            connection.execute(statement.encode())
    run.issuer.revoke(lease)


def is_trusted(lease: Lease) -> bool:
    try:
        lease.connect(user="postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def test_what_somebody_changed_of_them_is_found(run: Run, engine: docker.DockerClient) -> None:
    """Runs last: the server trusts everybody then. Functions with their owner's rights are as good as a grant."""
    as_superuser(
        run,
        engine,
        "ALTER FUNCTION extensions.gen_salt(text) SECURITY DEFINER",
        "GRANT INSERT ON public.pg_stat_statements TO reader",
        "GRANT EXECUTE ON FUNCTION public.pg_stat_statements_reset TO PUBLIC",
        "GRANT CREATE ON SCHEMA extensions TO reader",
    )
    lines = [line for line in audit(run.issuer).lines() if line.startswith("too much")]
    told = {line.partition("(")[0] for line in lines}  # its arguments are each version's own
    assert told == {
        *(
            f"too much: {role}: EXECUTE as postgres on function extensions.gen_salt"
            for role in ("migrator", "reader", ADMIN, TEMPLATE_ADMIN)
        ),
        "too much: reader: INSERT on system view public.pg_stat_statements",
        "too much: PUBLIC: EXECUTE on system function public.pg_stat_statements_reset",
        "too much: reader: CREATE on schema extensions",
    }


def one_that_is_not_there() -> None:
    Environment("lacking", {"roles": ROLES, "extensions": ["citext", {"name": "it's none", "schema": "extensions"}]})


def test_an_extension_that_the_image_does_not_have(new_name: Callable[[], str]) -> None:
    name = new_name()
    with pytest.raises(RunError) as caught:
        Run.create(name, program=one_that_is_not_there)
    image = os.environ.get("LEASEHOLD_IMAGE_DATABASE", "postgres:18")
    assert str(caught.value).startswith(
        f"Run '{name}' could not be created: The database did not start. Its set-up failed: The image {image} does not "
        'have the extension "it\'s none", which `extensions` declares. Declare an '
    )

"""Whatever arrangement of schemas a declaration accepts, the audit finds nothing in it, before migrations and after."""

from collections.abc import Iterator

import docker
import psycopg
import pytest

from leasehold import Lease, LeaseIssuer, Run
from leasehold.engines.docker import execs
from leasehold.proofs.audit import audit

from .support import PROJECTS, until

ODD = '"Two \'odd\' ""names"""'
MIGRATIONS = {
    "alone": (
        "CREATE TABLE public.notes (id serial PRIMARY KEY, text text)",
        "CREATE TABLE public.identified (id int GENERATED ALWAYS AS IDENTITY)",
        "CREATE VIEW public.seen AS SELECT text FROM public.notes",
        "CREATE TYPE public.mood AS ENUM ('fine')",
        "CREATE FUNCTION public.one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ),
    "several": (
        'CREATE TABLE one."it\'s" (id serial)',
        f'CREATE TABLE {ODD}."Odd" (id serial)',
        f"CREATE TYPE {ODD}.mood AS ENUM ('fine')",
        f"CREATE FUNCTION {ODD}.one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        f"CREATE SEQUENCE {ODD}.counted",
    ),
    "own_grants": ("CREATE TABLE mine.x (id serial)", "CREATE TABLE mine.y (id int)"),
}
"""What a lease of each owner runs."""
GRANTED = {
    "several": ("SELECT * FROM public.notes",),
    "own_grants": ("INSERT INTO mine.x DEFAULT VALUES",),
    "granted": (
        "INSERT INTO public.notes (text) VALUES ('x')",
        "SELECT * FROM PUBLIC.NOTES",
        'INSERT INTO one."it\'s" DEFAULT VALUES',
        "SELECT * FROM mine.x",
    ),
    "both": ('INSERT INTO one."it\'s" DEFAULT VALUES',),
}
"""What works afterwards, as what each role was granted."""


@pytest.fixture(scope="module")
def arranged() -> Iterator[tuple[Run, list[str]]]:
    """A run with every arrangement, migrated, and what the audit found in it before."""
    with Run.create(program=PROJECTS / "arrangements") as run:
        before = audit(run.issuer).lines()
        for role, statements in (*MIGRATIONS.items(), *GRANTED.items()):
            execute(run.issuer, role, *statements)
        yield run, before


def execute(issuer: LeaseIssuer, role: str, *statements: str) -> None:
    lease = issuer.lease(role)
    with lease.connect() as connection:
        for statement in statements:
            connection.execute(statement.encode())
    issuer.revoke(lease)


def is_accepted(lease: Lease) -> bool:
    """Whether a lease gets in without its password."""
    try:
        lease.connect(password="another").close()
    except psycopg.OperationalError:
        return False
    return True


def test_the_audit_finds_nothing_before_migrations(arranged: tuple[Run, list[str]]) -> None:
    assert arranged[1] == []


def test_the_audit_finds_nothing_after_migrations(arranged: tuple[Run, list[str]]) -> None:
    assert audit(arranged[0].issuer).lines() == []


def test_a_grant_that_nobody_declared_is_found_in_public(arranged: tuple[Run, list[str]]) -> None:
    issuer = arranged[0].issuer
    execute(issuer, "alone", "GRANT CREATE ON SCHEMA public TO granted", "GRANT DELETE ON public.notes TO several")
    lines = audit(issuer).lines()
    execute(
        issuer, "alone", "REVOKE CREATE ON SCHEMA public FROM granted", "REVOKE DELETE ON public.notes FROM several"
    )
    assert sorted(lines) == [
        "too much: granted: CREATE on schema public",
        "too much: several: DELETE on table public.notes",
    ]


def test_open_locks_are_found_though_the_first_role_has_one_connection(
    arranged: tuple[Run, list[str]], engine: docker.DockerClient
) -> None:
    """The one role whose lease tries them: an accepted password and "too many connections" are told apart."""
    run = arranged[0]
    assert next(iter(run.outputs.roles)) == "alone"
    server = engine.containers.get(f"leasehold-{run.name}-database")
    trusting = "printf 'local all all peer\\nhost all all samenet trust\\n' >/leasehold/pg_hba.conf"
    status, output = execs.run(server, ["sh", "-c", trusting], user="root")
    assert status == 0, output
    server.kill("HUP")
    lease = run.issuer.lease("granted")
    until(lambda: is_accepted(lease))
    run.issuer.revoke(lease)
    assert {line for line in audit(run.issuer).lines() if "in the log" not in line} == {
        "an open lock: a login without a password was accepted",
        "an open lock: a login with a wrong password was accepted",
        "an open lock: a login without TLS was accepted",
        "an open lock: the superuser from the network was accepted",
    }

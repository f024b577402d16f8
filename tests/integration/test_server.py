"""A server as in production: encoding, collation, libraries; and what a person reads when it cannot start so."""

from collections.abc import Callable
from typing import Any

import docker
import pulumi
import pytest

from components import Environment, EnvironmentArgs, RoleArgs
from leasehold import Run, RunError
from leasehold.contract import LOGS
from leasehold.databases.clones import Databases
from leasehold.proofs.audit import audit

from .conftest import MakeRun
from .support import read

ROLES: list[RoleArgs] = [{"name": "migrator", "owns": ["shop"]}]


def server(**declared: Any) -> Callable[[], None]:
    """Return a program that declares a run with this server."""

    def program() -> None:
        args: EnvironmentArgs = {"roles": ROLES, **declared}  # type: ignore[typeddict-item] # as users write it
        for name, value in Environment("server", args).outputs.items():
            pulumi.export(name, value)

    return program


def answers(run: Run, *questions: str, **options: Any) -> list[Any]:
    """Ask for single values, in a clone, as the migrator."""
    databases = Databases(run.issuer)
    try:
        with databases.clone() as name:
            lease = run.issuer.lease("migrator", name)
            databases.admit(name, lease)
            try:
                with lease.connect(autocommit=True, **options) as connection:
                    [row] = [connection.execute(f"SELECT {', '.join(questions)}".encode()).fetchone()]
                    return list(row or ())
            finally:
                run.issuer.revoke(lease)
    finally:
        databases.close()


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        (
            {"settings": {"work_mem": "much", "statement_timeout": "5 parsecs", "jit": True}},
            'Its settings are wrong: invalid value for parameter "work_mem": "much"; '
            'invalid value for parameter "statement_timeout": "5 parsecs".',
        ),
        (
            {"initdb": {"locale": "xx_XX.utf8"}},
            'Its cluster could not be made, as `initdb` declares it: invalid locale name "xx_XX.utf8".',
        ),
        (
            {"settings": {"shared_preload_libraries": "pg_hint_plan"}},
            'Its set-up failed: could not access file "pg_hint_plan": No such file or directory',
        ),
    ],
)
def test_why_it_does_not_start_is_told_first(new_name: Callable[[], str], declared: Any, told: str) -> None:
    """These come first: a run that failed is no trouble to the next one of the same process."""
    name = new_name()
    with pytest.raises(RunError) as caught:
        Run.create(name, program=server(**declared))
    assert str(caught.value).startswith(f"Run '{name}' could not be created: The database did not start. {told}")


def test_icu_a_time_zone_and_libraries(make_run: MakeRun, engine: docker.DockerClient) -> None:
    run = make_run(
        server(
            initdb={"icu_locale": "de-AT"},
            extensions=["pg_stat_statements"],
            settings={
                "TimeZone": "Europe/Vienna",
                "shared_preload_libraries": ["pg_stat_statements", "auto_explain"],
                "auto_explain.log_min_duration": "1h",
                "log_min_duration_statement": 0,
            },
        )
    )
    assert answers(
        run,
        "current_setting('server_encoding')",
        "current_setting('timezone')",
        "current_setting('auto_explain.log_parameter_max_length')",
        "(SELECT datlocprovider::text || ' ' || datlocale FROM pg_database WHERE datname = current_database())",
        "(SELECT string_agg(word, ' ' ORDER BY word) FROM unnest(ARRAY['Zebra', 'apfel', 'Ärger', 'Baum']) AS word)",
        "(SELECT count(*) > 0 FROM pg_stat_statements)",
        "(SELECT count(*) FROM pg_stat_statements JOIN pg_roles ON pg_roles.oid = userid "
        "WHERE rolname = 'leasehold_admin')",
    ) == [
        "UTF8",
        "Europe/Vienna",
        "0",
        "i de-AT",
        "apfel Ärger Baum Zebra",
        True,
        0,  # its statements make logins: their passwords would stand there
    ]
    assert audit(run.issuer).lines() == []
    log = read(engine, f"leasehold-{run.name}-database", f"cat {LOGS}/*.json")
    assert '"message":"duration: ' in log
    assert "PASSWORD" not in log, "a statement of theirs stands in the log"


@pytest.mark.parametrize(("encoding", "length"), [("LATIN1", 1), ("SQL_ASCII", 2)])
def test_another_encoding(make_run: MakeRun, encoding: str, length: int) -> None:
    run = make_run(server(initdb={"encoding": encoding}))
    assert audit(run.issuer).lines() == []
    asked = ("current_setting('server_encoding')", "octet_length('é')")
    assert answers(run, *asked, client_encoding="UTF8") == [encoding, length]

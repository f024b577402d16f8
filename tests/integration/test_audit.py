"""The audit finds every surplus and every lack, and nothing in a run as declared."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hvac import exceptions

from leasehold import Run
from leasehold.databases.migrations import migrate
from leasehold.denials.sources.whole_logs import whole_log
from leasehold.proofs.audit import Audit, audit

from .support import PROJECT, broker_client, generated, leasehold

LOGIN = "auth/userpass/login/provisioner"
MUTANTS = Path(__file__).parent / "projects" / "mutants"

BY_THE_SUPERUSER = {
    "ALTER ROLE reader BYPASSRLS": "too much: reader: BYPASSRLS on attribute reader",
    "ALTER ROLE writer SUPERUSER": "too much: writer: SUPERUSER on attribute writer",
    "GRANT pg_monitor TO auditor": "too much: auditor: MEMBER on membership pg_monitor",
    "GRANT writer TO reader": "too much: reader: MEMBER on membership writer",
    "GRANT CREATE ON DATABASE app TO reader": "too much: reader: CREATE on database app",
    "GRANT CONNECT ON DATABASE postgres TO PUBLIC": "too much: auditor: CONNECT on database postgres",
    "GRANT CREATE ON SCHEMA public TO auditor": "too much: auditor: CREATE on schema public",
    "REVOKE USAGE ON SCHEMA public FROM PUBLIC": "too little: auditor: USAGE on schema public",
    "GRANT SET ON PARAMETER log_statement TO auditor": "too much: auditor: SET on parameter log_statement",
    "GRANT SELECT ON pg_authid TO auditor": "too much: auditor: SELECT on system table pg_authid",
    "GRANT SELECT (rolpassword) ON pg_authid TO PUBLIC": (
        "too much: PUBLIC: SELECT on system column rolpassword of table pg_authid"
    ),
    "GRANT EXECUTE ON FUNCTION pg_read_file(text) TO auditor": (
        "too much: auditor: EXECUTE on system function pg_read_file(text)"
    ),
    "GRANT CREATE ON SCHEMA pg_catalog TO auditor": "too much: auditor: CREATE on system schema pg_catalog",
    "GRANT SET ON PARAMETER session_replication_role TO PUBLIC": (
        "too much: PUBLIC: SET on system parameter session_replication_role"
    ),
    "GRANT CREATE ON TABLESPACE pg_default TO PUBLIC": "too much: PUBLIC: CREATE on system tablespace pg_default",
    "GRANT EXECUTE ON FUNCTION lo_create(oid) TO PUBLIC": (
        "too much: auditor: EXECUTE on function pg_catalog.lo_create"
    ),
    "ALTER FUNCTION leasehold.apply_declared_grants() OWNER TO auditor": (
        "too much: auditor: OWNER on ownership function leasehold.apply_declared_grants()"
    ),
    "REVOKE USAGE ON SCHEMA shop FROM auditor": "too little: auditor: USAGE on schema shop",
}
BY_THE_MIGRATOR = {
    "GRANT DELETE ON shop.orders TO auditor": "too much: auditor: DELETE on table shop.orders",
    "GRANT SELECT (employee) ON shop.payroll TO writer": "too much: writer: SELECT on column shop.payroll.employee",
    "GRANT SELECT ON shop.customers TO PUBLIC": "too much: PUBLIC: SELECT on table shop.customers",
    "GRANT SELECT ON shop.customers TO reader WITH GRANT OPTION": (
        "too much: reader: SELECT on grant option shop.customers"
    ),
    "REVOKE SELECT ON shop.orders FROM auditor": "too little: auditor: SELECT on table shop.orders",
    "GRANT USAGE ON SEQUENCE shop.orders_id_seq TO auditor": "too much: auditor: USAGE on sequence shop.orders_id_seq",
    "CREATE FUNCTION shop.open() RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1'": (
        "too much: auditor: EXECUTE as migrator on function shop.open()"
    ),
    "ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT DELETE ON TABLES TO auditor": (
        "too much: auditor: DELETE on default privilege shop, tables of migrator"
    ),
}


ROLES = ("migrator", "reader", "auditor", "leasehold_template_admin")
TRUSTING = "local all all peer\nhost all all samenet trust\n"


@pytest.fixture(scope="module")
def found() -> Iterator[Audit]:
    """What the audit finds in a run with all mutants at once, whose server trusts everybody, and whose leases last."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEASEHOLD_TEST_MUTANTS", ";".join(BY_THE_SUPERUSER))
        patch.setenv("LEASEHOLD_TEST_HBA", TRUSTING)
        patch.setenv("LEASEHOLD_TEST_LONG_TERMS", "1")
        with Run.create(program=MUTANTS) as run:
            lease = run.issuer.lease("migrator")
            with lease.connect() as connection:
                migrate(connection, PROJECT / "stacks" / "shop" / "migrations")
                for statement in BY_THE_MIGRATOR:
                    connection.execute(statement.encode())
            run.issuer.revoke(lease)
            yield audit(run.issuer)


@pytest.mark.parametrize(("statement", "line"), [*BY_THE_SUPERUSER.items(), *BY_THE_MIGRATOR.items()])
def test_a_mutant_is_found(found: Audit, statement: str, line: str) -> None:
    assert line in found.lines(), statement


def test_trust_in_pg_hba(found: Audit) -> None:
    lines = found.lines()
    for what in ("a login without a password", "a login with a wrong password", "a login without TLS"):
        assert f"an open lock: {what} was accepted" in lines
    assert "an open lock: the superuser from the network was accepted" in lines
    assert any(line.startswith("in the log: superuser session from ") for line in lines)


def test_leases_and_tokens_that_last(found: Audit) -> None:
    """Longer than was declared; the broker itself still ends them with the run's term, 3600 s."""
    lines = [line for line in found.lines() if line.startswith("too long: ")]
    lengths = [int(length) for line in lines for length in re.findall(r"renewed to (\d+) s", line)]
    assert all(900 < length <= 3600 for length in lengths), lengths
    lines = [re.sub(r"(_[a-z0-9]{16})? is valid for \d+ s", " is valid", line) for line in lines]
    lines = [re.sub(r"renewed to \d+ s", "renewed", line) for line in lines]
    assert set(lines) == {
        "too long: a lease of auditor can be renewed; its max_term is 900 s",
        "too long: a token of auditor can be renewed; its max_term is 900 s",
        *(f"too long: the login {role} is valid after the run's end" for role in ROLES),
    }
    [untried] = [line for line in found.lines() if line.startswith("not tried: ")]
    assert untried.startswith("not tried: the term of a lease of writer, because none was made: "), "it is a superuser"


@dataclass(frozen=True)
class Declared:
    """A run as declared, and what the audit found in it before its migrations."""

    run: Run
    before: list[str]


@pytest.fixture(scope="module")
def declared() -> Iterator[Declared]:
    with Run.create(program=PROJECT) as run:
        before = audit(run.issuer).lines()
        for role, statements in {
            "migrator": [],
            "writer": ["SELECT * FROM orders", "INSERT INTO orders (customer_id, item, quantity) VALUES (1, 'x', 1)"],
            "reader": ["SELECT * FROM orders", "SELECT * FROM shop.customers"],
        }.items():
            lease = run.issuer.lease(role)
            with lease.connect() as connection:
                if role == "migrator":
                    migrate(connection, PROJECT / "stacks" / "shop" / "migrations")
                for statement in statements:
                    connection.execute(statement.encode())
            run.issuer.revoke(lease)
        yield Declared(run, before)


def others(lines: list[str]) -> list[str]:
    """Leave out what `test_the_logs_tell_of_the_set_up_login` does."""
    return [line for line in lines if not line.startswith("in the log: set-up login used after set-up")]


def test_a_run_as_declared_is_clean_before_its_migrations_and_after(declared: Declared) -> None:
    assert declared.before == []
    assert others(audit(declared.run.issuer).lines()) == []


def test_grants_that_no_statement_needed(declared: Declared) -> None:
    enough = '{"schema": "shop", "tables": ["orders"], "privileges": ["SELECT", "INSERT"]}'
    words = ("audit", declared.run.name, "--program", str(PROJECT))
    found = json.loads(leasehold(*words, "--json").stdout)
    assert f'{{"name": "writer", "grants": [{enough}]}}' in found["unused"]
    assert not any('"name": "reader"' in line for line in found["unused"])
    assert (found["idle"], found["untold"]) == (["auditor"], [])
    said = " ".join(leasehold(*words).stderr.split())
    assert "No statement so far used a table that is granted to auditor, so nothing is suggested for it." in said
    assert "cannot be told" not in said


def test_pulumi_may_look_at_a_live_run(declared: Declared) -> None:
    """Each time its provider logs in as the set-up, and does nothing with it."""
    run = declared.run

    def logins() -> int:
        return sum('"type":"response"' in line and LOGIN in line for line in whole_log(run.name, "broker"))

    lines, before = audit(run.issuer).lines(), logins()
    run.preview()
    run.up()
    assert logins() >= before + 2
    assert audit(run.issuer).lines() == lines


def test_the_logs_tell_of_the_set_up_login(declared: Declared) -> None:
    run = declared.run
    client = broker_client(run.outputs)
    client.auth.userpass.login("provisioner", generated(run.name, "environment-broker-provisioner"))
    client.auth.token.lookup_self()
    assert audit(run.issuer).lines() == []
    client.write_data("auth/approle/role/reader", data={"token_policies": ["lease-reader"]})
    client.read("database/roles/reader")
    with pytest.raises(exceptions.Forbidden):
        client.read("database/creds/reader")
    assert audit(run.issuer).lines() == [
        f"in the log: set-up login used after set-up: {what} by userpass-provisioner"
        for what in ("update auth/approle/role/reader", "read database/roles/reader", "read database/creds/reader")
    ]

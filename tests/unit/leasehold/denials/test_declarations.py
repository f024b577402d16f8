"""Roles as declared, the smallest grant, and what is told of each kind."""

import json
from typing import Any

import pytest

from leasehold.denials.declarations import declared, full_name, owner_of, smallest_grant
from leasehold.denials.model import Kind
from leasehold.denials.reasons import REASONS, reason
from leasehold.denials.remedies import remedy
from leasehold.denials.sources.privileges import classified
from leasehold.outputs import Role

from .facts import ROLES, refusal, role

READER = ROLES["reader"]
WIDE = role(("shop", [], ["SELECT"]), ("hr", ["payroll"], ["SELECT"]))


def needing(*needed: tuple[str, str], **fields: Any) -> Any:
    return refusal(needed=frozenset(needed), **fields)


def test_a_role_as_it_is_declared() -> None:
    assert json.loads(declared("reader", READER)) == {
        "name": "reader",
        "grants": [{"schema": "shop", "tables": ["orders", "customers"], "privileges": ["SELECT"]}],
    }
    assert json.loads(declared("migrator", ROLES["migrator"])) == {"name": "migrator", "owns": ["shop"]}
    assert json.loads(declared("wide", WIDE))["grants"][0]["tables"] == ["*"]


@pytest.mark.parametrize(
    ("needed", "on", "client_id", "name"),
    [
        ([("hr.orders", "SELECT")], "orders", READER, "hr.orders"),
        ([("orders", "SELECT")], "orders", READER, "shop.orders"),
        ([], "orders", READER, "shop.orders"),
        ([("hr.reorders", "SELECT")], "orders", READER, "shop.orders"),
        ([], "orders", WIDE, "orders"),
        ([], "orders", None, "orders"),
        ([], "hr.orders", READER, "hr.orders"),
    ],
)
def test_the_schema_is_told_by_statement_or_declaration(
    needed: list[tuple[str, str]], on: str, client_id: Role | None, name: str
) -> None:
    assert full_name(needing(*needed, on=on), client_id) == name


def test_a_column_has_its_tables_schema() -> None:
    column = needing(("hr.payroll", "SELECT"), on="payroll.salary", kind=Kind.COLUMN)
    assert full_name(column, READER) == "hr.payroll.salary"
    assert full_name(refusal(on="payroll.salary", kind=Kind.COLUMN), READER) == "shop.payroll.salary"


@pytest.mark.parametrize(
    ("needed", "privileges"),
    [
        ([("shop.orders", "DELETE"), ("shop.orders", "SELECT")], ["DELETE"]),
        ([("orders", "DELETE"), ("customers", "UPDATE")], ["DELETE"]),
        ([("orders", "INSERT"), ("orders", "UPDATE"), ("orders", "SELECT")], ["INSERT", "UPDATE"]),
        ([("orders", "SELECT")], ["SELECT"]),
        ([], ["SELECT"]),
    ],
)
def test_the_smallest_grant_is_what_is_needed_and_not_held(
    needed: list[tuple[str, str]], privileges: list[str]
) -> None:
    grant = json.loads(smallest_grant(needing(*needed), "shop.orders", READER))
    assert grant == {"schema": "shop", "tables": ["orders"], "privileges": privileges}


@pytest.mark.parametrize(
    ("action", "statement", "privilege"),
    [
        ("DELETE", "", "DELETE"),
        ("TRUNCATE", "TRUNCATE orders", "TRUNCATE"),
        ("VACUUM", "", "MAINTAIN"),
        ("LOCK", "LOCK TABLE orders", "MAINTAIN"),
        ("COPY", "COPY orders FROM STDIN", "INSERT"),
        ("COPY", "copy shop.orders from stdin", "INSERT"),
        ("COPY", "COPY orders TO STDOUT", "SELECT"),
        ("COPY", "COPY (SELECT * FROM orders) TO STDOUT", "SELECT"),
        ("EXPLAIN", "EXPLAIN SELECT * FROM orders", "SELECT"),
        ("WITH", "", "SELECT"),
        ("", "", "SELECT"),
    ],
)
def test_a_grant_names_privileges_and_no_commands(action: str, statement: str, privilege: str) -> None:
    grant = json.loads(smallest_grant(refusal(action=action, statement=statement), "shop.payroll", READER))
    assert grant["privileges"] == [privilege]


def test_a_grant_in_a_schema_that_nothing_tells() -> None:
    assert json.loads(smallest_grant(refusal(), "orders", None))["schema"] == "..."


def test_who_owns_a_schema() -> None:
    assert owner_of("shop", ROLES) == "migrator"
    assert owner_of("hr", ROLES) == ""


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("action", ["SELECT", "CREATE"])
def test_each_kind_has_a_reason_and_a_remedy(kind: Kind, action: str) -> None:
    told = refusal(kind=kind, action=action, on="x", role="reader")
    assert len(reason(told)) > 20
    assert reason(told).endswith(".")
    assert len(remedy(told, "shop.x", ROLES)) > 10
    assert len(remedy(told, "", {})) > 10
    assert set(REASONS) == set(Kind)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("permission denied for function lo_from_bytea", 'declare "large_objects": true for reader.'),
        ("permission denied for large object 16400", '{"large_objects": ["*"], "privileges": ["SELECT"]}'),
        ("must be owner of large object 16400", "Do it as the role that made it."),
    ],
)
def test_of_large_objects(message: str, told: str) -> None:
    kind, on = classified(message)
    assert remedy(refusal(kind=kind, on=on, message=message, role="reader"), on, ROLES).endswith(told)


def test_remedies_that_depend_on_what_was_refused() -> None:
    def told(kind: Kind, relation: str, **fields: Any) -> str:
        return remedy(refusal(kind=kind, role="reader", on=relation, **fields), relation, ROLES)

    assert told(Kind.OWNERSHIP, "shop.orders").startswith("Do it in a migration, as migrator")
    assert told(Kind.OWNERSHIP, "shop").startswith("Do it in a migration, as migrator")
    assert told(Kind.OWNERSHIP, "hr.orders") == "Do it in a migration."
    assert told(Kind.SCHEMA, "shop", action="CREATE").startswith("Do it in a migration, as migrator")
    assert "A grant on anything in schema shop lets reader into it" in told(Kind.SCHEMA, "shop")
    assert '"schemas": ["shop"], "privileges": ["CREATE"]' in told(Kind.SCHEMA, "shop", action="CREATE")
    assert '"tables": ["payroll"]' in told(Kind.COLUMN, "shop.payroll.salary")
    assert '"schema": "shop", "functions": ["total"]' in told(Kind.FUNCTION, "shop.total")
    assert '"schema": "shop", "sequences": ["n"]' in told(Kind.SEQUENCE, "shop.n")
    assert '"member_of": [{"role": "x"}]' in told(Kind.MEMBERSHIP, "x")
    assert '"database": ["CREATE"]' in told(Kind.DATABASE, "app", message="permission denied for database app")
    temporary = 'permission denied to create temporary tables in database "app"'
    assert '"database": ["TEMPORARY"]' in told(Kind.DATABASE, "app", message=temporary)
    assert "own database" in told(Kind.DATABASE, "app", action="connect")
    other = Kind.OTHER_PRIVILEGE
    assert '"extensions": ["x"]' in told(other, "x", message='permission denied to create extension "x"')
    assert '"parameters": ["log_duration"]' in told(
        other, "log_duration", message='permission denied to set parameter "log_duration"'
    )
    assert '"types": ["mood"]' in told(other, "mood", message="permission denied for type mood")
    assert "production grants it" in told(other, "x", message="permission denied to do that")

"""Which grants are suggested, of which roles none, and what of a suggestion is not known."""

import json

import pytest

from leasehold.outputs import Role
from leasehold.proofs.audit.effective import Object
from leasehold.proofs.audit.suggested import idle, suggestions, untold
from leasehold.proofs.audit.used import used_privileges

from .test_audit_used import ROLES, TABLES, record, role

THERE = [
    Object("sequence" if name.endswith("_seq") else "table", "shop", name, f"shop.{name}", "migrator")
    for name in ("customers", "orders", "orders_id_seq", "payroll")
]


@pytest.mark.parametrize("sent", [None, "SELECT version()", "SELECT 1 FROM pg_class"])
def test_a_role_that_used_none_of_its_tables_is_told_nothing(sent: str | None) -> None:
    sequence = {"kind": "sequences", "schema": "shop", "objects": [], "privileges": ["USAGE"], "default_privileges": []}
    tables = role((["orders"], ["SELECT"]), ([], ["SELECT", "INSERT"]))
    writer = Role.model_validate(
        {**role().model_dump(), "grants": [*tables.model_dump(by_alias=True)["grants"], sequence]}
    )
    roles = {"writer": writer, "owner": role()}
    used = used_privileges([record(sent)] if sent else [], roles, TABLES)
    assert suggestions(roles, used, THERE) == []
    assert idle(roles, used, THERE) == ["writer"]


def test_what_stays_for_want_of_knowing_is_told_by_name() -> None:
    roles = {"writer": role((["orders", "customers"], ["SELECT", "DELETE"]), (["payroll"], ["SELECT"]))}
    sent = (
        "DO $$ BEGIN DELETE FROM orders; END $$",
        "SELECT * FROM customers",
        "SELECT 1 FROM payroll",
        "LOCK payroll",
    )
    used = used_privileges(map(record, sent), roles, TABLES)
    assert untold(roles, used, THERE) == ["writer on shop.orders"]


def test_a_role_that_is_used_as_declared_has_no_suggestion() -> None:
    used = {"reader": {("orders", "SELECT"), ("shop.customers", "SELECT")}}
    assert suggestions({"reader": role((["orders", "customers"], ["SELECT"]))}, used, THERE) == []


def test_a_grant_that_no_test_needed() -> None:
    roles = {"writer": role((["orders"], ["SELECT", "INSERT", "UPDATE"]), (["customers"], ["SELECT"]))}
    used = {"writer": {("orders", "SELECT"), ("orders", "INSERT")}}
    assert suggestions(roles, used, THERE) == [
        '{"name": "writer", "grants": [{"schema": "shop", "tables": ["orders"], "privileges": ["SELECT", "INSERT"]}]}'
    ]


def test_every_table_where_two_would_do() -> None:
    used = {"auditor": {("orders", "SELECT"), ("shop.payroll", "SELECT"), ("pg_class", "SELECT")}}
    [line] = suggestions({"auditor": role(([], ["SELECT"]))}, used, THERE)
    assert '"tables": ["orders", "payroll"]' in line


def test_a_name_in_capitals_is_the_tables_own() -> None:
    used = used_privileges(
        [record("SELECT * FROM ORDERS"), record("LOCK SHOP.Customers")], ROLES, ["orders", "customers"]
    )
    assert suggestions({"writer": role((["orders", "customers"], ["SELECT"]))}, used, THERE) == []


@pytest.mark.parametrize("name", ["it's", 'a "b"', "back\\slash"])
def test_a_suggestion_is_json_whatever_a_table_is_called(name: str) -> None:
    roles = {"writer": role(([name], ["SELECT", "INSERT"]))}
    [line] = suggestions(roles, {"writer": {(name, "SELECT")}}, THERE)
    grants = [{"schema": "shop", "tables": [name], "privileges": ["SELECT"]}]
    assert json.loads(line) == {"name": "writer", "grants": grants}


def test_what_cannot_be_read_takes_nothing_away() -> None:
    used = used_privileges([record("DO $$ BEGIN DELETE FROM orders; END $$")], ROLES, TABLES)
    assert suggestions({"writer": role((["orders"], ["SELECT", "DELETE"]))}, used, THERE) == []


def test_what_no_statement_tells_of_stays_in_a_suggestion() -> None:
    sequence = {"kind": "sequences", "schema": "shop", "objects": [], "privileges": ["USAGE"], "grant_option": True}
    totals = {"kind": "functions", "schema": "shop", "objects": ["total(integer)"], "privileges": ["EXECUTE"]}
    column = {"kind": "tables", "schema": "shop", "objects": ["payroll"], "columns": ["id"], "privileges": ["SELECT"]}
    table = {"kind": "tables", "schema": "shop", "objects": ["orders"], "privileges": ["SELECT", "DELETE"]}
    kept = {"by_migrations": True, **table}
    grants = [{"default_privileges": [], **grant} for grant in (kept, sequence, totals, column)]
    writer = Role.model_validate({**role().model_dump(), "grants": grants})
    [line] = suggestions({"writer": writer}, {"writer": {("orders", "SELECT")}}, THERE)
    assert json.loads(line)["grants"] == [
        {"schema": "shop", "tables": ["orders"], "privileges": ["SELECT"], "granted_by": "migrations"},
        {"schema": "shop", "sequences": ["*"], "privileges": ["USAGE"], "grant_option": True},
        {"schema": "shop", "functions": ["total(integer)"], "privileges": ["EXECUTE"]},
        {"schema": "shop", "tables": ["payroll"], "columns": ["id"], "privileges": ["SELECT"]},
    ]

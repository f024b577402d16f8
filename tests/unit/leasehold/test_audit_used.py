"""Which grants statements needed, read from a server's log."""

import pytest

from leasehold.audit.used import suggestions, used_privileges
from leasehold.outputs import Role

LINE = (
    "2026-11-24 13:05:22.553 GMT [31] user={role}-bskcriazhpadvifg db=app host=172.18.0.4 app= code=00000 LOG:  {said}"
)


def line(sql: str, role: str = "writer", how: str = "statement") -> list[str]:
    return LINE.format(role=role, said=f"{how}: {sql}").replace("\n", "\n\t").split("\n")


def role(*grants: tuple[list[str], list[str]]) -> Role:
    return Role.model_validate(
        {
            "credentials_path": "x",
            "logins": {},
            "term": 1,
            "owns": [],
            "grants": [
                {"schema": "shop", "tables": tables, "privileges": privileges, "default_privileges": []}
                for tables, privileges in grants
            ],
        }
    )


@pytest.mark.parametrize(
    ("sql", "needed"),
    [
        ("SELECT * FROM orders JOIN shop.customers USING (id)", {("orders", "SELECT"), ("shop.customers", "SELECT")}),
        ("INSERT INTO orders (item) VALUES ('x')", {("orders", "INSERT")}),
        ("INSERT INTO orders (item) VALUES ('x') RETURNING id", {("orders", "INSERT"), ("orders", "SELECT")}),
        ("INSERT INTO orders SELECT * FROM old", {("orders", "INSERT"), ("old", "SELECT")}),
        ("UPDATE orders SET item = 'x'", {("orders", "UPDATE")}),
        ("UPDATE orders SET item = 'x' WHERE id = 1", {("orders", "UPDATE"), ("orders", "SELECT")}),
        ("DELETE FROM orders WHERE id = 1", {("orders", "DELETE"), ("orders", "SELECT")}),
        ("SELECT 1 FROM orders FOR UPDATE", {("orders", "SELECT"), ("orders", "UPDATE")}),
        ("WITH few AS (SELECT * FROM orders) SELECT * FROM few", {("orders", "SELECT")}),
        ("SELECT *\nFROM orders", {("orders", "SELECT")}),
        ("BEGIN", set()),
        ("no sql at all (", set()),
    ],
)
def test_what_a_statement_needs(sql: str, needed: set[tuple[str, str]]) -> None:
    assert used_privileges(line(sql)) == {"writer": needed}
    assert used_privileges(line(sql, how="execute <unnamed>")) == {"writer": needed}


def test_statements_of_others_do_not_count() -> None:
    lines = ["postgres LOG:  statement: SELECT 1", *line("SELECT * FROM orders", role="reader"), "\tWHERE id = 1"]
    assert used_privileges(lines) == {"reader": {("orders", "SELECT")}}


def test_a_role_that_is_used_as_declared_has_no_suggestion() -> None:
    used = {"reader": {("orders", "SELECT"), ("shop.customers", "SELECT")}}
    assert suggestions({"reader": role((["orders", "customers"], ["SELECT"]))}, used) == []


def test_a_grant_that_no_test_needed() -> None:
    roles = {"writer": role((["orders"], ["SELECT", "INSERT", "UPDATE"]), (["customers"], ["SELECT"]))}
    used = {"writer": {("orders", "SELECT"), ("orders", "INSERT")}}
    assert suggestions(roles, used) == [
        '{"name": "writer", "grants": [{"schema": "shop", "tables": ["orders"], "privileges": ["SELECT", "INSERT"]}]}'
    ]


def test_every_table_where_two_would_do() -> None:
    used = {"auditor": {("orders", "SELECT"), ("payroll", "SELECT")}}
    [line] = suggestions({"auditor": role(([], ["SELECT"]))}, used)
    assert '"tables": ["orders", "payroll"]' in line

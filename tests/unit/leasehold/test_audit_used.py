"""Which grants statements needed, read from a server's log."""

from collections.abc import Sequence

import pytest

from leasehold.outputs import Role
from leasehold.proofs.audit.indirect import Behind
from leasehold.proofs.audit.used import used_privileges

TABLES = ["customers", "orders", "payroll"]


def record(sql: str, role: str = "writer", how: str = "statement", app: str = "") -> dict[str, str]:
    return {"user": f"{role}_bskcriazhpadvifg", "message": f"{how}: {sql}", "application_name": app}


def role(*grants: tuple[list[str], list[str]], login: str = "dynamic", member_of: Sequence[str] = ()) -> Role:
    return Role.model_validate(
        {
            "credentials_path": "x",
            "logins": {},
            "term": 1,
            "max_term": 6,
            "owns": [],
            "login": login,
            "member_of": [{"role": name} for name in member_of],
            "grants": [
                {
                    "kind": "tables",
                    "schema": "shop",
                    "objects": tables,
                    "privileges": privileges,
                    "default_privileges": [],
                }
                for tables, privileges in grants
            ],
        }
    )


ROLES = {"writer": role()}


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
        ("UPDATE orders SET item = item || 'x'", {("orders", "UPDATE"), ("orders", "SELECT")}),
        ("DELETE FROM orders USING old", {("orders", "DELETE"), ("old", "SELECT")}),
        ("INSERT INTO orders VALUES (1) ON CONFLICT DO NOTHING", {("orders", "INSERT")}),
        (
            "INSERT INTO orders VALUES (1) ON CONFLICT (id) DO UPDATE SET item = 'x'",
            {("orders", "INSERT"), ("orders", "SELECT"), ("orders", "UPDATE")},
        ),
        (
            "MERGE INTO orders o USING old ON o.id = old.id WHEN MATCHED THEN UPDATE SET item = 'x'"
            " WHEN NOT MATCHED BY SOURCE THEN DELETE WHEN NOT MATCHED THEN INSERT (id) VALUES (1)",
            {("old", "SELECT"), *(("orders", privilege) for privilege in ("SELECT", "INSERT", "UPDATE", "DELETE"))},
        ),
        ("COPY orders (id) FROM STDIN", {("orders", "INSERT")}),
        ("COPY orders TO STDOUT", {("orders", "SELECT")}),
        ("COPY (SELECT * FROM orders) TO STDOUT", {("orders", "SELECT")}),
        ("TRUNCATE orders, old", {("orders", "TRUNCATE"), ("old", "TRUNCATE")}),
        ("SELECT * FROM unnest(ARRAY[1]) p", set()),
        ("LOCK Orders", {("orders", "*")}),
        ('DECLARE "a b" NO SCROLL CURSOR WITH HOLD FOR SELECT * FROM orders', {("orders", "SELECT")}),
        ("declare c cursor for SELECT * FROM orders FOR UPDATE", {("orders", "SELECT"), ("orders", "UPDATE")}),
        ("DECLARE c BINARY INSENSITIVE CURSOR FOR EXECUTE orders", {("orders", "*")}),
        ('FETCH FORWARD 2000 FROM "orders"', set()),
        ("MOVE ALL IN orders", set()),
        ("no sql on payroll (", {("payroll", "*")}),
    ],
)
def test_what_a_statement_needs(sql: str, needed: set[tuple[str, str]]) -> None:
    assert used_privileges([record(sql)], ROLES, TABLES) == {"writer": needed}
    assert used_privileges([record(sql, how="execute <unnamed>")], ROLES, TABLES) == {"writer": needed}


def test_statements_of_others_do_not_count() -> None:
    lines = [{"message": "statement: SELECT 1"}, record("SELECT * FROM orders\nWHERE id = 1", role="reader")]
    lines += [record("SELECT 1 FROM payroll", role="template_admin")]
    lines += [record("SELECT 1 FROM payroll", role="reader", app="leasehold audit")]
    assert used_privileges(lines, {"reader": role(), **ROLES}, TABLES) == {"reader": {("orders", "SELECT")}}


def test_statements_of_a_static_login_count_for_its_role() -> None:
    roles = {"Night Reader": role(login="static"), "dynamic": role()}
    lines = [{**record("SELECT * FROM orders"), "user": user} for user in roles]
    used = used_privileges(lines, roles, TABLES)
    assert used == {"Night Reader": {("orders", "SELECT")}}, "nobody logs in as a role that has leases"


def test_statements_count_for_the_roles_that_theirs_is_a_member_of() -> None:
    roles = {
        "api": role(login="static", member_of=["member"]),
        "member": role(login="none", member_of=["guest"]),
        "guest": role((["orders"], ["SELECT"]), login="none"),
    }
    used = used_privileges([{**record("SELECT * FROM orders"), "user": "api"}], roles, TABLES)
    assert used == {name: {("orders", "SELECT")} for name in roles}


BEHIND = [
    Behind("function", "enter", on_write=False, text="BEGIN INSERT INTO shop.orders VALUES (1); END"),
    Behind("function", "enter_twice", on_write=False, text="SELECT enter(); SELECT enter_twice()"),
    Behind("function", "note", on_write=False, text='INSERT INTO "payroll" VALUES (NEW.id)'),
    Behind("function", "archive", on_write=False, text="BEGIN EXECUTE format('DELETE FROM %s', $1); END"),
    Behind("function", "archive_all", on_write=False, text="SELECT archive($1)"),
    Behind("table", "orders", on_write=True, text="note"),
    Behind("table", "seen", on_write=False, text="customers"),
]


@pytest.mark.parametrize(
    ("sql", "needed"),
    [
        ("SELECT enter()", {("orders", "*"), ("payroll", "*")}),
        ("SELECT * FROM shop.enter_twice() AS e", {("orders", "*"), ("payroll", "*")}),
        ("CALL ENTER()", {("orders", "*"), ("payroll", "*")}),
        ("INSERT INTO orders VALUES (1)", {("orders", "INSERT"), ("payroll", "*")}),
        ("SELECT * FROM shop.orders", {("shop.orders", "SELECT")}),
        ("SELECT * FROM seen", {("seen", "SELECT"), ("customers", "*")}),
        ("SELECT other()", set()),
        ("INSERT INTO customers SELECT nextval('n'::regclass) FROM old", {("customers", "INSERT"), ("old", "SELECT")}),
        ("SELECT other(id) FROM customers WHERE id = 'x'", {("customers", "SELECT")}),
        ("SELECT emptied('shop.orders') FROM customers", {("customers", "SELECT"), ("orders", "*"), ("payroll", "*")}),
        ("SELECT emptied(t) FROM (SELECT $$customers$$ AS t) x", {("customers", "*")}),
        ("SELECT archive_all(tableoid) FROM customers", {("customers", "SELECT"), ("customers", "*")}),
        ("SELECT enter(), id FROM customers", {("customers", "SELECT"), ("orders", "*"), ("payroll", "*")}),
    ],
)
def test_what_a_statement_needs_beyond_what_it_names(sql: str, needed: set[tuple[str, str]]) -> None:
    assert used_privileges([record(sql)], ROLES, TABLES, BEHIND) == {"writer": needed}


def test_statements_that_differ_in_constants_alone_count_as_one_and_others_do_not() -> None:
    sent = [
        *(f"SELECT * FROM orders WHERE id = {number} AND item = 'x {number}'" for number in range(50)),  # noqa: S608 - numbers and words of the test
        "SELECT * FROM t1",
        "SELECT * FROM t2",
        'SELECT * FROM "a 1"',
        'SELECT * FROM "a 2"',
        "SELECT emptied('t3')",
        "SELECT emptied('t4')",
        "SELECT 1 -- it's\n FROM payroll -- it's",
        "SELECT 1 FROM customers",
    ]
    used = used_privileges(map(record, sent), ROLES, [*TABLES, "t3", "t4"])
    assert {table for table, _ in used["writer"]} == {
        *("orders", "t1", "t2", "t3", "t4", "a 1", "a 2", "payroll", "customers")
    }


def test_of_a_long_statement_only_tables_that_there_are_count() -> None:
    data = ", ".join(f"('w{number}')" for number in range(100_000))
    used = used_privileges([record(f"INSERT INTO orders VALUES {data}")], ROLES, TABLES)  # noqa: S608 - numbers and words of the test
    assert used == {"writer": {("orders", "*")}}

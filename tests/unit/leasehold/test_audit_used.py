"""Which grants statements needed, read from a server's log."""

import json

import pytest

from leasehold.outputs import Role
from leasehold.proofs.audit.effective import Object
from leasehold.proofs.audit.indirect import Behind
from leasehold.proofs.audit.used import suggestions, used_privileges

TABLES = ["customers", "orders", "payroll"]
THERE = [
    Object("sequence" if name.endswith("_seq") else "table", "shop", name, f"shop.{name}", "migrator")
    for name in ("customers", "orders", "orders_id_seq", "payroll")
]


def record(sql: str, role: str = "writer", how: str = "statement", app: str = "") -> dict[str, str]:
    return {"user": f"{role}_bskcriazhpadvifg", "message": f"{how}: {sql}", "application_name": app}


def role(*grants: tuple[list[str], list[str]]) -> Role:
    return Role.model_validate(
        {
            "credentials_path": "x",
            "logins": {},
            "term": 1,
            "max_term": 6,
            "owns": [],
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
    assert used_privileges([record(sql)], ["writer"], TABLES) == {"writer": needed}
    assert used_privileges([record(sql, how="execute <unnamed>")], ["writer"], TABLES) == {"writer": needed}


def test_statements_of_others_do_not_count() -> None:
    lines = [{"message": "statement: SELECT 1"}, record("SELECT * FROM orders\nWHERE id = 1", role="reader")]
    lines += [record("SELECT 1 FROM payroll", role="template_admin")]
    lines += [record("SELECT 1 FROM payroll", role="reader", app="leasehold audit")]
    assert used_privileges(lines, ["reader", "writer"], TABLES) == {"reader": {("orders", "SELECT")}}


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
        [record("SELECT * FROM ORDERS"), record("LOCK SHOP.Customers")], ["writer"], ["orders", "customers"]
    )
    assert suggestions({"writer": role((["orders", "customers"], ["SELECT"]))}, used, THERE) == []


@pytest.mark.parametrize("name", ["it's", 'a "b"', "back\\slash"])
def test_a_suggestion_is_json_whatever_a_table_is_called(name: str) -> None:
    roles = {"writer": role(([name], ["SELECT", "INSERT"]))}
    [line] = suggestions(roles, {"writer": {(name, "SELECT")}}, THERE)
    grants = [{"schema": "shop", "tables": [name], "privileges": ["SELECT"]}]
    assert json.loads(line) == {"name": "writer", "grants": grants}


def test_what_cannot_be_read_takes_nothing_away() -> None:
    used = used_privileges([record("DO $$ BEGIN DELETE FROM orders; END $$")], ["writer"], TABLES)
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


BEHIND = [
    Behind("function", "enter", on_write=False, text="BEGIN INSERT INTO shop.orders VALUES (1); END"),
    Behind("function", "enter_twice", on_write=False, text="SELECT enter(); SELECT enter_twice()"),
    Behind("function", "note", on_write=False, text='INSERT INTO "payroll" VALUES (NEW.id)'),
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
    ],
)
def test_what_a_statement_needs_beyond_what_it_names(sql: str, needed: set[tuple[str, str]]) -> None:
    assert used_privileges([record(sql)], ["writer"], TABLES, BEHIND) == {"writer": needed}


def test_statements_that_differ_in_constants_alone_count_as_one_and_others_do_not() -> None:
    sent = [
        *(f"SELECT * FROM orders WHERE id = {number} AND item = 'x {number}'" for number in range(50)),  # noqa: S608 - numbers and words of the test
        "SELECT * FROM t1",
        "SELECT * FROM t2",
        'SELECT * FROM "a 1"',
        'SELECT * FROM "a 2"',
        "SELECT 1 -- it's\n FROM payroll -- it's",
        "SELECT 1 FROM customers",
    ]
    used = used_privileges(map(record, sent), ["writer"], TABLES)
    assert {table for table, _ in used["writer"]} == {"orders", "t1", "t2", "a 1", "a 2", "payroll", "customers"}


def test_of_a_long_statement_only_tables_that_there_are_count() -> None:
    data = ", ".join(f"('w{number}')" for number in range(100_000))
    used = used_privileges([record(f"INSERT INTO orders VALUES {data}")], ["writer"], TABLES)  # noqa: S608 - numbers and words of the test
    assert used == {"writer": {("orders", "*")}}

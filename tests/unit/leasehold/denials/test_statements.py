"""What statements need, as far as they tell."""

import pytest

from leasehold.databases.statements import command, needed_privileges, reads_or_writes


@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("SELECT 1", "SELECT"),
        ("select*from t", "SELECT"),
        ("VALUES('secret')", "VALUES"),
        ("SELECT'secret'", "SELECT"),
        ("DO $$secret$$", "DO"),
        ("--secret\nDELETE FROM t", "DELETE"),
        ("/* secret */update t set a=1", "UPDATE"),
        ("((SELECT 1))", "SELECT"),
        (";COPY t FROM STDIN", "COPY"),
        ("'secret'", ""),
        ("", ""),
    ],
)
def test_the_word_that_a_statement_begins_with(statement: str, word: str) -> None:
    assert command(statement) == word


@pytest.mark.parametrize(
    ("statement", "needed"),
    [
        ("TABLE orders", {("orders", "SELECT")}),
        ("SELECT * FROM ORDERS", {("orders", "SELECT")}),
        ('SELECT * FROM "ORDERS"', {("ORDERS", "SELECT")}),
        (
            'SELECT * FROM Shop."Orders" JOIN SHOP.Customers c ON C.id = 1',
            {("shop.Orders", "SELECT"), ("shop.customers", "SELECT")},
        ),
        ("INSERT INTO Orders VALUES (1)", {("orders", "INSERT")}),
        ("UPDATE Orders O SET n = o.n", {("orders", "UPDATE"), ("orders", "SELECT")}),
        ("TRUNCATE ORDERS", {("orders", "TRUNCATE")}),
        ("WITH Few AS (SELECT 1) SELECT * FROM FEW", set()),
        ('WITH "Few" AS (SELECT 1) SELECT * FROM FEW', {("few", "SELECT")}),
        ("SELECT 1 FROM Orders O, s FOR UPDATE OF o", {("orders", "SELECT"), ("orders", "UPDATE"), ("s", "SELECT")}),
        ("SELECT * FROM \u00c4PFEL", {("\u00c4pfel", "SELECT")}),
        ("(SELECT * FROM ONLY orders)", {("orders", "SELECT")}),
        ("SELECT * FROM f(1), generate_series(1, 2) g, unnest(ARRAY[1])", set()),
        ("SELECT * INTO made FROM orders", {("orders", "SELECT")}),
        ("UPDATE orders SET n = 1, m = DEFAULT", {("orders", "UPDATE")}),
        ("UPDATE orders SET n = n + 1", {("orders", "UPDATE"), ("orders", "SELECT")}),
        ("UPDATE orders AS o SET n = o.n", {("orders", "UPDATE"), ("orders", "SELECT")}),
        ("UPDATE orders SET n = s.n FROM shop.s", {("orders", "UPDATE"), ("shop.s", "SELECT")}),
        ("UPDATE orders SET n = (SELECT max(m) FROM s)", {("orders", "UPDATE"), ("s", "SELECT")}),
        ("INSERT INTO orders VALUES (1) ON CONFLICT DO NOTHING", {("orders", "INSERT")}),
        (
            "INSERT INTO orders VALUES (1) ON CONFLICT (id) DO NOTHING",
            {("orders", "INSERT"), ("orders", "SELECT")},
        ),
        (
            "INSERT INTO orders VALUES (1) ON CONFLICT (id) DO UPDATE SET n = 2",
            {("orders", "INSERT"), ("orders", "UPDATE"), ("orders", "SELECT")},
        ),
        ("DELETE FROM orders USING s", {("orders", "DELETE"), ("s", "SELECT")}),
        (
            "MERGE INTO orders o USING s ON o.id = s.id WHEN MATCHED THEN UPDATE SET n = 1 "
            "WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)",
            {("orders", "UPDATE"), ("orders", "INSERT"), ("orders", "SELECT"), ("s", "SELECT")},
        ),
        (
            "MERGE INTO orders o USING s ON o.id = s.id WHEN MATCHED THEN DELETE",
            {("orders", "DELETE"), ("orders", "SELECT"), ("s", "SELECT")},
        ),
        ("WITH orders AS (SELECT 1) SELECT * FROM orders", set()),
        ("WITH orders AS (SELECT 1) SELECT * FROM shop.orders", {("shop.orders", "SELECT")}),
        ("WITH orders AS (SELECT * FROM orders) SELECT * FROM orders", {("orders", "SELECT")}),
        ("WITH RECURSIVE t AS (SELECT 1 UNION SELECT n FROM t) SELECT * FROM t", set()),
        ("WITH a AS (SELECT 1), b AS (SELECT * FROM a) SELECT * FROM b", set()),
        (
            "WITH gone AS (DELETE FROM orders RETURNING *) INSERT INTO old SELECT * FROM gone",
            {("orders", "DELETE"), ("orders", "SELECT"), ("old", "INSERT")},
        ),
        ("SELECT * FROM a JOIN b ON true FOR UPDATE", {(t, p) for t in "ab" for p in ("SELECT", "UPDATE")}),
        ("SELECT * FROM a JOIN b ON true FOR UPDATE OF a", {("a", "SELECT"), ("a", "UPDATE"), ("b", "SELECT")}),
        ('SELECT * FROM "My Orders"', {("My Orders", "SELECT")}),
        ("BEGIN; SELECT * FROM a; DELETE FROM b", {("a", "SELECT"), ("b", "DELETE")}),
        ("COPY t FROM STDIN", {("t", "INSERT")}),
        ("EXPLAIN SELECT * FROM t", set()),
        ("SELECT " + "(" * 5000 + "1" + ")" * 5000, set()),
        ("SELECT * FROM t WHERE a = '", set()),
        ("", set()),
    ],
)
def test_what_a_statement_needs(statement: str, needed: set[tuple[str, str]]) -> None:
    assert set(needed_privileges(statement)) == needed


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM t",
        "INSERT INTO t VALUES (1)",
        "UPDATE t SET a = 1",
        "DELETE FROM t",
        "begin",
        "BEGIN;",
        "START TRANSACTION",
        "/* app */ COMMIT",
        "ROLLBACK TO SAVEPOINT a",
        "SET LOCAL search_path TO shop",
        "SHOW search_path",
        "SELECT pg_sleep(1), set_config('a', 'b', true), now() FROM t",
        "DEALLOCATE ALL; DISCARD ALL",
        "BEGIN; SELECT * FROM t; COMMIT",
        "",
    ],
)
def test_statements_that_tell_all_they_need(statement: str) -> None:
    assert reads_or_writes(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE t (a int)",
        "CALL p()",
        "GRANT SELECT ON t TO r",
        "LOCK TABLE t",
        "COMMIT; DROP TABLE t",
        "SET a.b = ';'; GRANT r TO s",
        "SELECT nextval('s'), a FROM t",
        "SELECT shop.close_orders(), a FROM t",
        "SELECT " + "(" * 5000 + "1" + ")" * 5000,
        "SELECT '",
        "no sql at all (",
    ],
)
def test_statements_that_do_not(statement: str) -> None:
    assert not reads_or_writes(statement)

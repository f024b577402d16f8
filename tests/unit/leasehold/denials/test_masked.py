"""What statements say without their literals."""

import random
import string
import time

import pytest

from leasehold.databases.statements import UNREADABLE, command, masked, needed_privileges
from tests.soak import soak


@pytest.mark.parametrize(
    "constant",
    [
        "''",
        "'secret'",
        "'se''cret'",
        "''''",
        r"'secret\'",
        r"'\'",
        r"E'se\'cret'",
        r"e'se''cret\\'",
        r"E'\x41\u0041secret'",
        r"U&'\0061secret'",
        "u&'sec''ret'",
        "B'1011'",
        "b'1011'",
        "X'DEADBEEF'",
        "x'deadbeef'",
        "N'secret'",
        "n'sec''ret'",
        "$$secret$$",
        "$$se$cret's$$",
        "$tag$se$$cr$tagg$et$tag$",
        "$Tag$secret$tag$secret$Tag$",
        "$_1$secret$_1$",
        "$é$secret$é$",
        "'secret'\n'secret'",
        "'secret' -- secret\n -- secret\n 'secret'",
        "E'secret'\n'\\'secret\\''",
        "'sec\nret'",
        "'😀 secret'",
        "0",
        "42",
        "4.2",
        ".5",
        "5.",
        "1e10",
        "1.5E-10",
        "1e+5",
        "0xFF",
        "0o17",
        "0b101",
        "1_500_000",
        "0xDEAD_BEEF",
        "1_0.5_0e1_0",
    ],
)
def test_each_kind_of_constant_is_masked(constant: str) -> None:
    assert masked(f"SELECT {constant}") == "SELECT ?"
    assert masked(f"CALL p(b=>{constant}, c)") == "CALL p(b=>?, c)"
    assert masked(f"VALUES({constant},{constant});") == "VALUES(?,?);"


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        (r"SELECT 'a\', secret, 'b'", "SELECT ?, secret, ?"),
        (r"SELECT E'a\\' || secret || 'b'", "SELECT ? || secret || ?"),
        ("SELECT 'a' 'b'", "SELECT ? ?"),
        ("SELECT -42, - 1, 1-1", "SELECT -?, - ?, ?-?"),
        ("SELECT '4'::int, CAST('4' AS int), 4::text", "SELECT ?::int, CAST(? AS int), ?::text"),
        ("SELECT date '2026-01-01', DATE'2026-01-01'", "SELECT date ?, DATE?"),
        ("SELECT timestamp with time zone '2026-01-01'", "SELECT timestamp with time zone ?"),
        ("SELECT U&'d!0061t' UESCAPE '!'", "SELECT ? UESCAPE ?"),
        ("SELECT jsonb '{}' -> 'secret' #> '{1}' @> '{}' ? 'b'", "SELECT jsonb ? -> ? #> ? @> ? ? ?"),
        ("SELECT t.a[1:2], ARRAY[1,2]", "SELECT t.a[?:?], ARRAY[?,?]"),
        ("SELECT 1..2", "SELECT ??"),
        ("SELECT 12$1", "SELECT ?$1"),
        ("SELECT 1a", "SELECT ?"),
        ("COPY t FROM STDIN WITH (DELIMITER ',')", "COPY t FROM STDIN WITH (DELIMITER ?)"),
        ("COPY t TO PROGRAM 'curl secret'", "COPY t TO PROGRAM ?"),
        ("COPY (SELECT 'secret') TO STDOUT", "COPY (SELECT ?) TO STDOUT"),
        ("DO $$BEGIN RAISE 'secret'; END$$", "DO ?"),
        ("DO LANGUAGE plpgsql $x$secret $$ secret$x$", "DO LANGUAGE plpgsql ?"),
        ("ALTER ROLE x PASSWORD 'secret'", "ALTER ROLE x PASSWORD ?"),
        ("COMMENT ON TABLE t IS 'it''s -- secret'", "COMMENT ON TABLE t IS ?"),
        ("EXPLAIN ANALYZE SELECT 'secret'", "EXPLAIN ANALYZE SELECT ?"),
        ("CALL p('secret')", "CALL p(?)"),
        ("EXECUTE p('secret', 12)", "EXECUTE p(?, ?)"),
        ("SET a.b = 'secret'", "SET a.b = ?"),
        ("NOTIFY x, 'secret'; LISTEN x", "NOTIFY x, ?; LISTEN x"),
        ("GRANT EXECUTE ON FUNCTION f(int) TO y", "GRANT EXECUTE ON FUNCTION f(int) TO y"),
        ("SELECT 1; SELECT 'secret'; INSERT INTO t VALUES ('secret')", "SELECT ?; SELECT ?; INSERT INTO t VALUES (?)"),
        ("SELECT $1, $2::int FROM t WHERE id = $1", "SELECT $1, $2::int FROM t WHERE id = $1"),
        ("SELECT $'secret', $ 12", "SELECT $?, $ ?"),
        ('SELECT "a""b", "My \'Table\'", U&"d\\0061t"', 'SELECT "a""b", "My \'Table\'", U&"d\\0061t"'),
        ('SELECT "x\\", \'secret\', "y"', 'SELECT "x\\", ?, "y"'),
        ("SELECT a$b$c$b$ FROM t1, e1, é2", "SELECT a$b$c$b$ FROM t1, e1, é2"),
        ("SELECT name'secret', type_e'secret'", "SELECT name?, type_e?"),
        ("SELECT TRUE, NULL", "SELECT TRUE, NULL"),
        ("SELECT\n\t*\n  FROM t ", "SELECT * FROM t"),
        ("", ""),
        (" \n", ""),
    ],
)
def test_what_a_statement_says_without_its_literals(statement: str, shown: str) -> None:
    assert masked(statement) == shown


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("SELECT a -- secret 'x\n, b", "SELECT a , b"),
        ("SELECT a --secret", "SELECT a"),
        ("-- secret", ""),
        ("/* secret */ SELECT a/* secret */b", "SELECT a b"),
        ("/*+ secret */ SELECT a", "SELECT a"),
        ("SELECT /* a /* secret */ secret ' */ a", "SELECT a"),
        ("SELECT /*/**/*/ a", "SELECT a"),
        ("SELECT a+--secret\nb", "SELECT a+ b"),
        ("SELECT '/*', a, '*/'", "SELECT ?, a, ?"),
        ("SELECT '--', a", "SELECT ?, a"),
        ("{# secret #} {{ x }}", "{# secret #} {{ x }}"),
    ],
)
def test_comments_are_dropped(statement: str, shown: str) -> None:
    assert masked(statement) == shown


@pytest.mark.parametrize(
    "end",
    [
        "'secret",
        "'secret''",
        r"E'secret\'",
        r"E'a\'secret",
        "U&'secret",
        'U&"secret',
        "B'1",
        "N'secret",
        '"secret',
        "$$secret",
        "$$secret$",
        "$a$secret$$",
        "$a$secret$A$",
        "/* secret",
        "/* /* secret */",
        "'a'\n'secret",
    ],
)
def test_what_is_not_terminated_is_not_shown_at_all(end: str) -> None:
    assert masked(f"SELECT a, {end}") == UNREADABLE
    assert command(f"SELECT a, {end}") == ""


_SHAPES = [
    "SELECT {0}",
    "SELECT * FROM orders WHERE id = {0} AND name IN ({1}, {2}) -- {bare}",
    "/* {bare} */ INSERT INTO shop.orders (id, name) VALUES ({0}, {1}), ({1}, {2}) ON CONFLICT DO NOTHING",
    'UPDATE "Orders" SET name = {0}, id={1} WHERE "a""b" = {2}::text RETURNING $1',
    "DELETE FROM orders WHERE x={0}or y={1}",
    "CALL p({0}, {1}); SELECT f({2})",
    "EXECUTE p ({0}, {1}, {2})",
    "SELECT a->>{0}, b #>> {1}, (c).d[1] || {2}",
    "WITH a AS (SELECT {0} AS x) SELECT x, {1} FROM a LIMIT 10 OFFSET {2}",
    "ALTER ROLE r PASSWORD {0}",
    "SELECT E'\\'', {0}, 'x\\', {1}, $a$ $b$ ' $a$, {2}",
    "DO {0}; COMMENT ON TABLE t IS {1}; SET a.b TO {2}",
    "COPY (SELECT {0}) TO PROGRAM {1}",
    "SELECT {0}\n, {1} /* /* {bare} */ ' {bare}*/, {2}",
]


def _literals(rng: random.Random, core: str) -> str:
    """Return a constant that holds the text, with what is hard to read around it."""
    text = "".join(rng.choices("ab '\"\\$-/*\n;%{}é", k=rng.randrange(6))) + core
    text += "".join(rng.choices("ab '\"\\$-/*\n;%{}é", k=rng.randrange(6)))
    doubled = text.replace("'", "''")
    escaped = text.replace("\\", "\\\\").replace("'", rng.choice(["\\'", "''"]))
    tag = rng.choice(["", "t", "T_1", "é"])
    return rng.choice(
        [
            f"'{doubled}'",
            f"E'{escaped}'",
            f"U&'{doubled}'",
            f"N'{doubled}'",
            f"${tag}${text.replace('$', '')}${tag}$",
            f"date'{doubled}'",
            f"'{doubled}'::text",
            f"'x'\n  '{doubled}'",
            f"E'x'\n'{escaped}'",
        ]
    )


def _secrets(rng: random.Random) -> list[str]:
    return ["zq" + "".join(rng.choices(string.ascii_letters + string.digits, k=12)) for _ in range(3)]


@pytest.mark.parametrize("shape", _SHAPES)
@pytest.mark.parametrize("statements", [200, pytest.param(soak(5_000, 50_000), marks=pytest.mark.soak)])
def test_no_secret_survives_in_any_shape(shape: str, statements: int) -> None:
    rng = random.Random(shape)  # noqa: S311 - the same for a seed
    for _ in range(statements):
        secrets = _secrets(rng)
        statement = shape.format(*(_literals(rng, secret) for secret in secrets), bare=secrets[0])
        shown, word = masked(statement), command(statement)
        for secret in secrets:
            assert secret not in shown, statement
            assert secret.upper() not in word, statement


@pytest.mark.parametrize("shape", _SHAPES)
def test_a_statement_that_can_be_sent_is_shown(shape: str) -> None:
    rng = random.Random(shape)  # noqa: S311 - the same for a seed
    for _ in range(100):
        assert masked(shape.format(*(_literals(rng, secret) for secret in _secrets(rng)), bare="it's")) != UNREADABLE


def test_no_number_survives() -> None:
    rng = random.Random(7)  # noqa: S311 - the same for a seed
    for _ in range(500):
        digits = "".join(rng.choices("123456789", k=6))
        number = rng.choice(
            [
                digits,
                f"-{digits}",
                f"{digits}.{digits}",
                f".{digits}",
                f"1e{digits}",
                f"1.e-{digits}",
                f"0x{digits}",
                f"0o{digits}",
                f"1_{digits}",
                f"{digits}::int",
            ]
        )
        for shape in _SHAPES:
            assert digits not in masked(shape.format(number, number, number, bare=number))


@pytest.mark.parametrize(
    ("start", "part", "end"),
    [
        ("VALUES (0)", ", (7, 'secret''s', $$x$$)", ""),
        ("SELECT '", "''", ""),
        ("SELECT ", "/*", ""),
        ("SELECT '", "''", "'"),
        ("SELECT ", "/*", "*/ 1"),
        ("SELECT 1", " -- '", ""),
    ],
)
def test_reading_a_statement_costs_no_more_than_its_length(start: str, part: str, end: str) -> None:
    """Eight times the text costs about eight times as much; were it the square, sixty-four times as much."""

    def cost(parts: int) -> float:
        statement, began = start + part * parts + end, time.process_time()
        assert "secret" not in masked(statement)
        list(needed_privileges(statement))
        return time.process_time() - began

    assert min(cost(16_000) for _ in range(3)) < 24 * min(cost(2_000) for _ in range(3))

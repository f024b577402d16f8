"""A file's statements are told apart as psql tells them."""

from pathlib import Path

import pytest

from leasehold.databases.migrations.script import Script
from leasehold.databases.migrations.splitting import Statement, split
from leasehold.errors import MigrationError


def parts(text: str) -> list[Statement]:
    return split(Script(Path("1.sql"), "1.sql", text))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT ';', E'\\';', U&'\\003b;', \"a;b\", 'it''s;'",
        "SELECT $$ ; $$, $a$ ; $$ ; $a$",
        "SELECT 1 /* ; /* ; */ ; */ + 1 -- ;\n + 2",
        "SELECT 'a'\n  -- '\n  ';'",
        "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2)",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
        "create or replace procedure p() begin atomic select 1; end",
        "SELECT a$b, b$c",
        "DO $do$ BEGIN PERFORM ';'; END $do$",
    ],
)
def test_what_ends_no_statement(statement: str) -> None:
    assert [one.sql for one in parts(f"{statement};\n{statement}; SELECT 1")] == [statement, statement, "SELECT 1"]


def test_words_that_begin_a_block_elsewhere() -> None:
    """Only a routine has a body; a transaction, or a table of such names, has none."""
    text = "BEGIN; CREATE TABLE begin_case (f int); COMMIT"
    assert [one.sql for one in parts(text)] == text.split("; ")


def test_lines_and_nothing_where_nothing_is() -> None:
    text = "-- one\n;;\nSELECT 1;\n\n/* two\n */ SELECT\n2 ;  \n-- three\n"
    assert [(one.sql, one.line) for one in parts(text)] == [("SELECT 1", 3), ("SELECT\n2 ", 6)]
    assert parts("-- nothing; at all\n") == []


def test_what_pg_dump_writes() -> None:
    text = "\\restrict k1\nSELECT 1;\nCOPY t (a, b)\nFROM stdin;\n1\t;\n2\t'\\\\.\n\\.\n\nSELECT 2;\n\\unrestrict k1\n"
    first, copy, last = parts(text)
    assert (copy.data, copy.line, copy.data_line) == ("1\t;\n2\t'\\\\.\n", 3, 5)
    assert (first.sql, last.sql, last.line, last.data) == ("SELECT 1", "SELECT 2", 9, None)
    assert parts("COPY t FROM stdin WITH (FORMAT csv);\n\\.\n")[0].data == ""


def test_copy_of_a_file_has_no_data() -> None:
    assert [one.data for one in parts("COPY t FROM '/stdin'; COPY \"from stdin\" TO '/x';")] == [None, None]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("SELECT 1;\nCOPY t FROM stdin;\n1\n2", 2, "cut off"),
        ("SELECT 1;\nCOPY t FROM stdin;", 2, "cut off"),
        ("SELECT 1;\n\nCOPY t FROM stdin", 3, "cut off"),
        ("COPY t FROM stdin; SELECT 1;\n1\n\\.\n", 1, "more follows"),
        ("SELECT 1;\nSELECT 'a;\n", 2, "does not end"),
        ("SELECT 1;\n/* /* */", 2, "does not end"),
        ("SELECT 1;\n\n\\i other.sql\n", 3, r"`\\i` is a command of psql's.* `leasehold migrate NAME -- "),
        ("SELECT 1\n\\restrict k1\n", 2, "command of psql's"),
        ("\\connect other\n", 1, "command of psql's"),
    ],
)
def test_what_cannot_be_run_to_its_end(text: str, line: int, said: str) -> None:
    with pytest.raises(MigrationError, match=rf"1\.sql, line {line}: .*{said}"):
        parts(text)

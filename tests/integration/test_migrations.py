"""Folders of migrations run as the lease of who owns the schema: file by file, and as their tools run them."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg
import pytest

from leasehold import Lease, migrate
from leasehold.databases.clones import Databases
from leasehold.errors import MigrationError

from .support import Live

WAYS = {
    "plain": {"2_b.sql": "ALTER TABLE shop.way ADD b int", "10_c.sql": "ALTER TABLE shop.way DROP a", "1_a.sql": None},
    "Flyway": {
        "V2__b.sql": "ALTER TABLE shop.way ADD b int",
        "V10__c.sql": "ALTER TABLE shop.way DROP a",
        "V1__a.sql": None,
    },
    "golang-migrate": {
        "2_b.up.sql": "ALTER TABLE shop.way ADD b int",
        "2_b.down.sql": "DROP TABLE shop.way",
        "10_c.up.sql": "ALTER TABLE shop.way DROP a",
        "1_a.up.sql": None,
        "1_a.down.sql": "DROP TABLE shop.way",
    },
    "dbmate": {
        "1_a.sql": "-- migrate:up\nCREATE TABLE shop.way (a int);\n-- migrate:down\nDROP TABLE shop.way;\n",
        "2_b.sql": "-- migrate:up\nALTER TABLE shop.way ADD b int, DROP a;\n-- migrate:down\nDROP TABLE shop.way;\n",
    },
    "node-pg-migrate": {
        "1_a.sql": "-- Up Migration\nCREATE TABLE shop.way (b int);\n-- Down Migration\nDROP TABLE shop.way;\n",
    },
}
FIRST = "CREATE TABLE shop.way (a int)"
ENUM = {
    "1_type.sql": "CREATE TYPE shop.mood AS ENUM ('glad');",
    "2_more.sql": "ALTER TYPE shop.mood ADD VALUE 'sad';",
    "3_use.sql": "CREATE TABLE shop.moods (mood shop.mood DEFAULT 'sad');",
}
INDEX = "CREATE TABLE shop.wide (a int);\nCREATE INDEX CONCURRENTLY wide_a ON shop.wide (a);\n"
DUMP = (
    "\\restrict k1\nSET search_path = shop;\nSELECT pg_catalog.set_config('search_path', 'shop', false);\n"
    "CREATE TABLE hues (id int, name text);\nCOPY hues (id, name) FROM stdin;\n{rows}\\.\n\\unrestrict k1\n"
)
Clone = Callable[[], psycopg.Connection]


@pytest.fixture
def clone(live: Live) -> Iterator[Clone]:
    """Connect as the migrator to a fresh clone."""
    databases = Databases(live.issuer)
    made: list[tuple[str, Lease, psycopg.Connection]] = []

    def connect() -> psycopg.Connection:
        name = databases.create()
        lease = live.issuer.lease("migrator", name)
        databases.admit(name, lease)
        made.append((name, lease, lease.connect()))
        return made[-1][2]

    yield connect
    for name, lease, connection in made:
        connection.close()
        live.issuer.revoke(lease)
        databases.drop(name)
    databases.close()


@pytest.fixture
def written(tmp_path: Path) -> Callable[[Mapping[str, str | None]], Path]:
    def write(files: Mapping[str, str | None]) -> Path:
        for name, text in files.items():
            (tmp_path / name).write_text(FIRST if text is None else text)
        return tmp_path

    return write


Written = Callable[[Mapping[str, str | None]], Path]


def column(connection: psycopg.Connection, table: str) -> list[str]:
    asked = "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
    return [name for (name,) in connection.execute(asked, [table])]


def exists(connection: psycopg.Connection, name: str) -> bool:
    [[found]] = connection.execute("SELECT to_regclass(%s) IS NOT NULL", [name]).fetchall()
    return bool(found)


@pytest.mark.parametrize("files", WAYS.values(), ids=WAYS)
def test_a_folder_of_a_tools(files: Mapping[str, str | None], clone: Clone, written: Written) -> None:
    connection = clone()
    migrate(connection, written(files))
    assert column(connection, "shop.way") == ["b"]


def test_a_file_is_a_transaction(clone: Clone, written: Written) -> None:
    """A value of an enum can be used in the next file; in the same, the error says what to do."""
    connection = clone()
    assert migrate(connection, written(ENUM)) == list(ENUM)
    assert column(connection, "shop.moods") == ["mood"]
    folder = written({"2_more.sql": f"{ENUM['2_more.sql']}\n{ENUM['3_use.sql']}", "3_use.sql": ""})
    with pytest.raises(
        MigrationError, match=r"2_more\.sql, line 2: .*55P04.*leasehold:no-transaction.*a file before this one"
    ):
        migrate(clone(), folder)


def test_a_file_that_wants_no_transaction(clone: Clone, written: Written) -> None:
    connection = clone()
    with pytest.raises(MigrationError, match=r"1\.sql, line 2: .*25001.*Nothing of the file was kept.*-- leasehold:no"):
        migrate(connection, written({"1.sql": INDEX}))
    assert not exists(connection, "shop.wide")
    connection.rollback()
    migrate(connection, written({"1.sql": f"-- leasehold:no-transaction\n{INDEX}"}))
    assert exists(connection, "shop.wide_a")


def test_a_statement_alone_needs_none(clone: Clone, written: Written) -> None:
    """As where a tool hands its server the file as it is; dbmate begins a transaction, so there it is refused."""
    connection = clone()
    table, index = INDEX.splitlines()
    migrate(connection, written({"1.sql": table, "2.sql": index}))
    assert exists(connection, "shop.wide_a")
    folder = written({"1.sql": f"-- migrate:up\n{table}", "2.sql": f"-- migrate:up\n{index}"})
    with pytest.raises(MigrationError, match=r"2\.sql, line 2: .*25001.*migrate:up transaction:false"):
        migrate(clone(), folder)
    written({"2.sql": f"-- migrate:up transaction:false\n{index}"})
    migrate(clone(), folder)


def test_one_that_fails_leaves_the_files_before(clone: Clone, written: Written) -> None:
    connection = clone()
    folder = written({"1.sql": None, "2.sql": "CREATE TABLE shop.half ();\n\nCREATE TABLE shop.half\n();"})
    with pytest.raises(MigrationError, match=r"2\.sql, line 3: .*already exists \(SQLSTATE 42P07\)") as caught:
        migrate(connection, folder)
    assert isinstance(caught.value.__cause__, psycopg.errors.DuplicateTable)
    assert exists(connection, "shop.way")
    assert not exists(connection, "shop.half")


def test_the_line_of_what_is_wrong(clone: Clone, written: Written) -> None:
    with pytest.raises(MigrationError, match=r"1\.sql, line 4: .*42703.*"):
        migrate(clone(), written({"1.sql": "SELECT 1;\nSELECT 'ä',\n  2,\n  nothing_of_the_name;\n"}))


def test_a_file_that_commits_in_its_midst(clone: Clone, written: Written) -> None:
    """As those do that were written for psql. What it says was kept is there."""
    connection = clone()
    with pytest.raises(MigrationError, match=r"1\.sql, line 4: .*42703.* What stands before it in the file was kept"):
        migrate(connection, written({"1.sql": f"BEGIN;\n{FIRST};\nCOMMIT;\nSELECT nothing_of_the_name;\n"}))
    assert exists(connection, "shop.way")


def test_a_constraint_that_is_looked_at_last(clone: Clone, written: Written) -> None:
    late = (
        "CREATE TABLE shop.late (a int UNIQUE DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO shop.late VALUES (1), (1);"
    )
    with pytest.raises(MigrationError, match=r"1\.sql, at its end: .*23505"):
        migrate(clone(), written({"1.sql": late}))


def test_what_pg_dump_writes(clone: Clone, written: Written) -> None:
    """Its search_path is its own."""
    connection = clone()
    folder = written({"1.sql": DUMP.format(rows="1\tred\n2\tsea;\\tgreen\n"), "2.sql": "CREATE TABLE shop.after ()"})
    [[before]] = connection.execute("SHOW search_path").fetchall()
    connection.rollback()
    migrate(connection, folder)
    assert connection.execute("SELECT name FROM shop.hues ORDER BY id").fetchall() == [("red",), ("sea;\tgreen",)]
    assert connection.execute("SHOW search_path").fetchall() == [(before,)]


def test_a_dump_that_was_cut_off(clone: Clone, written: Written) -> None:
    connection = clone()
    folder = written({"1.sql": None, "2.sql": DUMP.format(rows="1\tred\n2\tgr").partition("\\.")[0]})
    with pytest.raises(MigrationError, match=r"2\.sql, line 5: .*cut off"):
        migrate(connection, folder)
    assert not exists(connection, "shop.way")


def test_the_line_of_data(clone: Clone, written: Written) -> None:
    with pytest.raises(MigrationError, match=r"1\.sql, line 7: .*22P02"):
        migrate(clone(), written({"1.sql": DUMP.format(rows="1\tred\nx\tgreen\n")}))


def test_a_connection_in_a_transaction(clone: Clone, written: Written) -> None:
    connection = clone()
    connection.execute("SELECT 1")
    with pytest.raises(MigrationError, match="one is open on the connection"):
        migrate(connection, written({"1.sql": None}))


def test_a_file_that_leaves_a_transaction_open(clone: Clone, written: Written) -> None:
    with pytest.raises(MigrationError, match=r"1\.sql begins a transaction and does not end it"):
        migrate(clone(), written({"1.sql": f"-- leasehold:no-transaction\nBEGIN;\n{FIRST};"}))

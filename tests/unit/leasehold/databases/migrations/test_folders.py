"""A folder of a tool's is understood as the tool understands it, or refused with one sentence."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from leasehold.databases.migrations import find_scripts
from leasehold.databases.migrations.folders import inputs
from leasehold.databases.migrations.script import Script, Transaction
from leasehold.errors import MigrationError

Make = Callable[[Mapping[str, str]], list[Script]]


@pytest.fixture
def made(tmp_path: Path) -> Make:
    """Find what runs in a folder of these files."""

    def make(files: Mapping[str, str]) -> list[Script]:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        return find_scripts(tmp_path)

    return make


def empty(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "")


@pytest.mark.parametrize(
    ("files", "order"),
    [
        (["10_c.sql", "2_b.sql", "1_a.sql", "README.md", "__init__.py", "seed.py"], ["1_a.sql", "2_b.sql", "10_c.sql"]),
        (["b.sql", "a.sql", "below/c.sql"], ["a.sql", "b.sql"]),
        (
            ["V10__d.sql", "R__b view.sql", "R__a.sql", "V1.2__b.sql", "U1__a.sql", "V1__a.sql", "V1_10__c.sql"],
            ["V1__a.sql", "V1.2__b.sql", "V1_10__c.sql", "V10__d.sql", "R__a.sql", "R__b view.sql"],
        ),
        (["V1__a.sql", "V3__c.sql", "B2__all.sql", "V2__b.sql"], ["B2__all.sql", "V3__c.sql"]),
        (["V2__b.sql", "old/V1__a.sql"], ["old/V1__a.sql", "V2__b.sql"]),
        (["old/V2__b.sql", "old/V1__a.sql"], ["old/V1__a.sql", "old/V2__b.sql"]),
        (["10_c.up.sql", "10_c.down.sql", "2_b.up.sql", "001_a.up.sql"], ["001_a.up.sql", "2_b.up.sql", "10_c.up.sql"]),
        (["b.up.sql", "b.down.sql", "a.up.sql"], ["a.up.sql", "b.up.sql"]),
        (["up.sql", "down.sql"], ["up.sql"]),
        (["2026-02_b/up.sql", "2026-02_b/down.sql", "2026-01_a/up.sql"], ["2026-01_a/up.sql", "2026-02_b/up.sql"]),
        (["20260102_b/migration.sql", "20260101_a/migration.sql", "migration_lock.toml"], None),
    ],
)
def test_order(files: list[str], order: list[str] | None, made: Make) -> None:
    expected = order or ["20260101_a/migration.sql", "20260102_b/migration.sql"]
    assert [script.name for script in made(empty(*files))] == expected


HALVES = {
    "dbmate": ("-- migrate:up", "-- migrate:down"),
    "goose": ("-- +goose Up", "-- +goose Down"),
    "sql-migrate": ("-- +migrate Up", "-- +migrate Down"),
    "node-pg-migrate": ("-- Up Migration", "-- Down Migration"),
}


@pytest.mark.parametrize(("up", "down"), HALVES.values(), ids=HALVES)
def test_the_way_up_of_two_halves(up: str, down: str, made: Make) -> None:
    first, second = made({"1_a.sql": f"-- head\n{up}\nSELECT 1;\n{down}\nSELECT 2;\n", "2_b.sql": f"{up}\nSELECT 3;\n"})
    assert (first.text, first.line) == (f"{up}\nSELECT 1;\n", 2)
    assert second.text == f"{up}\nSELECT 3;\n"


@pytest.mark.parametrize(("up", "down"), HALVES.values(), ids=HALVES)
def test_a_way_down_that_comes_first(up: str, down: str, made: Make) -> None:
    [script] = made({"1_a.sql": f"{down}\nSELECT 2;\n{up}\nSELECT 1;\n"})
    assert (script.text, script.line) == (f"{up}\nSELECT 1;\n", 3)


@pytest.mark.parametrize(
    ("name", "text", "transaction"),
    [
        ("1.sql", "SELECT 1", Transaction.OF_SEVERAL),
        ("1.sql", "\n-- why\n--  leasehold:no-transaction\nSELECT 1", Transaction.NONE),
        ("1.sql", "SELECT 1;\n-- leasehold:no-transaction\n", Transaction.OF_SEVERAL),
        ("1.sql", "-- migrate:up\nSELECT 1", Transaction.ONE),
        ("1.sql", "-- migrate:up transaction:false\nSELECT 1", Transaction.NONE),
        ("1.sql", "-- migrate:up transaction:true\n-- transaction:false\nSELECT 1", Transaction.ONE),
        ("1.sql", "-- migrate:up\n-- leasehold:no-transaction\nSELECT 1", Transaction.NONE),
        ("1.sql", "-- +goose NO TRANSACTION\n-- +goose Up\nSELECT 1", Transaction.NONE),
        ("1.sql", "-- +migrate Up notransaction\nSELECT 1", Transaction.NONE),
        ("1.sql", "-- Up Migration\nSELECT 1", Transaction.ONE),
        ("a/up.sql", "SELECT 1", Transaction.ONE),
        ("a/migration.sql", "SELECT 1", Transaction.OF_SEVERAL),
        ("1_a.up.sql", "-- leasehold:no-transaction\nSELECT 1", Transaction.NONE),
    ],
)
def test_which_transaction(name: str, text: str, transaction: Transaction, made: Make) -> None:
    [script] = made({name: text})
    assert script.transaction is transaction


def test_settings_beside_a_file(made: Make, tmp_path: Path) -> None:
    alone, together = made(
        {"V1__a.sql": "SELECT 1", "V1__a.sql.conf": "executeInTransaction = false\n", "V2__b.sql": "SELECT 1"}
    )
    assert (alone.transaction, together.transaction) == (Transaction.NONE, Transaction.OF_SEVERAL)
    assert tmp_path / "V1__a.sql.conf" in inputs(tmp_path)


def test_settings_of_diesels(made: Make) -> None:
    [script] = made({"a/up.sql": "SELECT 1", "a/metadata.toml": "run_in_transaction = false"})
    assert script.transaction is Transaction.NONE


def test_one_file(made: Make, tmp_path: Path) -> None:
    made({"structure.sql": "SELECT 1", "other.sql": "SELECT 2"})
    assert [script.name for script in find_scripts(tmp_path / "structure.sql")] == ["structure.sql"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "holds no SQL file"),
        (empty("README.md"), "holds no SQL file"),
        (empty("V1__a.sql", "2_b.sql"), r"mixes kinds of migrations, Flyway \(V1__a.sql\) and plain \(2_b.sql\)"),
        (empty("V1__a.sql", "afterMigrate.sql"), "mixes kinds"),
        ({"1.sql": "-- migrate:up\n", "2.sql": ""}, "mixes kinds of migrations, dbmate .* and plain"),
        (empty("1_a.up.sql", "2_b.sql"), "mixes kinds"),
        (empty("V1__a.sql", "V01__b.sql"), "two files of one version"),
        (empty("1_a.up.sql", "01_b.up.sql"), "two files of one version"),
        (empty("1_a.down.sql"), "ways down alone"),
        ({"1.sql": "-- migrate:down\nSELECT 1"}, "0 lines that begin dbmate's way up"),
        ({"1.sql": "-- +goose Up\n-- +goose Up\n"}, "2 lines that begin goose's way up"),
        ({"V1__a.sql": "SELECT 1;\nSELECT ${x};"}, r"V1__a.sql, line 2: Flyway puts.* `leasehold migrate NAME -- "),
        (empty("up/1.sql", "down/1.sql"), "in folders below it alone, such as down/1.sql"),
        (empty("1700000000000_a.js"), r"no SQL \(17.*js\).* `leasehold migrate NAME -- .* leasehold_migrate_command"),
        (empty("1700000000000_a.js", "1700000000001_b.sql"), "no SQL"),
        (empty("V1__a.sql", "V2__B.java"), "no SQL"),
        (empty("20260101_create.rb"), "no SQL"),
        (empty("env.py"), "no SQL"),
        (empty("changelog.yaml"), "no SQL"),
        (empty("sqitch.plan", "deploy/a.sql", "revert/a.sql"), "Sqitch"),
        ({"1.sql": "--liquibase formatted sql\n"}, "Liquibase"),
        ({"1.sql": "PGDMP..."}, "custom format"),
    ],
)
def test_one_sentence(files: dict[str, str], said: str, made: Make) -> None:
    with pytest.raises(MigrationError, match=said) as caught:
        made(files)
    assert "\n" not in str(caught.value)


def test_what_is_not_there_and_what_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match="There is no folder or file"):
        find_scripts(tmp_path / "none")
    (tmp_path / "1.sql").write_bytes(b"SELECT 1;\nSELECT '\xff';")
    with pytest.raises(MigrationError, match=r"1\.sql, line 2: this is not UTF-8"):
        find_scripts(tmp_path)

"""What a session's migrations are known by, where they say so themselves."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leasehold.pytest_plugin.migrations import Migrations, find_migrations

MODULE = "migrating_by_declaration"
Find = Callable[[str], Migrations]


@pytest.fixture
def find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Find]:
    """Find a module's function anew, with more lines in the module."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions" / "1.sql").write_text("")

    def find(lines: str) -> Migrations:
        sys.modules.pop(MODULE, None)
        (tmp_path / f"{MODULE}.py").write_text(f"def run(lease): pass\n{lines}\n")
        return find_migrations(f"{MODULE}:run", tmp_path)

    yield find
    sys.modules.pop(MODULE, None)


def test_a_function_that_says_nothing_has_to_run(find: Find) -> None:
    assert find("").key == ""
    assert find("from importlib.resources import files").key == ""


def test_a_hash_beside_the_function(find: Find) -> None:
    first, same, other = (find(f"def hash(): return {value}").key for value in ("'a'", "'a'  # the same", "'b'"))
    assert first == same != other


def test_files_beside_the_function(find: Find, tmp_path: Path) -> None:
    lines = 'files = ["versions"]'
    first = find(lines).key
    assert first == find(lines).key
    (tmp_path / "versions" / "1.sql").write_text("changed")
    second = find(lines).key
    (tmp_path / "versions" / "2.sql").write_text("")
    assert len({"", first, second, find(lines).key, find(f"{lines} ").key}) == 5


def test_files_that_are_not_there(find: Find) -> None:
    with pytest.raises(pytest.UsageError, match="alembic"):
        find('files = ["alembic"]')


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(pytest.UsageError, match="no folder"):
        find_migrations("migrations", tmp_path)
    (tmp_path / "1.sql").write_text("SELECT 1")
    first = find_migrations(".", tmp_path).key
    (tmp_path / "1.sql").write_text("SELECT 2")
    assert first != find_migrations(".", tmp_path).key

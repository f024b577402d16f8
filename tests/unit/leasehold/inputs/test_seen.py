"""What a migration reads is seen, and is what its template is known by."""

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from leasehold.databases.template_notes import Note
from leasehold.inputs import Seen, digest, watched, with_imported


def names(seen: Seen) -> list[str]:
    return sorted(path.relative_to(seen.root).as_posix() for path in seen.paths)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("versions/1.sql", "versions/2.sql", "other.txt", ".venv/lib.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def test_files_and_folders_that_are_read(root: Path) -> None:
    with watched(Seen(root)) as seen:
        for path in sorted((root / "versions").iterdir()):
            path.read_text()
        (root / "written.txt").write_text("not read")
        (root / ".venv" / "lib.py").read_text()
        Path(__file__).read_text()
    (root / "other.txt").read_text()
    assert names(seen) == ["versions", "versions/1.sql", "versions/2.sql"]
    assert seen.complete


def test_names_that_are_relative_bytes_or_descriptors(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)
    with watched(Seen(root)) as seen:
        with open("other.txt") as file:
            os.fstat(file.fileno())
        os.listdir()
        with open(b"versions/1.sql", "rb"):
            pass
    assert names(seen) == [".", "other.txt", "versions/1.sql"]


def test_another_process_is_not_seen_into(root: Path) -> None:
    with watched(Seen(root)) as seen:
        subprocess.run([sys.executable, "-c", "pass"], check=True)
    assert not seen.complete


def test_a_compiled_module_stands_for_its_source(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(root)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    (root / "revision_of_inputs.py").write_text("x = 1\n")
    try:
        importlib.import_module("revision_of_inputs")
        del sys.modules["revision_of_inputs"]
        with watched(Seen(root)) as seen:
            importlib.import_module("revision_of_inputs")
    finally:
        sys.modules.pop("revision_of_inputs", None)
    assert "revision_of_inputs.py" in names(seen)


def test_a_digest_changes_with_content_names_and_what_is_there(root: Path) -> None:
    read = [root / "versions", root / "versions" / "1.sql", root / "gone"]

    def change(path: Path, text: str) -> str:
        path.write_text(text)
        return digest(root, read)

    first = digest(root, read)
    assert digest(root, reversed(read)) == first
    assert change(root / "versions" / "2.sql", "its content was not read") == first
    assert len({first, change(root / "versions" / "1.sql", "x"), change(root / "versions" / "3.sql", "")}) == 3
    there = digest(root, read)
    assert change(root / "gone", "") != there


def test_a_note_is_one_word_and_can_be_read_back() -> None:
    note = Note("m:f", ("a b.sql", "ä"), "d", "s")
    assert str(note).split() == [str(note)]
    assert Note.parse(str(note)) == note
    for other in ("", "reader_x", "reads:!", "reads:e30="):
        assert Note.parse(other) is None


def test_a_note_is_current_as_long_as_what_was_read_is_the_same(root: Path) -> None:
    path = root / "versions" / "1.sql"
    note = Note("m:f", ("versions/1.sql",), digest(root, [path]), "s")
    unseen = Note("m:f", (), digest(root, []), "s")
    assert note.is_current(root, "later")
    assert not unseen.is_current(root, "later")
    path.write_text("changed")
    assert not note.is_current(root, "later")
    assert note.is_current(root, "s")
    assert unseen.is_current(root, "s")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    files = {
        "migrating.py": "import json\nfrom shop_of_inputs import models\n",
        "shop_of_inputs/__init__.py": "",
        "shop_of_inputs/models.py": "from .base import Base\ndef later():\n    import late_of_inputs\n",
        "shop_of_inputs/base.py": "class Base: ...\n",
        "late_of_inputs.py": "",
        "unused_of_inputs.py": "",
        "test_of_inputs.py": "import migrating\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    for name in ("migrating", "late_of_inputs", "unused_of_inputs", "test_of_inputs"):
        importlib.import_module(name)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_what_a_file_imports_counts_and_what_imports_it_does_not(package: Path) -> None:
    found = with_imported(package, [package / "migrating.py", package / "seed.sql"])
    assert sorted(path.relative_to(package).as_posix() for path in found) == [
        "late_of_inputs.py",
        "migrating.py",
        "seed.sql",
        "shop_of_inputs/__init__.py",
        "shop_of_inputs/base.py",
        "shop_of_inputs/models.py",
    ]

"""The scan knows a secret in whatever way it is written."""

import base64
import gzip
import html
import json
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from urllib.parse import quote

import psutil
import pytest

from leasehold import Run
from leasehold.proofs import scan
from leasehold.proofs.scan import look, places
from leasehold.proofs.scan.places import Place

SECRET = 'p@ss\n<word>/"and"&more'


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        json.dumps({"password": SECRET}),
        f"postgresql://reader:{quote(SECRET, safe='')}@localhost/app",
        f"<failure>{html.escape(SECRET)}</failure>",
        *(
            base64.b64encode(f"{before}{SECRET}{after}".encode()).decode()
            for before in ("", "a", "ab", "reader:")
            for after in ("", "c", "cd", ", and what follows")
        ),
    ],
)
def test_a_secret_is_known_however_it_is_written(written: str) -> None:
    [hit] = look({SECRET: "a password"}, [Place("a file", f"before {written} after".encode())])
    assert str(hit) == "a password stands in a file"


def test_another_text_is_no_hit() -> None:
    assert list(look({SECRET: "a password"}, [Place("a file", SECRET[:-1].encode())])) == []


def test_what_goes_while_it_is_looked_at_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("kept")
    (tmp_path / "gone").touch()
    listed = Path.iterdir

    def iterdir(folder: Path) -> Iterator[Path]:
        found = list(listed(folder))  # a FileNotFoundError, of a folder that is gone
        if folder == tmp_path:
            (tmp_path / "gone").unlink()
            (tmp_path / "a" / "file").unlink()
            (tmp_path / "a").rmdir()
        return iter(found)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    found = [path for path in places._temporary() if path.is_relative_to(tmp_path)]
    assert found == [tmp_path / "b"]
    assert [place.content for place in places._files("", [*found, tmp_path / "a"])] == [b"kept"]
    assert places._inside(tmp_path / "a") == []


def test_a_process_that_ends_while_it_is_looked_at_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ending:
        pid = 0

        def cmdline(self) -> list[str]:
            return ["sleep", "1"]

        def environ(self) -> dict[str, str]:
            return {}

        def name(self) -> str:
            raise psutil.NoSuchProcess(self.pid)

    monkeypatch.setattr(psutil, "process_iter", lambda: [Ending()])
    assert list(places._processes()) == []


WORD = b"before a word after"
PACKED = gzip.compress(WORD)


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        pytest.param(PACKED, WORD, id="whole"),
        pytest.param(PACKED + gzip.compress(b"more"), WORD + b"more", id="in two parts"),
        pytest.param(PACKED[:-9], WORD[:-4], id="cut off"),
        pytest.param(PACKED[:12] + b"\xff" * 20, b"", id="damaged"),
        pytest.param(WORD, b"", id="not packed"),
        pytest.param(b"", b"", id="empty"),
    ],
)
def test_what_is_packed_is_unpacked_as_far_as_that_goes(tmp_path: Path, content: bytes, shown: bytes) -> None:
    """And looked at as it stands, too: anybody can call a file so."""
    (tmp_path / "log.gz").write_bytes(content)
    [place] = places._files("the", [tmp_path])
    assert content in place.content
    assert shown in place.content.removeprefix(content)


def test_no_more_is_unpacked_than_the_largest_file_that_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "LARGEST", 10_000)
    (tmp_path / "log.gz").write_bytes(gzip.compress(b"x" * 1_000_000))
    [place] = places._files("the", [tmp_path])
    assert place.content.count(b"x") == pytest.approx(10_000, abs=100)


def test_one_place_is_held_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders for temporary files can hold more than memory does."""
    alive: list[weakref.ref[Place]] = []

    def many(*_: object, **__: object) -> Iterator[Place]:
        for number in range(5):
            assert sum(place() is not None for place in alive) <= 1
            made = Place(f"file {number}", SECRET.encode())
            alive.append(weakref.ref(made))
            yield made

    monkeypatch.setattr(scan, "places_of", many)
    issuer = SimpleNamespace(outputs=SimpleNamespace(roles_with_leases=[]), tokens=lambda: {"reader": SECRET})
    public = SimpleNamespace(tls=SimpleNamespace(certificate=""), orchestrator=SimpleNamespace(role_id=""))
    run = SimpleNamespace(name="t", outputs=public, issuer=issuer, state=lambda show_secrets: '{"deployment": {}}')
    found = scan.scan(cast(Run, run))
    assert (found.secrets, found.places) == (1, 5)
    assert [hit.place for hit in found.hits] == [f"file {number}" for number in range(5)]

"""The scan knows a secret in whatever way it is written."""

import base64
import html
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from leasehold.scan import look, places
from leasehold.scan.places import Place

SECRET = 'p@ss\n<word>/"and"&more'


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        json.dumps({"password": SECRET}),
        f"postgresql://reader:{quote(SECRET, safe='')}@localhost/app",
        f"<failure>{html.escape(SECRET)}</failure>",
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(f"{SECRET}, and what follows".encode()).decode(),
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

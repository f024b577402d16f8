from pathlib import Path

import pytest

from leasehold.reports import ReportError, jsonl, write_reports
from tests.sessions import sample

NAMES = ["denials.jsonl", "denials.md", "denials.html", "gl-code-quality-report.json"]


def test_every_report_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "build" / "reports"
    told = sample(20, 10)
    paths = write_reports(told, folder, {})
    assert [path.name for path in paths] == NAMES
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)
    assert jsonl.read((folder / "denials.jsonl").read_text().splitlines()) == told


def test_an_earlier_report_is_replaced_as_a_whole(tmp_path: Path) -> None:
    write_reports(sample(20, 10), tmp_path, {})
    before = {name: (tmp_path / name).stat().st_ino for name in NAMES}
    write_reports(sample(3, 10), tmp_path, {})
    assert len((tmp_path / "denials.jsonl").read_text().splitlines()) == 1 + 3 + 10 + 2
    assert all((tmp_path / name).stat().st_ino != inode for name, inode in before.items())


def test_a_folder_that_cannot_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match=r"could not be written to .*file: File exists"):
        write_reports(sample(1, 1), tmp_path / "file", {})


def test_a_report_that_cannot_be_written_leaves_nothing_half(tmp_path: Path) -> None:
    (tmp_path / "denials.md").mkdir()
    with pytest.raises(ReportError, match="Is a directory"):
        write_reports(sample(1, 1), tmp_path, {})
    assert not list(tmp_path.glob(".*"))

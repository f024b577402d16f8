"""The shell scripts by which files go into a container, in a shell of this machine."""

import base64
import subprocess
from pathlib import Path

import pytest

from leasehold.engines.kubernetes import files


def _put(folder: Path, content: dict[str, tuple[bytes, int]], *, begin: bool = False) -> None:
    packed = base64.encodebytes(files._archive(content)) + b"\n"
    script = files._TAKE + files._BEGIN * begin
    with subprocess.Popen(["sh", "-c", script, "sh", str(folder), *content], stdin=subprocess.PIPE) as taking:
        assert taking.stdin
        taking.stdin.write(packed)
        taking.stdin.flush()  # it stays open, as the input of a command in a cluster does
        assert taking.wait() == 0


def test_files_arrive_whole_though_the_input_has_no_end(tmp_path: Path) -> None:
    content = {"a": (bytes(range(256)) * 400, 0o600), "b": (b"", 0o444), "c": (b"\n\n", 0o600)}
    _put(tmp_path, content)
    assert {name: (tmp_path / name).read_bytes() for name in content} == {name: one[0] for name, one in content.items()}
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o444


def test_the_command_waits_for_the_files(tmp_path: Path) -> None:
    script = files.waiting(str(tmp_path), f"cat {tmp_path}/start.sh")
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE) as started:
        _put(tmp_path, {"start.sh": (b"begun", 0o600)}, begin=True)
        assert started.communicate()[0] == b"begun"


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_it_ends_when_it_is_told_to(tmp_path: Path, shell: str) -> None:
    with subprocess.Popen([shell, "-c", files.waiting(str(tmp_path), "false")]) as started:
        while not (tmp_path / files.GO).exists():
            pass
        started.terminate()
        assert started.wait() == 0

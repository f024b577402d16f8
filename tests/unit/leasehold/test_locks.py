import json
import os
import subprocess
from pathlib import Path

import pytest

from leasehold import claims
from leasehold.locks import backend_folder, is_lock_error, locks_of
from leasehold.processes import this_process


@pytest.fixture
def folder(state: Path) -> Path:
    path = state / "backend" / ".pulumi" / "locks" / "organization" / "leasehold" / "a"
    path.mkdir(parents=True)
    return path


def write(folder: Path, **content: object) -> None:
    (folder / "x.json").write_text(json.dumps(content))


def dead_pid() -> int:
    child = subprocess.Popen(["true"])
    child.wait()
    return child.pid


def test_a_lock_is_stale_when_its_process_is_gone(folder: Path) -> None:
    write(folder, hostname=this_process().host, pid=dead_pid())
    [lock] = locks_of("a", claims.acquire("a", ""))
    assert lock.stale


@pytest.mark.parametrize(
    "content",
    [
        {"hostname": this_process().host, "pid": os.getpid()},
        {"hostname": "another", "pid": 2**22 + 1},
        {"hostname": this_process().host},
        {},
    ],
)
def test_a_lock_is_not_stale_without_proof(folder: Path, content: dict[str, object]) -> None:
    write(folder, **content)
    [lock] = locks_of("a", claims.acquire("a", ""))
    assert not lock.stale


def test_a_lock_is_not_stale_without_a_claim_that_tells_its_boot(folder: Path) -> None:
    write(folder, hostname=this_process().host, pid=dead_pid())
    assert [lock.stale for lock in locks_of("a", None)] == [False]


def test_a_backend_that_is_no_folder_has_no_files(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://bucket")
    assert backend_folder() is None
    assert locks_of("a", None) == []


def test_pulumis_words_for_a_lock() -> None:
    assert is_lock_error("error: the stack is currently locked by 1 lock(s). Either wait for ...")
    assert not is_lock_error("error: no such stack")

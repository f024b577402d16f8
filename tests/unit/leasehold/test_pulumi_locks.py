import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from leasehold.pulumi.stack_id import StackId
from leasehold.runs import name_locks
from leasehold.runs.processes import this_process
from leasehold.runs.pulumi_locks import is_lock_error, locks_of

from .conftest import stack


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
    [lock] = locks_of(stack("a"), name_locks.acquire(stack("a")))
    assert lock.stale


@pytest.mark.parametrize(("age", "stale"), [(3600.0, True), (-3600.0, False)])
def test_a_lock_from_before_the_machine_was_started_again(folder: Path, age: float, stale: bool) -> None:
    """Its process id is another process's by now, as the low ones of services are; one of this boot may be in use."""
    made = name_locks.acquire(stack("a"), owner=replace(this_process(), boot_id="an earlier boot"))
    write(folder, hostname=this_process().host, pid=os.getpid())
    taken = psutil.boot_time() - age
    os.utime(folder / "x.json", (taken, taken))
    assert [lock.stale for lock in locks_of(stack("a"), made)] == [stale]


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
    [lock] = locks_of(stack("a"), name_locks.acquire(stack("a")))
    assert not lock.stale


def test_a_lock_is_not_stale_without_a_name_lock_that_tells_its_boot(folder: Path) -> None:
    write(folder, hostname=this_process().host, pid=dead_pid())
    assert [lock.stale for lock in locks_of(stack("a"), None)] == [False]


def test_a_backend_that_is_no_folder_has_no_files() -> None:
    elsewhere = StackId("s3://bucket", "leasehold", "a")
    assert elsewhere.folder is None
    assert elsewhere.files() == []
    assert locks_of(elsewhere, None) == []


def test_a_lock_on_a_stack_of_the_same_name_in_another_project_is_another(folder: Path) -> None:
    other = folder.parents[1] / "web" / "a"
    other.mkdir(parents=True)
    write(other, hostname=this_process().host, pid=dead_pid())
    assert locks_of(stack("a"), name_locks.acquire(stack("a"))) == []


@pytest.mark.parametrize("content", ["[]", "{", '{"pid": "?"}', '{"pid": null}'])
def test_a_lock_that_cannot_be_read_is_not_stale(folder: Path, content: str) -> None:
    (folder / "x.json").write_text(content)
    [lock] = locks_of(stack("a"), name_locks.acquire(stack("a")))
    assert not lock.stale


def test_pulumis_words_for_a_lock() -> None:
    assert is_lock_error("error: the stack is currently locked by 1 lock(s). Either wait for ...")
    assert not is_lock_error("error: no such stack")

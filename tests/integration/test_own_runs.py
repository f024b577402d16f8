"""Sessions of the pytest plugin with a run of their own: whatever happens in one, nothing is left."""

import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leasehold.engines.labelled import take_inventory
from leasehold.runs import name_locks
from leasehold.runs.run import destroy

from .gated import INI
from .support import PROJECT, inspect_run, until

Session = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], set[str]]]:
    """Give the names of this test's own sessions' runs, by their name locks; at the end there is nothing of any."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    seen: set[str] = set()

    def names() -> set[str]:
        now = {name_lock.name for name_lock in name_locks.every()}
        seen.update(now)
        return now

    yield names
    assert names() == set()
    assert [name for name in seen if not inspect_run(name).empty] == []


def run_of(done: subprocess.CompletedProcess[str]) -> str:
    """Return the name of a session's own run, of which there is nothing."""
    told = re.search(r"leasehold: run (pytest-\w+)", done.stdout)
    assert told, done.stdout
    assert inspect_run(told[1]).empty
    return told[1]


def test_a_crashing_worker(session: Session, suite: Path, own: Callable[[], set[str]]) -> None:
    crash = "import os\ndef test_crash(connect):\n    connect('reader')\n    os._exit(1)\n"
    (suite / "test_crash.py").write_text(crash)
    done = session("-n", "2")
    assert "6 passed" in done.stdout, done.stdout
    assert "1 failed" in done.stdout
    assert run_of(done)


def test_interrupted_by_hand(suite: Path, own: Callable[[], set[str]]) -> None:
    (suite / "test_slow.py").write_text(
        "import pathlib, time\ndef test_slow(connect):\n    connect('reader')\n"
        "    pathlib.Path('at-it').touch()\n    time.sleep(3600)\n"
    )
    # Whoever runs these tests in the background may have them ignore it.
    command = ["env", "--default-signal=INT", sys.executable, "-m", "pytest", "-v", "test_slow.py"]
    running = subprocess.Popen(command, cwd=suite, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    until((suite / "at-it").exists)
    [name] = own()
    assert take_inventory(name).running == 3
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate()
    assert "KeyboardInterrupt" in said


@pytest.mark.soak
def test_stopping_at_the_first_failure(session: Session, suite: Path, own: Callable[[], set[str]]) -> None:
    (suite / "test_a_failure.py").write_text("def test_failure(connect):\n    connect('reader')\n    assert False\n")
    done = session("-x", "test_a_failure.py", "test_passing.py")
    assert "1 failed" in done.stdout
    assert "passed" not in done.stdout
    assert run_of(done)


def test_a_migration_that_grants_too_much_fails_the_session(
    session: Session, suite: Path, own: Callable[[], set[str]]
) -> None:
    shutil.copytree(PROJECT / "stacks" / "shop" / "migrations", suite / "migrations")
    (suite / "migrations" / "999_grant.sql").write_text("GRANT DELETE ON orders TO reader")
    (suite / "pytest.ini").write_text(INI.replace(f"{PROJECT}/stacks/shop/migrations", "migrations"))
    done = session("-n", "2", "--leasehold-keep")
    [name] = own()
    assert "6 passed" in done.stdout
    assert "too much: reader: DELETE on table shop.orders" in done.stdout, done.stdout
    assert done.returncode == 1
    assert f"Run {name} is kept; `leasehold down {name}` ends it" in done.stdout
    assert session("-k", "0", "--leasehold-no-audit", f"--leasehold-run={name}").returncode == 0
    assert own() == {name}
    destroy(name)


@pytest.mark.soak
def test_the_examples_pass_side_by_side() -> None:
    suites = PROJECT / "examples" / "suites"
    command = [sys.executable, "-m", "pytest", "-v", "-n", "2", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=suites, capture_output=True, text=True, check=False)
    assert re.search(r"= [4-9]\d passed in", done.stdout), done.stdout

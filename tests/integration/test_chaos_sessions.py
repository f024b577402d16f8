"""Sessions, their workers, pools and the ends of runs killed at random moments.

Nothing is left of them, a neighbour is unharmed, and no test has ever seen another's rows. `make soak` kills more;
`make chaos N=500` as many as one likes.
"""

import os
import random
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import docker
import psutil
import pytest

from leasehold import Databases, Run
from leasehold.engines.labelled import take_inventories
from leasehold.runs import name_locks
from tests.soak import soak

from .gated import INI
from .support import COMMAND, Live, leasehold, unharmed, until
from .test_ahead import CANARIES

MANY = int(os.environ.get("LEASEHOLD_CHAOS") or soak(12, 500))
AT_ONCE = 3
LONGEST = 8.0  # seconds that a victim lives: longer than a session of the tests takes
ENDLESS = CANARIES.replace("range(24)", "range(2000)")


class Victims:
    """Processes that are killed, each at a moment of its own."""

    def __init__(self, folder: Path, kept: str) -> None:
        self.folder, self._kept = folder, kept
        self.printed: list[Path] = []

    def kill_one(self, number: int) -> None:
        """Start a process of some kind, and kill it."""
        kinds: list[Callable[[], None]] = [
            lambda: self._session(f"--leasehold-run={self._kept}"),
            lambda: self._session(f"--leasehold-run={self._kept}", "-n", "2"),
            lambda: self._session("--leasehold-pool=1"),
            self._end,
            self._worker,
            self._keeper,
        ]
        kinds[number % len(kinds)]()

    def _start(self, *words: str) -> subprocess.Popen[bytes]:
        self.printed.append(self.folder / f"printed-{secrets.token_hex(4)}.txt")
        env = {name: value for name, value in os.environ.items() if name != "CI"}  # nobody waits for the ends
        with self.printed[-1].open("w") as file:
            return subprocess.Popen(
                words,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
                env=env,
            )

    def _pytest(self, *words: str) -> subprocess.Popen[bytes]:
        return self._start(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_canaries.py", *words)

    def _session(self, *words: str) -> None:
        victim = self._pytest(*words)
        _after_a_while()
        os.killpg(victim.pid, signal.SIGKILL)
        victim.wait()

    def _worker(self) -> None:
        """Kill one worker of a session, and then all of it."""
        victim = self._pytest(f"--leasehold-run={self._kept}", "-n", "2")
        _after_a_while()
        with suppress(psutil.Error, IndexError):
            random.choice(psutil.Process(victim.pid).children()).kill()  # noqa: S311 - no secret
        _after_a_while()
        os.killpg(victim.pid, signal.SIGKILL)
        victim.wait()

    def _end(self) -> None:
        """Kill what destroys a run."""
        ends = [one.ending for one in name_locks.every() if one.is_ending and one.ending]
        if ends:
            _after_a_while(1.0)
            with suppress(ProcessLookupError):
                os.kill(ends[0].pid, signal.SIGKILL)
        else:
            self._session()

    def _keeper(self) -> None:
        """Kill a pool's keeper, this one's or one that a session has started."""
        victim = self._start(*COMMAND, "pool", "--size=1")
        _after_a_while(2 * LONGEST)
        for process in psutil.process_iter(["cmdline"]):
            line = process.info["cmdline"] or []
            with suppress(psutil.Error):
                if line[-1:] == ["leasehold.pytest_plugin.keeper"] and process.cwd() == str(self.folder):
                    process.kill()
        with suppress(ProcessLookupError):
            os.killpg(victim.pid, signal.SIGKILL)
        victim.wait()

    def accusations(self) -> list[str]:
        """Return what sessions have printed of tests that saw another's rows, or were accused of anything."""
        found = []
        for path in self.printed:
            text = path.read_text(errors="replace")
            found += re.findall(r"^E .*canary.*|^.*unexpected denial.*", text, re.M)
        return found


def _after_a_while(longest: float = LONGEST) -> None:
    time.sleep(random.uniform(0.2, longest))  # noqa: S311 - the moment is no secret


@pytest.fixture
def victims(tmp_path: Path, own_state: None) -> Iterator[Victims]:
    (tmp_path / "pytest.ini").write_text(INI)
    (tmp_path / "test_canaries.py").write_text(ENDLESS)
    kept = f"chaos-{secrets.token_hex(4)}"
    Run.create(kept, keep=True)
    yield Victims(tmp_path, kept)
    leasehold("down", "--wait", kept)


def gone(kept: str) -> bool:
    """Sweep; return whether nothing is there but a kept run."""
    leasehold("sweep")
    return {one.name for one in name_locks.every()} == {kept}


@pytest.mark.timeout(MANY * 60 + 900)
@pytest.mark.parametrize("kills", [6, pytest.param(MANY, marks=pytest.mark.soak)])
def test_nothing_is_left_and_no_test_saw_anothers_rows(
    live: Live, victims: Victims, engine: docker.DockerClient, kills: int
) -> None:
    with unharmed(engine, live.run.name):
        kept = victims._kept
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(victims.kill_one, range(kills)))
        leasehold("pool", "--stop", cwd=victims.folder)
        until(lambda: gone(kept), pause=1)
        assert victims.accusations() == []
        ours = {name for name in take_inventories() if name.startswith(("pytest-", "pool-"))}
        assert ours.isdisjoint(
            re.findall(r"(?:pytest|pool)-[a-z0-9-]+", " ".join(p.read_text() for p in victims.printed))
        )

        (victims.folder / "test_canaries.py").write_text(CANARIES)
        done = victims._pytest(f"--leasehold-run={kept}")
        assert done.wait() == 0, victims.printed[-1].read_text()
        databases = Databases(Run.get(kept).issuer)
        try:
            assert [name for name in databases.names() if name.startswith("t_")] == []
        finally:
            databases.close()

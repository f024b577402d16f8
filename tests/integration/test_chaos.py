"""Processes killed at random moments: a sweep leaves nothing of their runs, and a neighbour is unharmed.

`make soak` kills more; `make chaos N=200` as many as one likes.
"""

import os
import random
import secrets
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import docker
import pytest

from leasehold.runs import name_locks
from leasehold.runs.sweep import sweep
from tests.soak import soak

from .support import PROJECT, Live, inspect_run, unharmed, until

MANY = int(os.environ.get("LEASEHOLD_CHAOS") or soak(24, 200))
AT_ONCE = 3
LONGEST = 9.0  # seconds that a victim lives: longer than an up takes
VICTIM = """
import sys, leasehold
run = leasehold.Run.create(sys.argv[1])
while True:
    held = run.issuer.lease("reader")
    with held.connect() as connection:
        connection.execute("SELECT count(*) FROM pg_class")
    run.issuer.revoke(held)
"""


def kill_one(name: str, whole_group: bool) -> None:
    victim = subprocess.Popen(
        [sys.executable, "-c", VICTIM, name],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(random.uniform(0.2, LONGEST))  # noqa: S311 - the moment is no secret
    if whole_group:
        os.killpg(victim.pid, signal.SIGKILL)  # Pulumi and its plugins too
    else:
        victim.kill()
    victim.wait()


def left(names: set[str]) -> dict[str, str]:
    stock = {name: inspect_run(name) for name in names}
    found = {name: str(remains) for name, remains in stock.items() if not remains.empty}
    found.update({name: f"name lock {name_locks.find(name)}" for name in names if name_locks.find(name)})
    return found


def swept(names: set[str]) -> bool:
    remains = left(names)
    print("left:", remains)
    if remains:
        sweep()
    return not remains


def kill_and_sweep(kills: int) -> set[str]:
    """Kill so many, some at once, and sweep until nothing of them is left; return the names of their runs."""
    names: set[str] = set()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for first in range(0, kills, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, kills))
            batch = {f"chaos-{secrets.token_hex(4)}": number % 2 == 1 for number in numbers}
            names.update(batch)
            list(pool.map(kill_one, batch, batch.values()))
            sweep()
    assert len(names) == kills
    until(lambda: swept(names))
    return names


def reads_as_before(neighbour: Live) -> bool:
    """Return whether a neighbour's login finds what it has always found."""
    held = neighbour.issuer.lease("auditor")
    with held.connect() as connection:
        found = connection.execute("SELECT count(*) FROM payroll").fetchone()
    neighbour.issuer.revoke(held)
    return found == (2,)


@pytest.mark.timeout(MANY * 60 + 900)
@pytest.mark.parametrize("kills", [3, pytest.param(MANY, marks=pytest.mark.soak)])
def test_nothing_is_left_of_the_killed_and_the_neighbour_lives(
    live: Live, engine: docker.DockerClient, kills: int
) -> None:
    with unharmed(engine, live.run.name):
        kill_and_sweep(kills)
    assert reads_as_before(live)

"""Processes killed at random moments, as on Docker: a sweep leaves nothing of their runs, and a neighbour is unharmed.

`make test-kubernetes ARGS='-m "kubernetes and soak"'` kills 50; `LEASEHOLD_CHAOS=200`, as many as one likes.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from kubernetes import client

from tests.integration import test_chaos
from tests.integration.support import Live
from tests.integration.test_chaos import kill_and_sweep, reads_as_before

from .support import phases_of

pytestmark = [pytest.mark.kubernetes, pytest.mark.usefixtures("on_cluster")]

MANY = int(os.environ.get("LEASEHOLD_CHAOS", "50"))
LONGEST = 20.0  # seconds that a victim lives: longer than an up takes here


@contextmanager
def unharmed(run: str) -> Iterator[None]:
    """Hold a run to have the Pods that it had before a block, all of them running."""
    before = phases_of(run)
    yield
    assert phases_of(run) == before
    assert {phase for _, phase in before.values()} == {"Running"}


@pytest.mark.timeout(MANY * 60 + 900)
@pytest.mark.parametrize("kills", [3, pytest.param(MANY, marks=pytest.mark.soak)])
def test_nothing_is_left_of_the_killed_and_the_neighbour_lives(
    quiet: Live, kills: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_chaos, "LONGEST", LONGEST)
    with unharmed(quiet.run.name):
        names = kill_and_sweep(kills)
    there = {one.metadata.name for one in client.CoreV1Api().list_namespace().items}
    assert not there & {f"leasehold-{name}" for name in names}
    assert reads_as_before(quiet)

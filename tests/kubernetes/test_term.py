"""What nobody ends: its term is over, its maker is gone, and the cluster itself removes what there is of it."""

import secrets
from collections.abc import Iterator

import pytest

from components.engines.kubernetes import term
from leasehold import Run
from leasehold.engines.kubernetes.names import NAMESPACE
from leasehold.runs import name_locks
from leasehold.runs.run import destroy
from stacks import shop

from .given import Given, given
from .support import until

pytestmark = [pytest.mark.kubernetes, pytest.mark.usefixtures("on_cluster")]

TERM = 150  # seconds: time enough for a slow machine to create a run
AFTER = 30


@pytest.fixture
def place(image: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Given]:
    """A namespace that was given."""
    with given(image) as made:
        monkeypatch.setenv(NAMESPACE, made.name)
        yield made


def test_the_cluster_removes_what_is_over(place: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(term, "AFTER", AFTER)
    before = place.there()
    run = Run.create(f"k-{secrets.token_hex(3)}", program=shop.declare, term=TERM, keep=True)
    try:
        assert {name.partition(" ")[0] for name in set(place.there()) - set(before)} >= {
            "pod",
            "service",
            "policy",
            "job",
        }
        until(lambda: place.there() == before, pause=1)  # nobody here ends anything
    finally:
        if name_locks.find(run.name):
            destroy(run.name)

"""A server waits until the engine has its networks, and not for Pulumi's provider, which tells of them later."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from components.engines.docker import awaited_networks as network
from components.engines.docker.awaited_networks import NOT_MADE, until_there


@dataclass
class Network:
    name: str
    id: str = "0123"


@dataclass
class Engine:
    """An engine that has one more network each time that it is asked, of those that come."""

    come: list[str]
    there: list[Network] = field(default_factory=list)
    asked: int = 0

    @property
    def networks(self) -> "Engine":
        return self

    def list(self) -> list[Network]:
        self.asked += 1
        there = [*self.there]
        self.there += [Network(name) for name in self.come[:1]]
        del self.come[:1]
        return there


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    made = Engine(["run-inner", "run-edge"])

    @contextmanager
    def connected() -> Iterator[Engine]:
        yield made

    monkeypatch.setattr(network, "connected", connected)
    monkeypatch.setattr(network, "PAUSE", 0)
    yield made
    network._failed.clear()


def test_until_the_last_of_them_is_there(engine: Engine) -> None:
    until_there(["run-inner", "run-edge"])
    assert engine.asked == 3


def test_it_may_be_known_by_its_id(engine: Engine) -> None:
    until_there(["0123"])
    assert engine.asked == 2


def test_no_longer_than_until_one_is_said_to_have_failed(engine: Engine) -> None:
    network._failed.add("run-other")
    with pytest.raises(RuntimeError, match=rf"^{NOT_MADE} run-other\.$"):
        until_there(["run-inner", "run-other"])
    assert engine.asked < 3


def test_what_is_there_by_now_has_not_failed(engine: Engine) -> None:
    network._failed.add("run-inner")  # an earlier run of this process had one of this name
    engine.there.append(Network("run-inner"))
    until_there(["run-inner"])


def test_who_never_comes_is_named(engine: Engine) -> None:
    engine.there.append(Network("run-inner"))
    with pytest.raises(RuntimeError, match=r"^The engine does not have run-other after 0 s\.$"):
        until_there(["run-inner", "run-other"], limit=0)

"""Logs are followed through what happens to them: their files are rotated, containers restart, a login expires."""

import time
from collections.abc import Callable

import docker
import psycopg
import pytest

from leasehold import Run
from leasehold.denials.collector import Collector
from leasehold.denials.model import Kind
from leasehold.denials.streams import Follower

from .support import PROJECTS, container

LINES = 60_000
COUNTING = (
    f"i=0; while [ $i -lt {LINES} ]; do i=$((i+1)); echo line $i of a log that is rotated again and again; "
    "[ $((i % 500)) -eq 0 ] && sleep 0.05; done"
)
LIMIT = 60.0  # seconds


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_no_line_is_lost_while_the_log_is_rotated(engine: docker.DockerClient) -> None:
    """Some dozen files are written, of which the engine keeps three; each as quickly as no server writes 20 MB."""
    log = {"type": "local", "config": {"max-size": "512k", "max-file": "3", "compress": "false"}}
    taken: list[str] = []
    with container(engine, COUNTING, log_config=log) as counting:
        follower = Follower(str(counting.name), 0.0, taken.append)
        until(lambda: bool(taken) and taken[-1].startswith(f"line {LINES} "))
        follower.close()
    assert [line.split()[1] for line in taken] == [str(number) for number in range(1, LINES + 1)]
    assert follower.faults == []


def test_a_restarted_container_is_followed_on(engine: docker.DockerClient) -> None:
    taken: list[str] = []
    with container(engine, "echo began; sleep 60") as restarted:
        follower = Follower(str(restarted.name), 0.0, taken.append)
        until(lambda: taken == ["began"])
        restarted.restart(timeout=0)
        until(lambda: taken == ["began", "began"])
        restarted.restart(timeout=0)
        until(lambda: taken == ["began"] * 3)
        follower.close()
    assert follower.faults == []


def test_a_login_that_has_expired(make_run: Callable[..., Run], engine: docker.DockerClient) -> None:
    """Only while the broker is held up: in time, it takes the login away."""
    run = make_run(PROJECTS / "short_terms", term=300)
    held = run.issuer.lease("guest")
    broker = engine.containers.get(f"leasehold-{run.name}-broker")
    collector = Collector(run.name)
    broker.pause()
    try:
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline:
            try:
                held.connect().close()
            except psycopg.OperationalError:
                break
            time.sleep(0.5)
        else:
            pytest.fail("the login never expired")
        time.sleep(0.5)
    finally:
        broker.unpause()
        collector.close()
    [refusal] = collector.take()
    assert (refusal.kind, refusal.login, refusal.role) == (Kind.EXPIRED_LOGIN, held.user, "guest")

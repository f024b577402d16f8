"""What goes wrong around a run: a clear error each, and nothing half-made left."""

import itertools
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import docker
import pytest

from leasehold import BrokerError, LeaseIssuer, Run, RunError, UnknownRoleError, claims

from .faulty_engine import faulty_engine
from .support import PROJECT, Live, image_of, take_stock

MakeRun = Callable[..., Run]

SEALED = {
    "ui": False,
    "disable_mlock": True,
    "storage": {"inmem": {}},
    "listener": {"tcp": {"address": "0.0.0.0:8200", "tls_disable": True}},
}


@pytest.fixture
def sealed_broker(engine: docker.DockerClient) -> Iterator[str]:
    """The address of a broker that nobody has unsealed."""
    made = engine.containers.run(
        image_of("broker"),
        ["-c", 'printf %s "$CONFIG" >/tmp/sealed.json && exec bao server -config=/tmp/sealed.json'],
        entrypoint="sh",
        environment={"CONFIG": json.dumps(SEALED)},
        detach=True,
        labels={"dev.leasehold.test": "sealed"},
        ports={"8200/tcp": ("127.0.0.1", 0)},
    )
    try:
        made.reload()
        published = made.ports["8200/tcp"]
        assert published
        port = int(published[0]["HostPort"])
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        made.remove(force=True)


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
                connection.sendall(b"GET /v1/sys/seal-status HTTP/1.0\r\n\r\n")
                if connection.recv(1):
                    return
        except OSError:
            pass
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_the_broker_is_sealed(live: Live, sealed_broker: str) -> None:
    broker = live.outputs.broker.model_copy(update={"address": sealed_broker})
    issuer = LeaseIssuer(live.outputs.model_copy(update={"broker": broker}))
    with pytest.raises(BrokerError, match=r"is sealed: it gives nothing to anybody.*leasehold down"):
        issuer.lease("reader")


def test_the_broker_has_forgotten_everything(make_run: MakeRun, engine: docker.DockerClient) -> None:
    run = make_run()
    engine.containers.get(f"leasehold-{run.name}-broker").restart(timeout=1)
    with pytest.raises(BrokerError, match="keeps everything in memory"):
        asked_until_it_answers(run)


def asked_until_it_answers(run: Run) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            run.issuer.lease("reader")
        except BrokerError as error:
            if "did not answer" not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(0.2)


def test_the_broker_is_dead(make_run: MakeRun, engine: docker.DockerClient) -> None:
    run = make_run()
    engine.containers.get(f"leasehold-{run.name}-broker").kill()
    with pytest.raises(BrokerError, match="did not answer"):
        run.issuer.lease("reader")
    assert run.destroy().left.empty


def test_the_database_is_dead(make_run: MakeRun, engine: docker.DockerClient) -> None:
    run = make_run()
    engine.containers.get(f"leasehold-{run.name}-database").kill()
    with pytest.raises(BrokerError, match="the broker cannot reach the run's database"):
        run.issuer.lease("reader")
    assert run.destroy().left.empty


def test_broker_and_database_are_dead(make_run: MakeRun, engine: docker.DockerClient) -> None:
    run = make_run()
    for part in ("broker", "database"):
        engine.containers.get(f"leasehold-{run.name}-{part}").kill()
    assert run.destroy().left.empty


def test_the_database_is_restarting(make_run: MakeRun, engine: docker.DockerClient) -> None:
    """It comes back without its data, which is in memory, and without the admin's rotated password."""
    run = make_run()
    database = engine.containers.get(f"leasehold-{run.name}-database")
    restart = threading.Thread(target=database.restart, kwargs={"timeout": 0})
    restart.start()
    refusals = set()
    while restart.is_alive():
        try:
            run.issuer.revoke(run.issuer.lease("reader"))
        except BrokerError as error:
            refusals.add(str(error))
    assert refusals, "it was never seen restarting"
    deadline = time.monotonic() + 30
    while not any("the run's database has been restarted" in refusal for refusal in refusals):
        assert time.monotonic() < deadline, refusals
        with pytest.raises(BrokerError) as refused:
            run.issuer.lease("reader")
        refusals.add(str(refused.value))
        time.sleep(0.2)
    clear = ("the broker cannot reach the run's database", "the run's database has been restarted")
    assert [refusal for refusal in refusals if not any(words in refusal for words in clear)] == []
    assert run.destroy().left.empty


def test_a_port_is_taken(make_run: MakeRun, live: Live) -> None:
    """The engine hands out ports in turn; those that come next are somebody else's."""
    last = max(live.outputs.door.database_port, live.outputs.door.broker_port)
    with ExitStack() as held:
        for port in range(last + 1, last + 9):
            taken = held.enter_context(socket.socket())
            try:
                taken.bind(("127.0.0.1", port))
                taken.listen()
            except OSError:
                continue  # it is taken indeed
        door = make_run().outputs.door
        assert not {door.database_port, door.broker_port} & set(range(last + 1, last + 9))


def test_a_full_pool_of_addresses(new_name: Callable[[], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    name, said = new_name(), "could not find an available, non-overlapping IPv4 address pool among the defaults"

    def fails(_: str, path: str) -> str | None:
        return said if path == "/networks/create" else None

    with faulty_engine(tmp_path, fails) as host, monkeypatch.context() as patch:
        patch.setenv("DOCKER_HOST", host)
        with pytest.raises(RunError, match=f"{said}.*docker network prune"):
            Run.create(name, program=PROJECT)
    assert claims.find(name) is None
    assert take_stock(name).empty


@pytest.mark.parametrize("successes", range(0, 8))
def test_up_fails_half_way(
    new_name: Callable[[], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, successes: int
) -> None:
    """The engine does so many changes, and then no more until the run is given up."""
    counter, name = itertools.count(), new_name()
    made: list[str] = []

    def fails(method: str, path: str) -> str | None:
        if method != "POST" or path.startswith(("/images", "/auth")):
            return None
        if next(counter) >= successes:
            return "no space left on device"
        made.append(path)
        return None

    with faulty_engine(tmp_path, fails) as host, monkeypatch.context() as patch:
        patch.setenv("DOCKER_HOST", host)
        with pytest.raises(RunError, match="no space left on device"):
            Run.create(name, program=PROJECT)
    assert len(made) == successes
    assert claims.find(name) is None
    assert take_stock(name).empty


def test_an_unknown_role(live: Live) -> None:
    with pytest.raises(UnknownRoleError, match=r"declares no role 'boss'. It declares auditor, migrator"):
        live.issuer.lease("boss")

"""What goes wrong with a run's servers: a clear error each, and its end leaves nothing. Each run is used up."""

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator

import docker
import pytest

from leasehold import BrokerError, LeaseIssuer, Run, UnknownRoleError

from .support import Live, image_of, until

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
        address = f"http://127.0.0.1:{published[0]['HostPort']}"
        until(lambda: answers(f"{address}/v1/sys/seal-status"))
        yield address
    finally:
        made.remove(force=True)


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address):  # noqa: S310 - of the container above
            return True
    except OSError:
        return False


def test_the_broker_is_sealed(live: Live, sealed_broker: str) -> None:
    broker = live.outputs.broker.model_copy(update={"address": sealed_broker})
    issuer = LeaseIssuer(live.outputs.model_copy(update={"broker": broker}))
    with pytest.raises(BrokerError, match=r"is sealed: it gives nothing to anybody.*leasehold down"):
        issuer.lease("reader")


def test_an_unknown_role(live: Live) -> None:
    with pytest.raises(UnknownRoleError, match=r"declares no role 'boss'. It declares auditor, migrator"):
        live.issuer.lease("boss")


def refusal(run: Run) -> str:
    """Return what is said to who takes a lease, or nothing if it is given."""
    try:
        run.issuer.revoke(run.issuer.lease("reader"))
    except BrokerError as error:
        return str(error)
    return ""


def refusals(run: Run, last: str) -> set[str]:
    """Ask for leases until it is said why there is none; return what was said before."""
    said: set[str] = set()
    while last not in (now := refusal(run)):
        said.add(now)
    return said - {""}


def test_its_servers_are_restarted_and_die(make_run: MakeRun, engine: docker.DockerClient) -> None:
    """The database comes back without its data, which is in memory, and without the admin's rotated password."""
    run = make_run()
    database, broker = (engine.containers.get(f"leasehold-{run.name}-{part}") for part in ("database", "broker"))
    restart = threading.Thread(target=database.restart, kwargs={"timeout": 0})
    restart.start()
    said = refusals(run, "the run's database has been restarted")
    restart.join()
    assert [text for text in said if "the broker cannot reach the run's database" not in text] == []
    database.kill()
    assert "the broker cannot reach the run's database" in refusal(run)
    broker.restart(timeout=1)  # the harness still holds a token of the one before
    said = refusals(run, "keeps everything in memory")
    assert [text for text in said if "did not answer" not in text] == []
    broker.kill()
    assert "did not answer" in refusal(run)
    assert run.destroy().left.empty

"""The network, looked at from inside and from outside. Every refusal has a control that does get through."""

import secrets
import socket
import threading
from collections.abc import Iterator
from typing import Any

import docker
import pytest

from .support import LOOK_UP, PARTS, Live, address, container, look, network, read, until

PORTS = {"database": 5432, "broker": 8200}
LISTEN = (
    "socat TCP-LISTEN:7000,fork,reuseaddr EXEC:cat & "
    "socat -u UDP-RECV:7001 OPEN:/tmp/udp,creat,append & touch /tmp/udp; wait"
)
TCP = "echo hello | socat -t 60 - TCP:{host}:7000,connect-timeout=2 | grep hello"
UDP = "echo {word} | socat -u - UDP:{host}:7001"
REACH = "socat -u OPEN:/dev/null TCP:{host}:{port},connect-timeout=2"
HEAR = "socat -u TCP:{host}:{port},connect-timeout=2 - | grep hello"


@pytest.fixture(scope="module")
def elsewhere(engine: docker.DockerClient) -> Iterator[str]:
    with network(engine, f"lsh-elsewhere-{secrets.token_hex(3)}") as name:
        yield name


@pytest.fixture(scope="module")
def listener(engine: docker.DockerClient, elsewhere: str) -> Iterator[str]:
    with container(engine, LISTEN, network=elsewhere) as made:
        yield str(made.name)


def inside(quiet: Live, part: str, engine: docker.DockerClient) -> str:
    return f"container:{engine.containers.get(quiet.container(part)).id}"


def heard(engine: docker.DockerClient, listener: str) -> str:
    return read(engine, listener, "cat /tmp/udp")


@pytest.mark.parametrize("part", ["database", "broker"])
def test_no_packet_from_inside_reaches_another_network(
    quiet: Live, engine: docker.DockerClient, elsewhere: str, listener: str, part: str
) -> None:
    host = address(engine, listener, elsewhere)
    first, unheard, last = (secrets.token_hex(4) for _ in range(3))

    def heard_from_outside(word: str) -> bool:
        status, _ = look(engine, UDP.format(host=host, word=word), network=elsewhere)
        return status == 0 and word in heard(engine, listener)

    until(lambda: look(engine, TCP.format(host=host), network=elsewhere)[0] == 0)
    until(lambda: heard_from_outside(first))

    status, _ = look(engine, TCP.format(host=host), network_mode=inside(quiet, part, engine))
    assert status != 0
    look(engine, UDP.format(host=host, word=unheard), network_mode=inside(quiet, part, engine))
    until(lambda: heard_from_outside(last))  # one process reads them in their order: what was sent before has come
    assert unheard not in heard(engine, listener)


@pytest.mark.parametrize("part", ["database", "broker"])
def test_the_host_is_not_reached_from_inside(
    quiet: Live, engine: docker.DockerClient, elsewhere: str, part: str
) -> None:
    gateways = [
        config["Gateway"]
        for name in (elsewhere, "bridge", f"leasehold-{quiet.run.name}-inner", f"leasehold-{quiet.run.name}-edge")
        for config in engine.networks.get(name).attrs["IPAM"]["Config"]
        if "Gateway" in config
    ]
    assert gateways
    with socket.create_server(("0.0.0.0", 0)) as server:  # noqa: S104 - on every interface, or the control proves nothing
        threading.Thread(target=_answer, args=(server,), daemon=True).start()
        port = server.getsockname()[1]
        status, _ = look(engine, HEAR.format(host=gateways[0], port=port), network=elsewhere)
        assert status == 0
        for gateway in gateways:
            status, _ = look(engine, HEAR.format(host=gateway, port=port), network_mode=inside(quiet, part, engine))
            assert status != 0, f"{part} reached the host at {gateway}"


def _answer(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            connection.sendall(b"hello\n")


@pytest.fixture
def routed(quiet: Live, engine: docker.DockerClient) -> Iterator[None]:
    """Give this host a way to the inner network, which it does not have of itself.

    Without one, what is sent there from elsewhere would leave by the default route and prove nothing. With one,
    it is up to the engine's own rules to drop it.
    """
    inner = engine.networks.get(f"leasehold-{quiet.run.name}-inner")
    subnet, bridge = inner.attrs["IPAM"]["Config"][0]["Subnet"], f"br-{str(inner.id)[:12]}"
    host: dict[str, Any] = {"network_mode": "host", "cap_add": ["NET_ADMIN"]}
    assert look(engine, f"ip route add {subnet} dev {bridge}", **host) == (0, "")
    yield
    assert look(engine, f"ip route del {subnet} dev {bridge}", **host) == (0, "")


@pytest.mark.usefixtures("routed")
@pytest.mark.parametrize("part", ["database", "broker"])
def test_neither_is_reached_from_another_network(
    quiet: Live, engine: docker.DockerClient, elsewhere: str, part: str
) -> None:
    inner = f"leasehold-{quiet.run.name}-inner"
    host, port = address(engine, quiet.container(part), inner), PORTS[part]
    status, _ = look(engine, REACH.format(host=host, port=port), network=inner)
    assert status == 0
    for name in (host, part, quiet.container(part)):
        status, said = look(engine, REACH.format(host=name, port=port), network=elsewhere)
        assert status != 0, f"{part} was reached as {name}"
        # An engine that is slow to say that there is no such name says that there is none yet.
        known = ("timed out",) if name == host else ("Name", "resolve", "Try again")
        assert any(words in said for words in known), said


@pytest.mark.parametrize("part", ["database", "broker"])
def test_a_name_outside_is_looked_up_nowhere(quiet: Live, engine: docker.DockerClient, part: str) -> None:
    """The engine looks the run's own names up, and asks for others only where nobody but the container itself is."""
    word = secrets.token_hex(4)
    status, said = look(engine, LOOK_UP.format(word=word, other="database"), network_mode=inside(quiet, part, engine))
    assert (status, said.split()) == (0, ["heard", "refused"]), said


def test_each_part_is_on_its_own_networks_only(quiet: Live, engine: docker.DockerClient) -> None:
    inner, edge = f"leasehold-{quiet.run.name}-inner", f"leasehold-{quiet.run.name}-edge"
    expected = {"database": {inner}, "broker": {inner}, "gateway": {inner, edge}}
    for part, names in expected.items():
        attributes = engine.containers.get(quiet.container(part)).attrs
        assert set(attributes["NetworkSettings"]["Networks"]) == names
    assert engine.networks.get(inner).attrs["Internal"] is True


def test_the_gateway_alone_publishes_ports_and_on_loopback_only(quiet: Live, engine: docker.DockerClient) -> None:
    for part in PARTS:
        ports = engine.containers.get(quiet.container(part)).attrs["NetworkSettings"]["Ports"]
        published = [binding["HostIp"] for bindings in ports.values() for binding in bindings or []]
        assert published == (["127.0.0.1"] * 2 if part == "gateway" else [])


def test_everything_is_labelled_with_run_owner_and_term(quiet: Live, engine: docker.DockerClient) -> None:
    found = {"label": f"dev.leasehold.run={quiet.run.name}"}
    containers = engine.containers.list(filters=dict(found))
    networks = engine.networks.list(filters=dict(found))
    assert len(containers) == len(PARTS)
    assert len(networks) == 2
    for labels in [made.labels for made in containers] + [made.attrs["Labels"] for made in networks]:
        assert "@" in labels["dev.leasehold.owner"]
        assert int(labels["dev.leasehold.expires"]) > 0


def test_every_container_is_stripped_of_rights(quiet: Live, engine: docker.DockerClient) -> None:
    for part in PARTS:
        made = engine.containers.get(quiet.container(part))
        assert made.attrs["HostConfig"]["CapDrop"] == ["ALL"]
        assert made.attrs["HostConfig"]["SecurityOpt"] == ["no-new-privileges"]
        assert made.attrs["HostConfig"]["Privileged"] is False
        assert made.attrs["Config"]["User"] not in ("", "root", "0")
        assert not made.attrs["Mounts"], "a volume would outlive the container"

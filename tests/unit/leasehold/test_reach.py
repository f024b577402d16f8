"""Where a run's ports are published and reached: from where the engine is, where the caller is, and what it says."""

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leasehold.engines.docker import inside, reach, ssh
from leasehold.engines.docker.endpoint import Endpoint, EndpointError
from leasehold.engines.docker.inside import Container
from leasehold.engines.docker.reach import GATEWAY, HERE, PUBLISH, Place, Reach, decide, of_container

FAR = Place("the engine is on another host (tcp://engine:2376)", "192.0.2.7", is_far=True)
BESIDE = of_container(Container("job", ("172.18.0.1", "172.19.0.1")))
NO_GATEWAY = of_container(Container("job", ()))


@pytest.mark.parametrize(
    ("place", "own", "bind", "host"),
    [
        (HERE, {}, "127.0.0.1", "127.0.0.1"),
        (BESIDE, {}, "172.18.0.1", "172.18.0.1"),
        (FAR, {}, "192.0.2.7", "192.0.2.7"),
        (HERE, {PUBLISH: "192.0.2.9"}, "192.0.2.9", "192.0.2.9"),
        (HERE, {PUBLISH: "0.0.0.0"}, "0.0.0.0", "127.0.0.1"),  # noqa: S104 - as the user wants it
        (HERE, {GATEWAY: "docker.example.org"}, "127.0.0.1", "docker.example.org"),
        (BESIDE, {PUBLISH: "192.0.2.9"}, "192.0.2.9", "192.0.2.9"),
        (BESIDE, {PUBLISH: "::"}, "::", "172.18.0.1"),
        (FAR, {PUBLISH: "10.0.0.5"}, "10.0.0.5", "192.0.2.7"),
        (FAR, {PUBLISH: "10.0.0.5", GATEWAY: "docker"}, "10.0.0.5", "docker"),
        (FAR, {GATEWAY: "2001:db8::1"}, "192.0.2.7", "2001:db8::1"),
        (NO_GATEWAY, {PUBLISH: "192.0.2.9"}, "192.0.2.9", "192.0.2.9"),
        (NO_GATEWAY, {PUBLISH: "0.0.0.0", GATEWAY: "192.0.2.9"}, "0.0.0.0", "192.0.2.9"),  # noqa: S104 - likewise
        (HERE, {PUBLISH: "", GATEWAY: ""}, "127.0.0.1", "127.0.0.1"),
    ],
)
def test_where_ports_are_published_and_reached(place: Place, own: dict[str, str], bind: str, host: str) -> None:
    assert decide(place, own) == Reach(bind, host, place.said)


@pytest.mark.parametrize(
    ("place", "own", "said"),
    [
        (HERE, {PUBLISH: "docker.example.org"}, "LEASEHOLD_PUBLISH is 'docker.example.org'; it is an address of"),
        (HERE, {PUBLISH: "192.0.2.9:80"}, "LEASEHOLD_PUBLISH is '192.0.2.9:80'"),
        (FAR, {GATEWAY: "docker.example.org:443"}, "LEASEHOLD_GATEWAY is 'docker.example.org:443'.*without a port"),
        (FAR, {GATEWAY: "tcp://docker"}, "LEASEHOLD_GATEWAY is 'tcp://docker'"),
        (FAR, {GATEWAY: "0.0.0.0"}, "LEASEHOLD_GATEWAY is '0.0.0.0'"),  # noqa: S104 - refused
        (FAR, {GATEWAY: "-oProxyCommand=x"}, "LEASEHOLD_GATEWAY is '-oProxyCommand=x'"),
        (NO_GATEWAY, {}, "this is container job of the engine's.*none of its networks has a gateway.*host's network"),
        (NO_GATEWAY, {GATEWAY: "192.0.2.9"}, "name an address of the engine's host that it does reach in LEASEHOLD_PU"),
    ],
)
def test_what_leads_nowhere_is_one_sentence(place: Place, own: dict[str, str], said: str) -> None:
    with pytest.raises(EndpointError, match=said):
        decide(place, own)


def answers(*addresses: tuple[int, str]) -> Callable[..., list[Any]]:
    return lambda name, port: [(family, 1, 6, "", (address, 0)) for family, address in addresses]


def test_an_engine_on_another_host_is_at_the_address_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    known = answers((socket.AF_INET6, "2001:db8::7"), (socket.AF_INET, "192.0.2.7"))
    monkeypatch.setattr(socket, "getaddrinfo", known)
    found = reach.reach({"DOCKER_HOST": "tcp://engine:2376"})
    assert found == Reach("192.0.2.7", "192.0.2.7", FAR.said)
    monkeypatch.setattr(socket, "getaddrinfo", answers((socket.AF_INET6, "2001:db8::7")))
    assert reach.reach({"DOCKER_HOST": "tcp://engine:2376"}).bind == "2001:db8::7"


def test_over_ssh_it_is_the_host_that_ssh_connects_to(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def known(name: str, port: None) -> list[Any]:
        asked.append(name)
        return answers((socket.AF_INET, "192.0.2.8"))(name, port)

    monkeypatch.setattr(reach, "resolved_name", {"ssh://ada@build": "host.example.org"}.__getitem__)
    monkeypatch.setattr(socket, "getaddrinfo", known)
    assert reach.reach({"DOCKER_HOST": "ssh://ada@build"}).host == "192.0.2.8"
    assert asked == ["host.example.org"]


def test_a_name_without_an_address_is_one_sentence() -> None:
    with pytest.raises(EndpointError, match=r"its name 'no-such\.invalid' has no address here"):
        reach.reach({"DOCKER_HOST": "tcp://no-such.invalid:2376"})


@pytest.mark.parametrize("host", ["unix:///none.sock", "tcp://127.0.0.1:1", "tcp://localhost:1", "tcp://0.0.0.0:1"])
def test_on_the_engines_host_nothing_is_asked(host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inside, "_MOUNTS", tmp_path / "none")
    assert reach.reach({"DOCKER_HOST": host}) == Reach("127.0.0.1", "127.0.0.1", HERE.said)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ssh://build", "-- build docker system dial-stdio"),
        ("ssh://ada@Build:2222", "-l ada -p 2222 -- Build docker system dial-stdio"),
        ("ssh://[2001:db8::1]:22", "-p 22 -- 2001:db8::1 docker system dial-stdio"),
        ("ssh://build/run/a%20b.sock", "-- build docker --host 'unix:///run/a b.sock' system dial-stdio"),
    ],
)
def test_the_command_that_is_a_connection(url: str, words: str) -> None:
    command = ssh.engine_command(url)
    assert command[:6] == ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-T"]
    assert " ".join(command[6:]) == words


@pytest.mark.parametrize("url", ["ssh://", "ssh://ada:secret@build", "ssh://build:none", "ssh://build?x=1"])
def test_an_address_over_ssh_that_cannot_be_used(url: str) -> None:
    with pytest.raises(EndpointError, match=r"over ssh it is `ssh://\[USER@\]HOST\[:PORT\]`, without a password"):
        ssh.engine_command(url)


@pytest.mark.parametrize(
    ("said", "mend"),
    [
        ("ssh: Host key verification failed.", "Its key is not known here, or another one is: `ssh build` shows it"),
        ("ada@build: Permission denied (publickey).", "It takes no key of this user's: `ssh build true` has to work"),
        ("sh: 1: docker: command not found", "install it there"),
        ("something else", ""),
    ],
)
def test_what_to_do_about_what_ssh_says(said: str, mend: str) -> None:
    assert mend in ssh.mend("ssh://ada@build:22", said)
    assert bool(mend) == bool(ssh.mend("ssh://ada@build:22", said))


def test_an_engine_is_far_or_here() -> None:
    for host, here in (("ssh://localhost", False), ("ssh://127.0.0.1", False), ("tcp://0.0.0.0:2375", True)):
        assert Endpoint(host).is_here == here

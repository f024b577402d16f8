"""Who starts the process that forwards ports, and who finds it: however many need it, there is one."""

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from leasehold import background
from leasehold.contract import HOST_LABEL
from leasehold.engines.kubernetes import forward
from leasehold.engines.kubernetes.names import ACCESS_ANNOTATION, PORTS_ANNOTATION
from leasehold.engines.kubernetes.published import ports_annotation
from leasehold.errors import EngineError
from leasehold.runs.processes import running

SERVER = "leasehold-a-gateway"
STANDS_IN = """
import json, os, socket, sys
told = json.loads(sys.argv[1])
listening = socket.socket(fileno=told["listening"]["5432"])
while True:
    with listening.accept()[0] as one:
        one.sendall(json.dumps({"pid": os.getpid(), "names": sorted(os.environ)}).encode())
"""
"""Accepts at the database's port, and tells who it is and what it was given."""


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The ids of processes that were started; none is left at the end of the test."""

    class Cluster:
        def get(self, path: str) -> dict[str, Any]:
            assert path == "/api/v1/namespaces/leasehold-a/services/leasehold-a-gateway"
            return {"metadata": {"uid": "1234"}}

    ids: list[int] = []
    start = background.start

    def noted(*given: Any) -> int:
        ids.append(start(*given))
        return ids[-1]

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(forward, "connect", Cluster)
    monkeypatch.setattr(background, "python", lambda module, told: [sys.executable, "-S", "-c", STANDS_IN, told])
    monkeypatch.setattr(background, "start", noted)
    yield ids
    for one in ids:
        if running(one):
            os.kill(one, signal.SIGKILL)
        os.waitpid(one, 0)


@pytest.fixture
def pod() -> dict[str, Any]:
    ports = ports_annotation(forward.free_ports((5432, 8200)))
    return {"metadata": {"annotations": {ACCESS_ANNOTATION: "port-forward", PORTS_ANNOTATION: ports, HOST_LABEL: ""}}}


def asked(pod: dict[str, Any]) -> dict[str, Any]:
    port = json.loads(pod["metadata"]["annotations"][PORTS_ANNOTATION])["5432"]
    with socket.create_connection(("127.0.0.1", port)) as one:
        found: dict[str, Any] = json.loads(b"".join(iter(lambda: one.recv(1 << 16), b"")))
    return found


def test_many_that_need_it_start_one(started: list[int], pod: dict[str, Any]) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: forward.keep(SERVER, pod), range(8)))
    assert len(started) == 1
    assert asked(pod)["pid"] == started[0]


def test_one_that_was_killed_is_started_again_at_the_same_ports(started: list[int], pod: dict[str, Any]) -> None:
    forward.keep(SERVER, pod)
    first = asked(pod)["pid"]
    os.kill(first, signal.SIGKILL)
    while running(first):
        time.sleep(0.01)
    forward.keep(SERVER, pod)
    assert asked(pod)["pid"] == started[1] != first


def test_it_has_no_login_and_nothing_of_pulumis(
    started: list[int], pod: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"PULUMI_HOME": "x", "PULUMI_CONFIG_PASSPHRASE": "x", "VAULT_TOKEN": "x", "PGPASSWORD": "x", "OTHER": "x"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    forward.keep(SERVER, pod)
    assert set(given) & set(asked(pod)["names"]) == {"OTHER"}


def test_a_port_that_another_program_has_is_told(started: list[int], pod: dict[str, Any]) -> None:
    port = json.loads(pod["metadata"]["annotations"][PORTS_ANNOTATION])["8200"]
    another = pytest.raises(EngineError, match=rf"Port {port} of .*another program")
    with socket.create_server(("127.0.0.1", port)), another:
        forward.keep(SERVER, pod)
    assert not started
    forward.keep(SERVER, pod)  # the lock was given back
    assert asked(pod)["pid"] == started[0]


def test_what_killed_ones_have_left_is_cleared(started: list[int], pod: dict[str, Any], tmp_path: Path) -> None:
    folder = tmp_path / "leasehold" / "forwards"
    folder.mkdir(parents=True)
    for name in ("killed.lock", "killed.log"):
        (folder / name).touch()
    forward.keep(SERVER, pod)
    assert sorted(one.name for one in folder.iterdir()) == ["1234.lock", "1234.log"]


def test_ports_that_are_free_are_different_ones() -> None:
    found = forward.free_ports((5432, 8200))
    assert len({*found.values()}) == len(found) == 2

"""A load balancer's address, when it comes, and when it does not."""

import socket
from collections.abc import Iterator
from typing import Any, cast

import pytest

from leasehold.engines.kubernetes.api import Api
from leasehold.engines.kubernetes.balancer import address_of, await_address, await_answer
from leasehold.errors import EngineError


def service(*points: dict[str, str]) -> dict[str, Any]:
    return {"metadata": {"resourceVersion": "1"}, "status": {"loadBalancer": {"ingress": list(points)}}}


class Controller:
    """Gives an address by and by."""

    def __init__(self, *states: dict[str, Any]) -> None:
        self._states = list(states)

    def get(self, path: str) -> dict[str, Any]:
        assert path == "/api/v1/namespaces/leasehold-a/services/gateway"
        return self._states[0]

    def watch(self, path: str, seconds: int, **_: Any) -> Iterator[dict[str, Any]]:
        while len(self._states) > 1:
            self._states.pop(0)
            yield {"type": "MODIFIED", "object": self._states[0]}


def test_an_address_is_an_ip_or_a_name() -> None:
    without: list[dict[str, Any]] = [{}, {"status": {"loadBalancer": {}}}, service({"ipMode": "VIP"})]
    assert [address_of(one) for one in without] == ["", "", ""]
    assert address_of(service({"ip": "192.0.2.9"}, {"ip": "192.0.2.10"})) == "192.0.2.9"
    assert address_of(service({"hostname": "lb.example.org"})) == "lb.example.org"


def test_it_is_waited_for() -> None:
    api = Controller(service(), service(), service({"ip": "192.0.2.9"}))
    assert await_address(cast(Api, api), "leasehold-a", "gateway") == "192.0.2.9"


def test_where_none_comes_it_is_told_who_gives_it() -> None:
    with pytest.raises(EngineError, match=r"leasehold-a/gateway has no address after 0 s.*LEASEHOLD_CLUSTER_ACCESS"):
        await_address(cast(Api, Controller(service())), "leasehold-a", "gateway", limit=0)


def test_so_is_its_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        await_answer("127.0.0.1", port)
    with pytest.raises(EngineError, match=r"nothing answers at its port .*let through"):
        await_answer("127.0.0.1", port, limit=0)

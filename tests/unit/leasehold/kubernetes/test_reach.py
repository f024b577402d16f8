"""How a run is reached, by where its maker is and what its maker chose."""

import json
import socket
from pathlib import Path
from typing import Any, cast

import pytest

from leasehold.contract import HOST_LABEL
from leasehold.engines.kubernetes import answers, faults, forward, pods, reach
from leasehold.engines.kubernetes.api import Api
from leasehold.engines.kubernetes.names import ACCESS_ANNOTATION, PORTS_ANNOTATION
from leasehold.engines.kubernetes.reach import ACCESS, GATEWAY, Access, access, check_access, known_host
from leasehold.errors import EngineError

OWN = {"dev.leasehold.part": "gateway"}
IN_A_POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_who_is_in_the_cluster_uses_services_and_who_is_not_a_port_of_the_nodes(home: Path) -> None:
    assert access({}) is Access.NODE_PORT
    assert access(IN_A_POD) is Access.SERVICE
    assert access({**IN_A_POD, "KUBECONFIG": "/of/another"}) is Access.NODE_PORT
    (home / ".kube").mkdir()
    (home / ".kube" / "config").write_text("{}")
    assert access(IN_A_POD) is Access.NODE_PORT  # the cluster may be another than the Pod's own


@pytest.mark.parametrize("way", Access)
def test_what_is_chosen_is_taken(way: Access) -> None:
    assert access({ACCESS: str(way)}) is access({**IN_A_POD, ACCESS: str(way)}) is way


def test_a_wrong_choice_is_one_sentence() -> None:
    with pytest.raises(EngineError) as told:
        access({ACCESS: "ingress"})
    assert str(told.value) == (
        "LEASEHOLD_CLUSTER_ACCESS is 'ingress'; it can be service, node-port, port-forward, load-balancer."
    )


def test_an_address_that_would_not_be_used_is_refused() -> None:
    for way in (Access.SERVICE, Access.PORT_FORWARD):
        with pytest.raises(EngineError, match=r"LEASEHOLD_GATEWAY is set, and runs .* reached by"):
            access({ACCESS: str(way), GATEWAY: "192.0.2.7"})
    for way in (Access.NODE_PORT, Access.LOAD_BALANCER):
        own = {ACCESS: str(way), GATEWAY: "192.0.2.7"}
        assert known_host(access(own), own) == "192.0.2.7"


def test_types_of_services() -> None:
    types = {str(way): way.service_type for way in Access}
    assert types == {
        "service": "ClusterIP",
        "node-port": "NodePort",
        "port-forward": "ClusterIP",
        "load-balancer": "LoadBalancer",
    }


def test_services_are_for_those_who_know_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str, *_: Any) -> Any:
        raise socket.gaierror(-2, f"no {name}")

    monkeypatch.setenv(ACCESS, "service")
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(EngineError, match=r"knows no such name \(kubernetes\.default\.svc: .*Choose another way"):
        check_access()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [])
    check_access()


def _gateway(way: Access, host: str) -> dict[str, Any]:
    ports = json.dumps({"5432": 1, "8200": 2})
    about = {ACCESS_ANNOTATION: str(way), HOST_LABEL: host, PORTS_ANNOTATION: ports}
    running = {"name": "server", "state": {"running": {}}}
    return {"metadata": {"annotations": about}, "status": {"containerStatuses": [running]}}


@pytest.mark.parametrize(
    ("way", "says"),
    [
        (Access.SERVICE, "Such a name is known in the cluster's Pods alone"),
        (Access.NODE_PORT, "have node ports let through"),
        (Access.LOAD_BALANCER, "a load balancer's address: have this machine let through"),
    ],
)
def test_who_does_not_reach_a_run_is_told_by_what_to_do(
    way: Access, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pods, "find", lambda server: _gateway(way, "127.0.0.1"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        why = answers.out_of_reach("leasehold-a-gateway", "127.0.0.1", port)
        assert why.startswith(f"nothing answers at 127.0.0.1:{port} here (")
        assert says in why
        assert ACCESS in why
        taken.listen()
        assert answers.out_of_reach("leasehold-a-gateway", "127.0.0.1", port) == ""


class Found:
    def __init__(self, gateway: dict[str, Any], kind: str) -> None:
        self._gateway, self._kind = gateway, kind

    def find(self, path: str) -> dict[str, Any]:
        return self._gateway

    get = find

    def listed(self, path: str) -> list[dict[str, Any]]:
        spec = {"type": self._kind, "selector": OWN}
        return [{"metadata": {"name": "gateway"}, "spec": spec}]


def test_a_service_of_another_type_than_was_declared_is_a_fault() -> None:
    gateway = _gateway(Access.SERVICE, "gateway.leasehold-a.svc")
    opened = list(faults._services(cast(Api, Found(gateway, "LoadBalancer")), "a", [OWN], Access.SERVICE))
    assert opened == ["the service 'gateway' is a LoadBalancer, and the run was made to be reached by service"]
    assert not list(faults._services(cast(Api, Found(gateway, "ClusterIP")), "a", [OWN], Access.SERVICE))


def test_a_port_that_is_not_forwarded_any_more_is_forwarded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    gateway, started = _gateway(Access.PORT_FORWARD, "127.0.0.1"), list[str]()
    monkeypatch.setattr(pods, "find", lambda server: gateway)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        monkeypatch.setattr(forward, "keep", lambda server, pod: started.append(server))
        assert answers.out_of_reach("leasehold-a-gateway", "127.0.0.1", port) == ""
        assert started == ["leasehold-a-gateway"]

        def taken_by_another(server: str, pod: Any) -> None:
            raise EngineError("Port 1 is taken by another program.")

        monkeypatch.setattr(forward, "keep", taken_by_another)
        why = answers.out_of_reach("leasehold-a-gateway", "127.0.0.1", port)
        assert why == "Port 1 is taken by another program"


@pytest.mark.parametrize("way", Access)
def test_who_else_reaches_a_run_is_noted(way: Access) -> None:
    (note,) = faults.notes_of(cast(Api, Found(_gateway(way, "somewhere"), "")), "a")
    assert "somewhere" in note


def test_of_a_run_that_is_made_here_no_more_is_told_than_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert known_host(Access.SERVICE, {}) == known_host(Access.LOAD_BALANCER, {}) == ""
    assert known_host(Access.PORT_FORWARD, {}) == "127.0.0.1"
    node = {"addresses": [{"type": "InternalIP", "address": "192.0.2.1"}], "conditions": []}

    class Nodes:
        def listed(self, path: str) -> list[dict[str, Any]]:
            return [{"status": node}]

    monkeypatch.setattr(reach, "connect", Nodes)
    with pytest.raises(EngineError, match="no node that is ready"):
        known_host(Access.NODE_PORT, {})
    node["conditions"] = [{"type": "Ready", "status": "True"}]
    assert known_host(Access.NODE_PORT, {}) == "192.0.2.1"

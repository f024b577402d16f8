"""How a run in a cluster is declared to be reached, over Pulumi's mocks."""

import json
from pathlib import Path

import pytest

from components import Environment
from leasehold import Outputs
from leasehold.contract import HOST_LABEL
from leasehold.engines.kubernetes.names import ACCESS_ANNOTATION, PORTS_ANNOTATION
from leasehold.engines.kubernetes.reach import ACCESS, Access
from stacks.shop.roles import ROLES
from tests import mocks

OWN_PORTS = {"5432": 5432, "8200": 8200}


@pytest.fixture(autouse=True)
def nobodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell that names no cluster."""
    monkeypatch.setenv("LEASEHOLD_ENGINE", "kubernetes")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)


def declared() -> tuple[mocks.Recorder, Environment]:
    recorder, environment = mocks.run(lambda: Environment("environment", {"roles": ROLES}))
    return recorder, environment


def test_by_its_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")  # as every Pod has it
    _, environment = declared()
    outputs = Outputs.parse({name: mocks.known(output) for name, output in environment.outputs.items()})
    host = f"leasehold-{mocks.STACK}-gateway.leasehold-{mocks.STACK}.svc"
    assert outputs.gateway.model_dump() == {"host": host, "database_port": 5432, "broker_port": 8200}
    assert outputs.broker.address == f"https://{host}:8200"


@pytest.mark.parametrize(
    ("way", "kind", "ports"),
    [
        (Access.SERVICE, "ClusterIP", OWN_PORTS),
        (Access.NODE_PORT, "NodePort", {"5432": 30432, "8200": 33200}),
        (Access.PORT_FORWARD, "ClusterIP", None),
        (Access.LOAD_BALANCER, "LoadBalancer", OWN_PORTS),
    ],
)
def test_the_gateways_service_and_what_its_pod_tells(
    way: Access, kind: str, ports: dict[str, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ACCESS, way)
    recorder, _ = declared()
    types = {
        one.inputs["metadata"]["name"].rpartition("-")[2]: one.inputs["spec"]["type"] for one in recorder.of("Service")
    }
    assert types == {"database": "ClusterIP", "broker": "ClusterIP", "gateway": kind}
    told = {
        one.inputs["metadata"]["name"].rpartition("-")[2]: one.inputs["metadata"]["annotations"]
        for one in recorder.of("Pod")
    }
    assert told["gateway"][ACCESS_ANNOTATION] == str(way)
    assert told["gateway"][HOST_LABEL]
    found = json.loads(told["gateway"][PORTS_ANNOTATION])
    assert found == ports if ports else set(found) == set(OWN_PORTS)
    assert not [name for name in ("database", "broker") if {ACCESS_ANNOTATION, HOST_LABEL} & set(told[name])]

"""The probe finds each broken promise of the network, and none in a run as declared."""

import json
import secrets
import subprocess
from collections.abc import Callable

import docker
import pytest

from leasehold import Run, RunNotFoundError
from leasehold.contract import PART_LABEL, RUN_LABEL
from leasehold.engines.labelled import take_inventory
from leasehold.errors import EngineError
from leasehold.proofs.probe import Matrix, probe

from .support import COMMAND, PROJECTS, Live, container, leasehold, network


@pytest.fixture(scope="module")
def found(quiet: Live, live: Live) -> Matrix:
    """What the probe finds in a run that has a neighbour, `live`."""
    return probe(quiet.run.name)


def test_a_run_as_declared_keeps_every_promise(found: Matrix) -> None:
    assert found.violations == []


@pytest.mark.parametrize("source", ["workload", "database", "broker", "gateway"])
def test_those_inside_reach_each_other_by_name_and_address(found: Matrix, source: str) -> None:
    reached = {(cell.target.name, cell.target.host) for cell in found.cells if cell.source == source and cell.reached}
    assert {name for name, _ in reached} - {"gateway's edge"} == {"workload", "database", "broker", "gateway"}
    assert {"database", "broker", "gateway"} <= {host for _, host in reached}


def test_nobody_reaches_anything_else(found: Matrix, live: Live) -> None:
    tried = {cell.target.name for cell in found.cells if not cell.declared}
    assert {"outside", f"{live.run.name}'s database", f"{live.run.name}'s broker"} <= tried
    assert [str(cell) for cell in found.cells if cell.reached and not cell.declared] == []
    assert {cell.target.protocol for cell in found.cells} == {"tcp", "udp"}


@pytest.mark.parametrize("source", ["workload", "database", "broker", "gateway"])
def test_a_datagram_within_the_network_is_heard_by_name_and_address(found: Matrix, source: str) -> None:
    heard = [
        cell.target for cell in found.cells if cell.source == source and cell.target.protocol == "udp" and cell.reached
    ]
    assert {target.name for target in heard} - {"gateway's edge"} == {"workload", "database", "broker", "gateway"}
    assert {"database", "broker", "gateway"} <= {target.host for target in heard}


def test_no_datagram_comes_from_elsewhere(found: Matrix) -> None:
    tried = [cell for cell in found.cells if cell.target.protocol == "udp" and not cell.declared]
    assert {(cell.source, cell.target.name) for cell in tried} >= {
        *((source, "outside") for source in ("workload", "database", "broker", "gateway")),
        *(("outsider", target) for target in ("database", "broker", "gateway", "gateway's edge")),
    }
    assert [str(cell) for cell in tried if cell.reached] == []


def test_others_on_its_networks(quiet: Live, engine: docker.DockerClient) -> None:
    """A second container within, and a gateway into another network; by the command line."""
    inner, edge = (f"leasehold-{quiet.run.name}-{name}" for name in ("inner", "edge"))
    with (
        network(engine, f"lsh-other-{secrets.token_hex(3)}") as other,
        container(engine, "sleep 900", network=inner) as foreign,
        container(engine, "sleep 900", network=other) as bystander,
    ):
        engine.networks.get(edge).connect(bystander)
        done = leasehold("probe", quiet.run.name, "--json")
    assert done.returncode == 12, done.stderr
    assert set(json.loads(done.stdout)["violations"]) == {
        f"container {foreign.name} is on the inner network, and is not the run's",
        f"container {bystander.name} is on the edge network, and is not the run's",
    }


def test_a_network_with_a_way_out(make_run: Callable[..., Run]) -> None:
    run = make_run(PROJECTS / "open_network")
    violations = probe(run.name).violations
    assert "the inner network has a way out: it is not internal" in violations
    assert "the host has an address on the inner network" in violations
    assert any(line.startswith("masquerading is on in the edge network") for line in violations)


def test_a_server_that_is_dead_is_named_and_the_probe_leaves_nothing(
    make_run: Callable[..., Run], engine: docker.DockerClient
) -> None:
    run = make_run()
    before = take_inventory(run.name)
    engine.containers.get(f"leasehold-{run.name}-broker").kill()
    with pytest.raises(EngineError, match=f"leasehold-{run.name}-broker does not run"):
        probe(run.name)
    left = take_inventory(run.name)
    assert (left.servers, left.others) == (before.servers, before.others)


def test_a_probe_that_was_killed_is_not_in_the_way_of_the_next(
    make_run: Callable[..., Run], engine: docker.DockerClient
) -> None:
    """It leaves its listeners in the servers' networks until the run ends."""
    run = make_run()
    killed = subprocess.Popen([*COMMAND, "probe", run.name], start_new_session=True, stdout=subprocess.DEVNULL)
    labels = [f"{RUN_LABEL}={run.name}", f"{PART_LABEL}=probe"]
    while len(left := engine.containers.list(filters={"label": labels})) < 5:
        assert killed.poll() is None, "the probe ended, and was never seen to listen everywhere"
    killed.kill()
    killed.wait()
    assert probe(run.name).violations == []
    for one in left:
        one.reload()
        assert one.status == "running", "what was killed has left nothing, so nothing was shown"


def test_an_unknown_run() -> None:
    with pytest.raises(RunNotFoundError):
        probe("no-such-run")

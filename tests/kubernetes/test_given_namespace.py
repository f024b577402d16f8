"""Runs in a namespace of somebody else's making, with no rights but those of the Role that is printed for it."""

import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from leasehold.contract import ENGINE_VARIABLE
from leasehold.engines.kubernetes.names import NAMESPACE
from leasehold.engines.kubernetes.reach import GATEWAY
from leasehold.errors import EngineError
from tests.integration import lifecycle, test_chaos
from tests.integration.support import COMMAND

from .account import NAME
from .given import FOREIGN, WEB, Given, given
from .support import PORT, command, kill_stuck_session, node, told

pytestmark = pytest.mark.kubernetes

Shell = dict[str, str]
KILLS, LONGEST = int(os.environ.get("LEASEHOLD_CHAOS", "3")), 20.0
"""How many processes are killed, and how long one lives at most, in seconds: longer than an up takes here."""


@pytest.fixture
def shared(image: str) -> Iterator[Given]:
    """A namespace in which others are at work, and the same at the end as it was before."""
    with given(image) as made:
        made.settle()
        before = made.there()
        yield made
        after = {name: uid for name, uid in made.there().items() if name != f"account {NAME}"}
        assert after == before
        assert made.reaches(FOREIGN, made.address(WEB), PORT)


@pytest.fixture
def runner(shared: Given, shell: Shell, tmp_path: Path) -> Shell:
    """The environment of commands that work in it."""
    state = {"XDG_STATE_HOME": str(tmp_path / "state")}
    return {**shared.shell(shell, tmp_path, node()), **state}


def named() -> str:
    return f"g-{secrets.token_hex(3)}"


def test_a_run_does_all_that_it_does_elsewhere_and_leaves_others_as_they_were(shared: Given, runner: Shell) -> None:
    lifecycle.run_through(lambda *words: told(runner, *words), named(), node())


def test_two_runs_in_one_namespace_do_not_reach_each_other_nor_anybody_else(shared: Given, runner: Shell) -> None:
    one, other = named(), named()
    try:
        command(runner, "up", one)
        command(runner, "up", other)
        rows = json.loads(command(runner, "list", "--json"))
        assert {row["run"] for row in rows} == {one, other}
        for run, neighbour in ((one, other), (other, one)):
            found, _ = json.JSONDecoder().raw_decode(command(runner, "probe", run, "--json"))
            tried = [cell for cell in found["cells"] if cell["target"].startswith(f"{neighbour}'s ")]
            assert {cell["source"] for cell in tried} == {"workload", "outsider", "database", "broker", "gateway"}
            assert [cell for cell in tried if cell["reached"] and cell["source"] != "outsider"] == []
            assert "; 0 hits" in command(runner, "scan", run)
        # Somebody else in the namespace meets no lock of ours, and is let in nowhere but at the gateway.
        assert shared.reaches(FOREIGN, shared.address(WEB), PORT)
        for part, port, reached in (("database", 5432, False), ("broker", 8200, False), ("gateway", 8200, True)):
            server = shared.address(f"leasehold-{one}-{part}")
            connect = f"socat -u OPEN:/dev/null TCP:{server}:{port},connect-timeout=2"
            assert (shared.run(FOREIGN, "sh", "-c", connect)[0] == 0) is reached, part
    finally:
        for run in (one, other):
            told(runner, *COMMAND, "down", "--wait", run)


def test_what_a_killed_session_leaves_is_swept_and_nothing_else(shared: Given, runner: Shell, tmp_path: Path) -> None:
    backend = tmp_path / "backend"
    backend.mkdir()
    own = {**runner, "PULUMI_BACKEND_URL": f"file://{backend}"}
    kill_stuck_session(tmp_path, own)
    [row] = json.loads(command(own, "list", "--json"))
    assert [name for name in shared.there() if row["run"] in name]
    command(own, "sweep")
    assert not [name for name in shared.there() if row["run"] in name]


def test_processes_killed_at_any_moment_leave_nothing_after_a_sweep(
    shared: Given, runner: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in (ENGINE_VARIABLE, NAMESPACE, GATEWAY, "KUBECONFIG", "XDG_STATE_HOME"):
        monkeypatch.setenv(key, runner[key])
    monkeypatch.setattr(test_chaos, "LONGEST", LONGEST)
    before = shared.there()
    test_chaos.kill_and_sweep(KILLS)
    assert shared.there() == before


def test_where_nodes_may_not_be_listed_the_address_has_to_be_named(shared: Given, runner: Shell) -> None:
    said = command({**runner, GATEWAY: ""}, "up", named(), status=EngineError.exit_code)
    assert "may not list nodes, which a ClusterRole alone allows" in said
    assert f"in {GATEWAY}" in said


def test_a_namespace_that_is_not_there_is_named(shared: Given, shell: Shell) -> None:
    nowhere = {**shell, NAMESPACE: "nowhere-at-all", GATEWAY: node()}
    said = command(nowhere, "up", named(), status=EngineError.exit_code)
    assert "has no namespace 'nowhere-at-all'" in said


def test_who_may_do_what_with_whose_run_is_the_clusters_to_say(
    shared: Given, runner: Shell, image: str, shell: Shell, tmp_path: Path
) -> None:
    with given(image) as theirs:
        other = {**theirs.shell(shell, tmp_path, node()), "XDG_STATE_HOME": runner["XDG_STATE_HOME"]}
        run = named()
        try:
            command(other, "up", run)
            # As somebody who has the other team's files and its name lock, and not its rights.
            trespassing = {**other, "KUBECONFIG": runner["KUBECONFIG"]}
            reader = ("exec", run, "--role", "reader", "--inside", "--image", image, "--", "true")
            for words in (reader, ("probe", run), ("list",), ("sweep",)):
                refused(trespassing, theirs, *words)
            # Whoever sweeps their own namespace sees and touches nothing of the other.
            [row] = json.loads(command(runner, "list", "--json"))
            assert (row["run"], row["state"], row["servers"]) == (run, "on another engine", [])
            assert "There was nothing to sweep" in command(runner, "sweep")
            elsewhere = command(runner, "down", "--wait", run, status=EngineError.exit_code)
            assert f"namespace {theirs.name}" in elsewhere
            refused(trespassing, theirs, "down", "--wait", run)
            assert json.loads(command(other, "list", "--json"))[0]["run"] == run
            assert theirs.read(f"leasehold-{run}-database").status.phase == "Running"
        finally:
            command(other, "down", "--wait", run)
        assert [name for name in theirs.there() if run in name] == []


def refused(shell: Shell, theirs: Given, *words: str) -> None:
    """Hold a command to be refused by the cluster, in a sentence that names what is not given and where."""
    status, said = told(shell, *COMMAND, *words)
    assert status == EngineError.exit_code, (words, said)
    assert f"in namespace {theirs.name}. Have it given that right" in said, (words, said)
    assert "Traceback" not in said


def test_the_api_itself_refuses_the_other_teams_pods(shared: Given, runner: Shell, image: str) -> None:
    with given(image) as theirs:
        theirs.settle()
        for words in (
            ("delete", "pod", WEB, "--wait=false"),
            ("exec", WEB, "--", "true"),
            ("get", "pods"),
            ("delete", "networkpolicy", WEB),
        ):
            status, said = told(runner, "kubectl", "--namespace", theirs.name, *words)
            assert status == 1
            assert "forbidden" in said.lower(), said
        assert theirs.is_ready(WEB)

import json
import os
from pathlib import Path

import pytest

from toolchain.cluster.choice import VARIABLE, chosen
from toolchain.cluster.named import NamedCluster
from toolchain.cluster.own import OwnNode
from toolchain.cluster.tools import NAME, TOOLS, ToolCluster
from toolchain.errors import SetupError

STAND_IN = """#!/bin/sh
# Keeps which clusters there are, and writes down how it was called, and with which KUBECONFIG.
there={folder}/there
echo "$(basename "$0") $*" >> {folder}/calls
case "$*" in
  *create*cluster*|*cluster\\ create*|start*) [ ! -e {folder}/broken ] || exit 1; touch $there;;
  *delete*) rm -f $there;;
  "get clusters"*|"cluster list"*) [ ! -e $there ] || echo "{name} 1/1";;
  "profile list"*) [ -e $there ] && echo '{some}' || echo '{none}';;
  *export*|*write*|update-context*) echo config > "$KUBECONFIG"; chmod 644 "$KUBECONFIG";;
esac
"""


@pytest.fixture
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Programs that say what kind, k3d and minikube say, first on PATH."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    profiles = {"some": json.dumps({"valid": [{"Name": NAME}]}), "none": json.dumps({"invalid": []})}
    for name in TOOLS:
        program = tmp_path / name
        program.write_text(STAND_IN.format(folder=tmp_path, name=NAME, **profiles))
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


def nothing(_program: str) -> None:
    return None


def test_what_is_on_path_goes_before_our_own() -> None:
    assert isinstance(chosen({}, nothing), OwnNode)
    found = [chosen({}, lambda program, there=there: program if program in there else None).name  # type: ignore[misc]
             for there in (("kind", "k3d"), ("minikube", "k3d"), ("minikube",))]  # fmt: skip
    assert found == ["kind", "k3d", "minikube"]
    assert chosen({VARIABLE: "own"}, lambda program: program).name == "own"
    assert chosen({VARIABLE: "minikube"}, lambda program: program).name == "minikube"


def test_what_is_asked_for_and_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="it can be auto, kubeconfig, kind, k3d, minikube, own"):
        chosen({VARIABLE: "guess"}, nothing)
    with pytest.raises(SetupError, match="`kind` is not on PATH"):
        chosen({VARIABLE: "kind"}, nothing)
    with pytest.raises(SetupError, match="there is no file"):
        chosen({VARIABLE: "kubeconfig", "KUBECONFIG": str(tmp_path / "none")}, nothing)


def test_a_cluster_that_is_named_is_neither_started_nor_ended(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.touch()
    cluster = chosen({VARIABLE: "kubeconfig", "KUBECONFIG": str(file)}, lambda program: program)
    said: list[str] = []
    assert isinstance(cluster, NamedCluster)
    assert not cluster.up(said.append)
    cluster.down(said.append)
    assert "is not ours to end" in said[-1]
    assert (cluster.kubeconfig(), file.exists()) == (file, True)
    cluster.load(["alpine/socat:1"], said.append)
    with pytest.raises(SetupError, match="cannot pull leasehold/probe:1"):
        cluster.load(["leasehold/probe:1"], said.append)


@pytest.mark.parametrize("name", TOOLS)
def test_a_tools_cluster_is_started_once_and_deleted(stand_ins: Path, name: str) -> None:
    cluster = ToolCluster(TOOLS[name])
    said: list[str] = []
    assert cluster.kubeconfig() is None
    assert cluster.up(said.append)
    assert not cluster.up(said.append)
    file = cluster.kubeconfig()
    assert file is not None
    assert file.stat().st_mode & 0o777 == 0o600
    cluster.load(["an-image:1"], said.append)
    cluster.down(said.append)
    cluster.down(said.append)
    assert not file.exists()
    calls = (stand_ins / "calls").read_text().splitlines()
    assert all(call.startswith(f"{name} ") for call in calls)
    for word in ("delete", "an-image:1"):
        assert [NAME in call.split() for call in calls if word in call] == [True]


@pytest.mark.parametrize("name", TOOLS)
def test_half_of_a_tools_cluster_does_not_stay(stand_ins: Path, name: str) -> None:
    (stand_ins / "broken").touch()
    with pytest.raises(SetupError, match="failed with exit status 1"):
        ToolCluster(TOOLS[name]).up(lambda line: None)
    assert "delete" in (stand_ins / "calls").read_text().splitlines()[-1]

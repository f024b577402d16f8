import datetime
import json
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from cryptography import x509

from leasehold import paths
from toolchain.cluster import (
    api,
    authority,
    bringup,
    cable,
    components,
    configuration,
    dns,
    locks,
    network,
    own,
    programs,
    tarball,
)
from toolchain.cluster.layout import Layout
from toolchain.cluster.own import OwnNode
from toolchain.errors import SetupError


def test_the_kubeconfig_names_the_server_and_the_administrator() -> None:
    keys = authority.Authority(datetime.timedelta(hours=1))
    admin = keys.client("admin", "system:masters")
    told = json.loads(configuration.kubeconfig("https://198.19.254.2:6443", keys.pair.public, admin))
    assert told["clusters"][0]["cluster"]["server"] == "https://198.19.254.2:6443"
    assert set(told["users"][0]["user"]) == {"client-certificate-data", "client-key-data"}
    assert told["current-context"] == told["contexts"][0]["name"]


def test_certificates_are_the_authoritys_and_end_with_it() -> None:
    keys = authority.Authority(datetime.timedelta(hours=1))
    server = x509.load_pem_x509_certificate(keys.server("api", ["127.0.0.1"], ["kubernetes"]).public)
    own = x509.load_pem_x509_certificate(keys.pair.public)
    server.verify_directly_issued_by(own)
    assert server.not_valid_after_utc == own.not_valid_after_utc
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["kubernetes"]
    client = x509.load_pem_x509_certificate(keys.client("admin", "system:masters").public)
    assert client.subject.rfc4514_string() == "CN=admin,O=system:masters"


def test_the_kubelet_asks_our_dns_and_stays_in_our_cgroup() -> None:
    told = json.loads(configuration.kubelet())
    assert told["clusterDNS"] == [network.DNS_SERVICE]
    assert told["cgroupRoot"] == f"/{network.CGROUP}"
    assert told["authentication"]["anonymous"] == {"enabled": False}


def test_connection_tracking_of_the_machine_stays() -> None:
    assert json.loads(configuration.kube_proxy())["conntrack"]["maxPerCore"] == 0


def test_dns_has_the_labels_and_the_address_that_others_expect() -> None:
    objects = {item["kind"]: item for item in json.loads(dns.manifests())["items"]}
    assert objects["Service"]["spec"]["clusterIP"] == network.DNS_SERVICE
    assert objects["Service"]["spec"]["selector"] == {"k8s-app": "kube-dns"}
    assert objects["Deployment"]["spec"]["template"]["metadata"]["labels"] == {"k8s-app": "kube-dns"}
    assert network.DOMAIN in objects["ConfigMap"]["data"]["Corefile"]


def test_every_component_that_is_started_is_built() -> None:
    commands = (components.API_SERVER, components.CONTROLLERS, components.SCHEDULER, components.KUBELET)
    started = {command[0] for command in (*commands, components.PROXY, components.POLICIES, components.KUBECTL)}
    assert started == set(programs.COMPONENTS)


def test_builds_are_kept_by_their_content(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    before = programs.kube(), programs.system()
    monkeypatch.setattr(programs, "PACKAGES", (*programs.PACKAGES, "one-more"))
    assert programs.kube() == before[0]
    assert programs.system() != before[1]
    assert not programs.parts()[0].find().ok


def test_kubernetes_version_is_the_modules() -> None:
    assert programs.version() == "v1.34.3"


def test_an_image_is_an_archive_with_its_name(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("text")
    tarball.write(tmp_path / "image.tar", "localhost/one:1", {"bin/one": program}, ["/bin/one"])
    with tarfile.open(tmp_path / "image.tar") as tar:
        [entry] = json.load(tar.extractfile("manifest.json"))  # type: ignore[arg-type]
        config = json.load(tar.extractfile(entry["Config"]))  # type: ignore[arg-type]
        with tarfile.open(fileobj=tar.extractfile(entry["Layers"][0])) as layer:
            assert layer.getmember("bin/one").mode == 0o755
    assert entry["RepoTags"] == ["localhost/one:1"]
    assert config["config"]["Entrypoint"] == ["/bin/one"]


@pytest.mark.parametrize(
    ("conditions", "ready"),
    [([{"type": "Ready", "status": "True"}], True), ([{"type": "Ready", "status": "False"}], False), ([], False)],
)
def test_a_node_is_ready_when_it_says_so(conditions: list[dict[str, str]], ready: bool) -> None:
    assert api.node_ready({"status": {"conditions": conditions}}) is ready
    assert not api.node_ready(None)


def test_a_lock_goes_on_with_who_inherits_it(tmp_path: Path) -> None:
    path = tmp_path / "alive"
    with path.open("a+") as file:
        assert locks.take(file.fileno())
        child = subprocess.Popen(
            [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[file.fileno()], text=True
        )
    with path.open("r+") as other:
        assert locks.taken(other.fileno())
        assert not locks.take(other.fileno())
        child.communicate("\n")
        assert not locks.taken(other.fileno())
        assert locks.take(other.fileno())


def test_a_second_node_on_one_machine_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(cable, "owner", lambda: "/somewhere/else")
    with pytest.raises(SetupError, match="Another node of ours is up on this machine: /somewhere/else"):
        OwnNode().up(lambda line: None)
    assert OwnNode().kubeconfig() is None


def test_loading_needs_a_cluster_that_is_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with pytest.raises(SetupError, match="cluster up"):
        OwnNode().load(["any:1"], lambda line: None)


def test_those_who_load_at_once_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    layout = Layout(paths.state() / "cluster")
    layout.folder.mkdir(parents=True)
    layout.ready.touch()
    layout.inner.write_text("1")
    turns = []

    def save(_image: str, _command: object) -> None:
        with layout.turn.open("r+") as file:
            turns.append(locks.taken(file.fileno()))

    monkeypatch.setattr(own, "save", save)
    with layout.alive.open("a+") as alive:
        assert locks.take(alive.fileno())
        OwnNode().load(["one:1", "two:1"], lambda line: None)
    assert turns == [True, True]


def test_a_program_that_ends_is_started_again_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = Layout(tmp_path)
    layout.logs.mkdir(parents=True)
    monkeypatch.setattr(bringup, "_WATCH", 0.01)
    monkeypatch.setattr(bringup, "REVIVALS", 2)
    monkeypatch.setattr(bringup.Node, "_inside", lambda node, command: ["sh", "-c", "exit 3"])
    monkeypatch.setattr(bringup, "Api", lambda *words: None)
    node = bringup.Node(layout, 1)
    node._spawn(["kubelet"])
    with pytest.raises(bringup.NodeError, match="kubelet ended with exit status 3, and has been started 2 times"):
        node.watch(600)
    assert capsys.readouterr().out.count("kubelet started") == 3

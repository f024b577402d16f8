"""Which engine a shell means: as the docker command has it, one row a shell."""

import hashlib
import json
from pathlib import Path

import pytest

from leasehold.engines.docker.endpoint import DEFAULT, Endpoint, EndpointError, endpoint

FAR = "tcp://engine.example.org:2376"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A DOCKER_CONFIG with contexts `plain` and `secured`, and no config.json: `docker context create` makes none."""
    for name, host in (("plain", "unix:///run/other.sock"), ("secured", FAR), ("behind", "ssh://ada@example.org")):
        described = {"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": False}}}
        meta = tmp_path / "contexts" / "meta" / key(name) / "meta.json"
        meta.parent.mkdir(parents=True)
        meta.write_text(json.dumps(described))
    certificates(tmp_path, "secured").mkdir(parents=True)
    return tmp_path


def key(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def certificates(folder: Path, name: str) -> Path:
    return folder / "contexts" / "tls" / key(name) / "docker"


def choose(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text)


def meant(folder: Path, **shell: str) -> Endpoint:
    return endpoint({"DOCKER_CONFIG": str(folder), **shell})


def test_nothing_is_named(folder: Path) -> None:
    assert meant(folder) == Endpoint(DEFAULT)
    assert meant(folder, DOCKER_CONTEXT="default") == Endpoint(DEFAULT)


def test_a_context_that_is_named_or_chosen(folder: Path) -> None:
    plain = Endpoint("unix:///run/other.sock", context="plain")
    assert meant(folder, DOCKER_CONTEXT="plain") == plain
    choose(folder, '{"currentContext": "plain"}')
    assert meant(folder) == plain
    assert meant(folder, DOCKER_CONTEXT="secured") == Endpoint(FAR, certificates(folder, "secured"), context="secured")
    assert meant(folder, DOCKER_CONTEXT="behind") == Endpoint("ssh://ada@example.org", context="behind")
    assert meant(folder, DOCKER_CONTEXT="default") == Endpoint(DEFAULT)


def test_a_host_counts_for_more(folder: Path) -> None:
    choose(folder, '{"currentContext": "no-such"}')
    assert meant(folder, DOCKER_HOST=FAR, DOCKER_CONTEXT="none-either") == Endpoint(FAR)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"currentContext": ""}'])
def test_a_configuration_that_chooses_none(folder: Path, text: str) -> None:
    choose(folder, text)
    assert meant(folder) == Endpoint(DEFAULT)


@pytest.mark.parametrize(
    ("shell", "verify", "host"),
    [
        ({"DOCKER_HOST": FAR, "DOCKER_TLS_VERIFY": "1"}, True, FAR),
        ({"DOCKER_HOST": FAR, "DOCKER_TLS": "1"}, False, FAR),
        ({"DOCKER_TLS_VERIFY": "1"}, True, "tcp://localhost:2376"),
    ],
)
def test_tls(folder: Path, shell: dict[str, str], verify: bool, host: str) -> None:
    assert meant(folder, **shell) == Endpoint(host, folder, verify)
    assert meant(folder, **shell, DOCKER_CERT_PATH="/certs") == Endpoint(host, Path("/certs"), verify)


def test_certificates_without_tls_to_use_them_for(folder: Path) -> None:
    """The docker command leaves them; Pulumi's provider would take them, so it is told of none."""
    for shell in ({"DOCKER_HOST": FAR}, {"DOCKER_HOST": DEFAULT, "DOCKER_TLS_VERIFY": "1"}):
        found = meant(folder, **shell, DOCKER_CERT_PATH="/certs")
        assert found.certificates is None
        assert found.variables() == {
            "DOCKER_HOST": shell["DOCKER_HOST"],
            "DOCKER_CONTEXT": "",
            "DOCKER_CERT_PATH": "",
            "DOCKER_TLS_VERIFY": "",
        }


def test_what_another_program_is_told_means_the_same(folder: Path) -> None:
    secured = meant(folder, DOCKER_CONTEXT="secured")
    again = meant(folder, **secured.variables())
    assert (again.host, again.certificates, again.verify) == (secured.host, secured.certificates, secured.verify)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("no-such", "There is no Docker context 'no-such'. Choose one that `docker context ls` shows"),
        ("plain", r"Docker context 'plain' cannot be read \(.*meta.json\). Choose one"),
    ],
)
def test_one_that_cannot_be_used_is_one_sentence(folder: Path, name: str, said: str) -> None:
    (folder / "contexts" / "meta" / key("plain") / "meta.json").write_text("{")
    with pytest.raises(EndpointError, match=said):
        meant(folder, DOCKER_CONTEXT=name)


@pytest.mark.parametrize(
    ("host", "here"),
    [
        (DEFAULT, True),
        ("tcp://127.0.0.1:2376", True),
        ("tcp://localhost:2376", True),
        ("tcp://[::1]:2376", True),
        (FAR, False),
        ("tcp://10.0.0.1:2375", False),
        ("tcp://0.0.0.0:2375", True),
        ("ssh://localhost", False),
    ],
)
def test_which_are_asked_without_a_proxy(host: str, here: bool) -> None:
    assert Endpoint(host).is_here == here

"""Generations of the authority, declared and registered."""

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from components import AuthorityArgs, DeclarationError, Environment
from components.certificates.reissue import Server
from components.declared.authority import check_authority
from components.engines.docker.engine import archive
from stacks import shop
from stacks.shop.roles import ROLES
from tests import mocks


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))


@cache
def declared(generation: int = 1, trusted: int | None = None) -> tuple[mocks.Recorder, list[int]]:
    """Return what such an authority registers, and the serial numbers of the certificates that are trusted."""
    authority: AuthorityArgs = {"generation": generation, "trusted": generation if trusted is None else trusted}
    recorder, environment = mocks.run(lambda: Environment("environment", {"roles": ROLES, "authority": authority}))
    bundle = mocks.known(environment.tls)["certificate"].encode()
    return recorder, [one.serial_number for one in x509.load_pem_x509_certificates(bundle)]


def uploads(recorder: mocks.Recorder) -> dict[str, Any]:
    return {
        made.name: {
            file["file"]: file["content"] for file in made.inputs["uploads"] if not file["file"].endswith("crt")
        }
        for made in recorder.of("Container")
    }


@pytest.mark.parametrize(
    ("args", "trusted"),
    [
        (None, [1]),
        ({}, [1]),
        ({"generation": 3}, [3]),
        ({"generation": 3, "trusted": 2}, [2, 3]),
    ],
)
def test_what_is_trusted(args: AuthorityArgs | None, trusted: list[int]) -> None:
    assert list(check_authority(args).trusted) == trusted


@pytest.mark.parametrize(
    "args", [{"generation": 0}, {"trusted": 0}, {"generation": 2, "trusted": 3}, {"generation": -1, "trusted": -2}]
)
def test_who_signs_is_trusted(args: AuthorityArgs) -> None:
    with pytest.raises(DeclarationError, match="the one that signs must be trusted"):
        check_authority(args)


def test_the_first_generation_needs_nothing_more() -> None:
    recorder, serials = declared()
    assert not recorder.of("RandomUuid")
    assert [made.name for made in recorder.of("RandomPassword") if "seed" in made.name] == [
        "environment-certificates-seed"
    ]
    assert len(serials) == 1


def test_each_generation_has_a_seed_of_its_own() -> None:
    recorder, serials = declared(3, 2)
    assert {made.name for made in recorder.of("RandomPassword") if "-seed" in made.name} == {
        "environment-certificates-seed",
        "environment-certificates-seed-2",
        "environment-certificates-seed-3",
    }
    assert len(set(serials)) == 2


def test_a_seed_that_nobody_trusts_any_more_goes() -> None:
    recorder, _ = declared(3)
    assert "environment-certificates-seed-2" not in [made.name for made in recorder.of("RandomPassword")]


def test_an_authority_rotation_follows_what_is_trusted() -> None:
    keepers = []
    for generation, trusted in ((2, 1), (2, 2), (3, 2)):
        recorder, _ = declared(generation, trusted)
        keepers.append(recorder.of("RandomUuid")[0].inputs["keepers"])
    assert len({kept["authorities"] for kept in keepers}) == 3
    assert {kept["database"] for kept in keepers} == {"environment-database-server-id"}


def test_uploads_stay_what_they_were() -> None:
    """Else the provider would replace the containers, and what is in memory would be lost."""
    first, _ = declared()
    later, _ = declared(2)
    assert uploads(first) == uploads(later)


def test_the_program_takes_generations_from_the_stacks_configuration() -> None:
    recorder, _ = mocks.run(shop.declare, {"leasehold:authority": "3", "leasehold:trusted": "2"})
    assert {made.name for made in recorder.of("RandomPassword") if "-seed" in made.name} == {
        "environment-certificates-seed",
        "environment-certificates-seed-2",
        "environment-certificates-seed-3",
    }


def test_no_key_is_shown_with_a_server() -> None:
    assert "hush" not in repr(Server("broker", "x", "127.0.0.1", 1, {"server.key": "hush"}))


def test_files_are_packed_under_names_that_no_server_reads() -> None:
    packed = archive({"server.crt": "certificate", "server.key": "ky"})
    assert b"server.crt.new" in packed
    assert b"certificate" in packed

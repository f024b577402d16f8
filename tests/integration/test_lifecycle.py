"""Up, up again, down: with Pulumi's own command line and no code of ours but the program."""

import secrets
from collections.abc import Callable, Iterator

import docker
import pytest

from leasehold import Run
from leasehold.engines.labelled import take_inventory
from leasehold.leases.authority import authority_files

from .support import PARTS, exported, pulumi


@pytest.fixture
def plain_name() -> Iterator[str]:
    """Name of a stack that plain Pulumi makes; it is no run of ours, so nothing of ours ends it."""
    name = f"t-{secrets.token_hex(4)}"
    yield name
    pulumi("destroy", "--yes", "--skip-preview", "--stack", name, check=False)
    pulumi("stack", "rm", name, "--yes", "--remove-backups", check=False)
    assert authority_files(name) == []


def test_plain_pulumi_creates_repeats_and_destroys(plain_name: str) -> None:
    name = plain_name
    pulumi("stack", "init", name)
    pulumi("up", "--yes", "--stack", name)
    assert len(take_inventory(name).servers) == len(PARTS)
    [certificates] = authority_files(name)
    pulumi("up", "--yes", "--expect-no-changes", "--stack", name)
    pulumi("preview", "--expect-no-changes", "--stack", name)
    pulumi("preview", "--refresh", "--expect-no-changes", "--stack", name)
    assert certificates.exists(), "a look at it removes nothing"
    pulumi("destroy", "--yes", "--remove", "--stack", name)
    assert take_inventory(name).empty
    assert authority_files(name) == []


@pytest.mark.soak
@pytest.mark.parametrize("killed", [("broker",), ("database",), ("broker", "database", "gateway")])
def test_destroy_succeeds_when_servers_are_dead(
    make_run: Callable[..., Run], engine: docker.DockerClient, killed: tuple[str, ...]
) -> None:
    run = make_run()
    for part in killed:
        engine.containers.get(f"leasehold-{run.name}-{part}").kill()
    pulumi("destroy", "--yes", "--skip-preview", "--remove", "--stack", run.name)
    assert take_inventory(run.name).empty


def test_a_bad_run_name_is_refused_before_anything_is_created() -> None:
    """Which names are bad, `tests/unit/components/test_declared_run.py` has."""
    name = f"My_run{secrets.token_hex(2)}"
    pulumi("stack", "init", name)
    try:
        done = pulumi("up", "--yes", "--skip-preview", "--stack", name, check=False)
        assert done.returncode != 0
        assert "names are made of a-z, 0-9 and '-'" in done.stdout
        assert "Traceback" not in done.stdout
        made = exported(name)["deployment"].get("resources", [])
        assert [resource["type"] for resource in made if not resource["type"].startswith("pulumi:")] == []
        assert take_inventory(name).empty
    finally:
        pulumi("stack", "rm", name, "--yes", "--force")

"""A session gets a ready run that it would have made itself, with its login, which nobody gets afterwards."""

import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from leasehold.contract import BROKER, resource_name
from leasehold.engines.locks import READY, TAKEN, Lock
from leasehold.errors import EngineError
from leasehold.inputs import ProgramInputs, fingerprints
from leasehold.pool.protocol import Warm
from leasehold.pool.shared import offer as offers
from leasehold.pool.shared.offer import Offer, with_login
from leasehold.pool.shared.taking import Taken, Wanted, deciding, take

from .conftest import Cluster

SHELL = {"LEASEHOLD_ENGINE": "kubernetes", "PULUMI_HOME": "/home/one", "MINE": "1"}
SECRET = "hush-hush"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The project, as a session has it."""
    made = tmp_path / "checkout"
    made.mkdir()
    (made / "roles.py").write_text("ROLES = []")
    return made


def inputs(checkout: Path) -> ProgramInputs:
    return replace(ProgramInputs((str(checkout / "roles.py"),), ""), variables=fingerprints({"MINE": "1"})).below(
        checkout
    )


def ready(cluster: Cluster, checkout: Path, name: str = "pool-a", **changed: Any) -> Warm:
    """Make a run as a keeper would."""
    run = cluster.run(name)
    told = {"shell": deciding(fingerprints(SHELL)), "inputs": inputs(checkout), "made": run.made, "ends": run.ends}
    offers.put(name, Offer(with_login(run.outputs, ""), **{**told, **changed}), SECRET)
    cluster.shared.create(Lock(name, run.name_lock, "keeper", "ci", "r", 40, READY))
    return run


def wanted(checkout: Path, shell: dict[str, str] = SHELL, **changed: str) -> Wanted:
    return Wanted(**{"pool": "ci", "recipe": "r", **changed}, checkout=checkout, shell=fingerprints(shell))


def taken(got: Taken | str) -> Taken:
    assert isinstance(got, Taken), got
    return got


def test_a_ready_run_is_the_takers_with_its_login(cluster: Cluster, checkout: Path) -> None:
    run = ready(cluster, checkout)
    got = taken(take(wanted(checkout), "me"))
    assert got.outputs.revealed()["orchestrator"] == run.outputs["orchestrator"]
    assert got.outputs.run == "pool-a"
    assert got.lock == cluster.shared.find("pool-a")
    assert (got.lock.holder, got.lock.state, got.ends) == ("me", TAKEN, run.ends)
    assert take(wanted(checkout), "another") == "none of pool 'ci' is ready"


def test_the_login_is_in_one_file_for_its_owner_alone_and_goes_with_its_taker(cluster: Cluster, checkout: Path) -> None:
    ready(cluster, checkout)
    folder = cluster.files_in(resource_name("pool-a", BROKER))
    holding = [file for file in folder.iterdir() if SECRET in file.read_text()]
    assert [file.name for file in holding] == ["pool.login"]
    assert [stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()] == [0o600, 0o600]
    take(wanted(checkout), "me")
    assert list(folder.iterdir()) == []


def test_a_login_is_taken_once_even_by_two_at_once(cluster: Cluster, checkout: Path) -> None:
    ready(cluster, checkout)
    offer = offers.read("pool-a")
    assert offer
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: offers.take("pool-a", offer), range(8)))
    assert len([one for one in got if one]) == 1


def test_a_large_offer_arrives_whole(cluster: Cluster, checkout: Path) -> None:
    many = replace(inputs(checkout), files=tuple(f"folder/{number:06}-\\n$(x)'\".py" for number in range(5000)))
    ready(cluster, checkout, inputs=many)
    offer = offers.read("pool-a")
    assert offer
    assert offer.inputs == many


def test_of_many_takers_at_once_as_many_get_one_as_there_are(cluster: Cluster, checkout: Path) -> None:
    for number in range(4):
        ready(cluster, checkout, f"pool-{number}")
    with ThreadPoolExecutor(20) as pool:
        got = list(pool.map(lambda number: take(wanted(checkout), f"taker-{number}"), range(20)))
    assert sorted(one.lock.run for one in got if isinstance(one, Taken)) == [f"pool-{number}" for number in range(4)]
    assert {one for one in got if isinstance(one, str)} <= {"others were quicker", "none of pool 'ci' is ready"}


def test_another_checkout_of_the_same_content_will_do(cluster: Cluster, checkout: Path, tmp_path: Path) -> None:
    ready(cluster, checkout)
    copy = tmp_path / "elsewhere" / "deep"
    copy.mkdir(parents=True)
    (copy / "roles.py").write_text("ROLES = []")
    taken(take(wanted(copy), "me"))


@pytest.mark.parametrize("written", ["ROLES = [1]", None])
def test_a_changed_program_gets_none(cluster: Cluster, checkout: Path, written: str | None) -> None:
    ready(cluster, checkout)
    (checkout / "roles.py").unlink()
    if written:
        (checkout / "roles.py").write_text(written)
    assert take(wanted(checkout), "me") == "the program, or a file that it reads, has changed"
    assert [lock.state for lock in cluster.shared.every()] == [READY]


def test_a_variable_that_decides_is_compared_and_one_of_the_machine_is_not(cluster: Cluster, checkout: Path) -> None:
    ready(cluster, checkout)
    other = wanted(checkout, {**SHELL, "LEASEHOLD_SUBNETS": "10.0.0.0/8"})
    assert take(other, "me") == "LEASEHOLD_SUBNETS is another one"
    assert take(wanted(checkout, {**SHELL, "MINE": "2"}), "me") == "MINE is another one"
    taken(take(wanted(checkout, {**SHELL, "PULUMI_HOME": "/home/two", "PULUMI_BACKEND_URL": "file://x"}), "me"))


def test_why_there_is_none_is_told(cluster: Cluster, checkout: Path) -> None:
    assert take(wanted(checkout), "me") == "nobody keeps a pool 'ci' in this cluster"
    run = ready(cluster, checkout)
    assert "are made by another recipe" in str(take(wanted(checkout, recipe="other"), "me"))
    broker = next(one for one in cluster.every() if one.name == resource_name("pool-a", BROKER))
    cluster._resources[broker.id] = replace(broker, running=False)
    assert take(wanted(checkout), "me") == "its servers have stopped"
    cluster._resources[broker.id] = broker
    taken(take(wanted(checkout), "me"))
    ready(cluster, checkout, "pool-late", ends=run.made + 10, made=run.made - 3600)
    assert take(wanted(checkout), "me") == "half of its term is over"


def test_a_run_that_is_not_reached_from_here_is_left_to_others(
    cluster: Cluster, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(cluster, checkout)
    monkeypatch.setattr(cluster, "out_of_reach", lambda *where: "it was made elsewhere")
    assert take(wanted(checkout), "me") == "it was made elsewhere"
    assert [lock.state for lock in cluster.shared.every()] == [READY]


def test_a_taken_run_whose_login_is_gone_is_an_error(cluster: Cluster, checkout: Path) -> None:
    ready(cluster, checkout)
    (cluster.files_in(resource_name("pool-a", BROKER)) / "pool.login").unlink()
    with pytest.raises(EngineError, match="its login is not there"):
        take(wanted(checkout), "me")


def test_an_engine_without_locks_shares_no_pool(cluster: Cluster, checkout: Path) -> None:
    cluster.locks = None
    got = str(take(wanted(checkout), "me"))
    assert got.startswith("a pool can be shared on Kubernetes alone")
    assert got.endswith("engine in memory")

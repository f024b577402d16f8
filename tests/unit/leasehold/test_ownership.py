"""What is ours, case by case: over stacks, name locks and things of others that have the name of a run."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from leasehold import LeaseholdError, NotOursError, Run, RunBusyError, RunExistsError, RunNotFoundError, paths
from leasehold.contract import EXPIRES_LABEL
from leasehold.pulumi import settings
from leasehold.runs import name_locks
from leasehold.runs.name_lock import NameLock
from leasehold.runs.processes import this_process
from leasehold.runs.run import destroy
from leasehold.runs.sweep import clear_killed, sweep
from leasehold.runs.teardown import tear_down

from ...worlds.scripted_pulumi import ScriptedPulumi
from ...worlds.world import PLACES, Place, World, remove_folder
from .test_outputs import GOOD

HERE = Place("tests", "near")
ELSEWHERE = [place for place in PLACES if place.program not in ("tests", "worktree")]
ELSEWHERE += [Place("worktree", "far")]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path, GOOD)
    with made.entered():
        yield made
        assert made.others.harmed() == []


def name_lock_of(run: Run) -> NameLock:
    assert run.name_lock
    return run.name_lock


def killed(world: World, point: str = "up done") -> NameLock:
    """Leave a run whose creator was killed."""
    assert world.killed(point, lambda: world.up("dev", HERE))
    name_lock = name_locks.find("dev")
    assert name_lock
    return name_lock


@pytest.mark.parametrize("only_init", [False, True])
@pytest.mark.parametrize("environment", [False, True])
def test_neither_up_nor_down_nor_sweep_touches_a_stack_of_the_same_project(
    world: World, environment: bool, only_init: bool
) -> None:
    world.others.up("dev", HERE, environment=environment, only_init=only_init)
    with pytest.raises(RunExistsError):
        world.up("dev", HERE)
    for folder in (world.folder("tests"), world.folder("worktree")):
        with world.at(HERE), pytest.raises(NotOursError):
            destroy("dev", program=folder)
    assert sweep() == []


@pytest.mark.parametrize("place", ELSEWHERE, ids=str)
def test_a_run_beside_a_stack_of_its_name_in_another_project_or_backend(world: World, place: Place) -> None:
    world.others.up("dev", place, environment=False)
    world.others.lock(world.stack("dev", place))
    world.others.cut_attributes(world.stack("dev", place))
    name_lock = name_lock_of(world.up("dev", HERE))
    with world.at(place):
        assert Run.get("dev").name_lock == name_lock, "by its name it is found from everywhere"
        assert destroy("dev").notes == []
    assert world.left(name_lock) == []


@pytest.mark.parametrize("place", ELSEWHERE[:-1], ids=str)
def test_a_program_of_another_project_means_another_run(world: World, place: Place) -> None:
    name_lock = name_lock_of(world.up("dev", HERE))
    with world.at(place) as folder, pytest.raises(NotOursError, match="that you did create is the stack"):
        destroy("dev", program=folder or "tests.worlds.world:program")
    assert name_locks.find("dev") == name_lock
    assert len(world.resources_under(name_lock.id)) == 4


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_up_beside_containers_of_its_name(world: World, place: Place) -> None:
    world.others.up("dev", place, environment=True)
    with pytest.raises(RunExistsError):
        world.up("dev", HERE)
    assert name_locks.find("dev") is None


@pytest.mark.parametrize("point", ScriptedPulumi.POINTS[:7])
def test_a_failed_up_takes_back_what_it_made(world: World, point: str) -> None:
    world.others.up("dev", Place("web", "near"), environment=False)
    before = {path: path.stat().st_ino for path in world.root.rglob("*") if path.is_file()}
    world.pulumi.failing = point
    with pytest.raises(LeaseholdError):
        world.up("dev", HERE)
    told = set(paths.outputs_of_pulumi().glob("*.log"))
    assert {path for path in world.root.rglob("*") if path.is_file()} - told == set(before)
    assert {resource.id for resource in world.engine.every()} == set(world.others.resources)


@pytest.mark.parametrize("point", ScriptedPulumi.POINTS[:7])
@pytest.mark.parametrize("program", ["tests", "function"])
def test_of_a_process_killed_at_any_point_a_sweep_leaves_nothing(world: World, point: str, program: str) -> None:
    assert world.killed(point, lambda: world.up("dev", Place(program, "near")))
    name_lock = name_locks.find("dev")
    assert name_lock
    assert [(swept.run, swept.error) for swept in sweep()] == [("dev", "")]
    assert world.left(name_lock) == []


def test_a_stack_made_where_a_process_was_killed_before_it_made_its_own(world: World) -> None:
    killed(world, "init")
    settings = world.folder("tests") / "Pulumi.dev.yaml"
    settings.unlink()  # the next to come finds it strange
    world.others.up("dev", HERE, environment=False)
    assert [swept.error for swept in sweep()] == [""]
    assert name_locks.find("dev") is None


@pytest.mark.parametrize(
    ("ours", "given", "file", "gone"),
    [
        (True, None, None, True),
        (True, None, "own", True),
        (False, None, None, False),
        (True, "the user's own", None, False),
        (True, None, "/somebody/elses", False),
    ],
)
def test_of_one_killed_between_a_stacks_state_and_its_settings_our_passphrase_decides(
    world: World, ours: bool, given: str | None, file: str | None, gone: bool
) -> None:
    """As Pulumi writes them; a user's own passphrase proves nothing."""
    name_lock = killed(world, "init done")
    kept = world.folder("tests") / "Pulumi.dev.yaml"
    kept.write_text("\n".join(line for line in kept.read_text().splitlines() if "encryptionsalt" not in line))
    own = str(paths.passphrase_file()) if file == "own" else file
    with pytest.MonkeyPatch.context() as patch:
        for name, value in zip(settings.PASSPHRASES, (given, own), strict=True):
            patch.delenv(name, raising=False)
            if value is not None:
                patch.setenv(name, value)
        patch.setattr(settings, "is_made_with", lambda key, passphrase: ours)
        assert [swept.error for swept in sweep()] == [""]
    assert (name_lock.stack.files() == []) is gone
    for path in name_lock.stack.files():
        path.unlink()


@pytest.mark.parametrize("only_init", [False, True])
def test_a_stack_made_in_the_place_of_a_runs(world: World, only_init: bool) -> None:
    name_lock = name_lock_of(world.up("dev", HERE))
    world.others.remove_ours(name_lock)
    world.others.up("dev", HERE, environment=False, only_init=only_init)
    with world.at(HERE):
        with pytest.raises(RunNotFoundError, match="is another's"):
            Run.get("dev")
        assert "was left alone: it is not the one" in destroy("dev").notes[0]
    assert world.left(name_lock) == []


def test_a_handle_on_a_run_whose_name_is_taken_anew(world: World) -> None:
    old = world.up("dev", HERE)
    old.destroy()
    new = name_lock_of(world.up("dev", HERE))
    assert old.destroy().notes == ["somebody else destroyed it at the same time"]
    with pytest.raises(RunNotFoundError):
        name_locks.keep(name_lock_of(old))
    assert name_locks.find("dev") == new
    assert len(world.resources_under(new.id)) == 4


def test_two_who_find_the_same_run_abandoned(world: World) -> None:
    """The second has waited for the first to clear it; by then the first has taken the name."""
    abandoned = killed(world)
    first = name_lock_of(world.up("dev", HERE))
    assert tear_down(abandoned).notes == ["somebody else destroyed it at the same time"]
    assert name_locks.find("dev") == first


def test_a_name_that_is_taken_anew_between_a_sweeps_look_and_its_act(world: World) -> None:
    killed(world)
    taken: list[NameLock] = []

    def between(run: str, reason: str) -> None:
        destroy(run)
        taken.append(name_lock_of(world.up(run, HERE)))

    sweep(between)
    assert name_locks.find("dev") == taken[0]
    assert len(world.resources_under(taken[0].id)) == 4


def test_a_run_that_is_being_changed_keeps_the_containers_of_others_on_its_networks(world: World) -> None:
    name_lock = name_lock_of(world.up("dev", HERE))
    network = next(resource for resource in world.resources_under(name_lock.id) if resource.kind == "network")
    world.others.join(network, "dev")
    assert name_lock.stack.folder
    lock = name_lock.stack.folder / "locks" / "organization" / "tests" / "dev" / "x.json"
    lock.write_text(json.dumps({"hostname": this_process().host, "pid": this_process().pid}))
    with pytest.raises(RunBusyError):
        tear_down(name_lock)
    assert len(world.engine.guests(network)) == 4
    lock.unlink()
    tear_down(name_lock)


def test_a_session_ends_no_run_but_its_own(world: World) -> None:
    one, other = world.session(HERE), world.session(HERE)
    with world.at(HERE):
        runs = [session._create() for session in (one, other)]
    one.end()
    assert name_locks.find(one.name) is None
    assert name_locks.find(other.name) == runs[1].name_lock
    other.end()


def test_a_session_on_a_run_that_another_process_is_just_creating(world: World) -> None:
    """It looks half-made from here; but it is not this session that was creating it."""
    world.pulumi.at = lambda point: seen.append(_look(world)) if point == "locked" else None
    seen: list[str] = []
    name_lock = name_lock_of(world.up("dev", HERE))
    assert seen == ["RunExistsError"]
    assert name_locks.find("dev") == name_lock


def _look(world: World) -> str:
    session = world.session(HERE, run="dev")
    try:
        with world.at(HERE):
            session._find() or session._create()
    except LeaseholdError as error:
        return type(error).__name__
    return ""


def test_what_others_made_and_is_over_goes_from_the_engine_and_from_nowhere_else(world: World) -> None:
    world.others.up("dev", HERE, environment=True)
    world.others.up("dev-2", HERE, environment=True)
    over = [resource for resource in world.engine.every() if resource.run == "dev"]
    world.expire(over)
    world.others.resources = {
        key: resource for key, resource in world.others.resources.items() if resource.run != "dev"
    }
    assert [(swept.run, swept.error) for swept in sweep()] == [("dev", "")]
    assert {resource.run for resource in world.engine.every()} == {"dev-2"}
    assert all(EXPIRES_LABEL in resource.labels for resource in world.engine.every())


def test_a_project_whose_folder_is_gone(world: World) -> None:
    place = Place("worktree", "near")
    name_lock = name_lock_of(world.up("dev", place))
    remove_folder(world.folder("worktree"))
    with world.at(HERE):
        assert destroy("dev").notes == []
    assert world.left(name_lock) == []


def test_a_project_folder_that_is_of_another_project_by_now(world: World) -> None:
    place = Place("worktree", "near")
    name_lock = name_lock_of(world.up("dev", place))
    world.write_project("worktree", "web")
    world.others.up("dev", Place("web", "near"), environment=False)
    destroy("dev")
    assert world.left(name_lock) == []


def test_what_goes_wrong_with_one_run_keeps_no_other_from_being_swept(world: World) -> None:
    killed(world)
    assert world.killed("up done", lambda: world.up("dev-2", HERE))

    def remove(resource: object) -> bool:
        if "leasehold-dev-2-" in str(resource):
            raise OSError("the disk is gone")
        return real(resource)  # type: ignore[arg-type]

    real = world.engine.remove
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world.engine, "remove", remove)
        told = {swept.run: swept.error for swept in sweep()}
    assert told["dev"] == ""
    assert "the disk is gone" in told["dev-2"]


def test_what_an_earlier_stack_of_the_name_has_left_stays(world: World) -> None:
    world.others.up("dev", HERE, environment=False)
    world.others.down(world.stack("dev", HERE))
    assert world.others.files, "Pulumi keeps backups of a stack that it has removed"
    name_lock = name_lock_of(world.up("dev", HERE))
    tear_down(name_lock)
    assert world.left(name_lock) == []


def test_where_pulumi_knows_nothing_any_more_only_what_is_on_the_name_lock_goes(world: World) -> None:
    name_lock = name_lock_of(world.up("dev", HERE))
    network = next(resource for resource in world.resources_under(name_lock.id) if resource.kind == "network")
    world.others.join(network, "dev")
    for file in name_lock.stack.state_files():
        file.unlink()
    notes = tear_down(name_lock).notes
    assert "it had no stack" in notes
    assert len([note for note in notes if "which is not the run's, was taken off" in note]) == 1
    assert world.left(name_lock) == []


def test_before_a_run_is_created_those_of_killed_processes_are_cleared_and_no_other(world: World) -> None:
    told: list[str] = []
    for name in ("killed", "killed-2"):
        assert world.killed("up done", lambda name=name: world.up(name, HERE))  # type: ignore[misc]
    alive, kept = name_lock_of(world.up("alive", HERE)), name_lock_of(world.up("kept", HERE, keep=True))
    clear_killed(told.append)
    assert sorted(told) == [line for line in sorted(told) if re.match("Run 'killed.*' was cleared: its creator", line)]
    assert len(told) == 2
    assert {name_lock.name for name_lock in name_locks.every()} == {"alive", "kept"}
    clear_killed(told.append)
    assert len(told) == 2
    for name_lock in (alive, kept):
        assert world.resources_under(name_lock.id)
        tear_down(name_lock)

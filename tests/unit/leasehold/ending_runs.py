"""Runs that are ending, for tests: a world with one of the name `dev`, and what its name lock says."""

from dataclasses import replace

from leasehold.runs import name_locks
from leasehold.runs.name_lock import NameLock
from leasehold.runs.processes import Process, this_process

from ...worlds.world import Place, World

HERE = Place("tests", "near")
GONE = replace(this_process(), started=1)


def made(world: World, *, keep: bool = True) -> NameLock:
    name_lock = world.up("dev", HERE, keep=keep).name_lock
    assert name_lock
    return name_lock


def found() -> NameLock:
    name_lock = name_locks.find("dev")
    assert name_lock
    return name_lock


def set_ending(process: Process, failed: str = "") -> None:
    with name_locks.held(found()) as held:
        name_locks.change(held, ending=process, failed=failed)

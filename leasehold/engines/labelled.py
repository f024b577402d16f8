"""What an engine has with our labels, and how it is removed.

Nothing is chosen by a run's name alone. What is removed was made under a name lock, or its term is over. Each resource
is judged by its own labels and removed by its id, so a later run of the same name is safe.
"""

from collections.abc import Callable

from ..contract import NAME_LOCK_LABEL, RUN_LABEL
from .current import current
from .resources import Inventory, Resource

Ours = Callable[[Resource], bool]
"""Returns whether a resource may be removed."""


def take_inventory(run: str) -> Inventory:
    """List what carries a run's name, by any maker.

    Raises:
        EngineError: The engine cannot be reached.
    """
    return Inventory.of(resources_named(run))


def take_inventories() -> dict[str, Inventory]:
    """List what there is of every run, by the run's name.

    Raises:
        EngineError: The engine cannot be reached.
    """
    every = resources_of_runs()
    return {run: Inventory.of(r for r in every if r.run == run) for run in sorted({r.run for r in every})}


def resources_of_runs() -> list[Resource]:
    """List what there is of all runs.

    Raises:
        EngineError: The engine cannot be reached.
    """
    return current().resources(RUN_LABEL)


def resources_named(run: str) -> list[Resource]:
    """List what carries a run's name, by any maker.

    Raises:
        EngineError: The engine cannot be reached.
    """
    return current().resources(f"{RUN_LABEL}={run}")


def resources_under(name_lock: str) -> list[Resource]:
    """List what was made under a name lock.

    Raises:
        EngineError: The engine cannot be reached.
    """
    return current().resources(f"{NAME_LOCK_LABEL}={name_lock}")


def detach_guests(name_lock: str) -> list[str]:
    """Take servers of others off the networks that were made under a name lock; return a sentence for each."""
    return [
        note
        for resource in resources_under(name_lock)
        for note in _detach_guests(resource, lambda guest: guest.name_lock == name_lock)
    ]


def remove_servers(name_lock: str) -> list[str]:
    """Remove the servers that were made under a name lock; return a sentence for each."""
    return [note for resource in resources_under(name_lock) if resource.is_server for note in _remove(resource)]


def remove_all(name_lock: str) -> list[str]:
    """Remove all that was made under a name lock; return a sentence for each.

    A foreign server on one of the networks is taken off it, and otherwise left alone.

    Raises:
        EngineError: The engine cannot be reached.
    """
    return _remove_all(resources_under(name_lock), lambda resource: resource.name_lock == name_lock)


def remove_expired(run: str) -> list[str]:
    """Remove what carries a run's name and a term that is over; return a sentence for each. All else stays.

    Raises:
        EngineError: The engine cannot be reached.
    """
    return _remove_all([resource for resource in resources_named(run) if resource.expired], lambda one: one.expired)


def _remove_all(resources: list[Resource], ours: Ours) -> list[str]:
    notes = []
    for resource in sorted(resources, key=lambda resource: (not resource.is_server, resource.kind)):
        notes += [*_detach_guests(resource, ours), *_remove(resource)]
    return notes


def _detach_guests(network: Resource, ours: Ours) -> list[str]:
    engine = current()
    return [
        f"{guest}, which is not the run's, was taken off {network}"
        for guest in engine.guests(network)
        if not ours(guest) and engine.detach(network, guest)
    ]


def _remove(resource: Resource) -> list[str]:
    return [f"{resource} was removed from the engine directly"] * current().remove(resource)

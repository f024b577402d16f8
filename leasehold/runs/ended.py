"""Whether a run can serve nobody any more, so that its name may be taken for a new one."""

from ..engines import labelled
from ..engines.resources import Inventory
from .name_lock import NameLock
from .processes import boot_id


def inventory_under(name_lock: NameLock) -> Inventory:
    """Return what the engine has under a name lock.

    Raises:
        EngineError: The engine cannot be reached.
    """
    return Inventory.of(labelled.resources_under(name_lock.id))


def why_abandoned(name_lock: NameLock, own: Inventory) -> str:
    """Return why nobody will come back for a run, as a clause; empty as long as somebody may.

    Args:
        name_lock: The name lock on the run.
        own: What the engine has under the name lock.
    """
    if name_lock.trouble:
        return name_lock.trouble
    if name_lock.abandoned:
        return f"its creator, {name_lock.process}, is gone"
    if name_lock.shared and own.empty and inventory_under(name_lock).empty:  # it was up when it was shared
        return f"it is gone from the engine: whoever had it from pool {name_lock.shared!r} has ended it"
    return "its term is over" if own.expired else ""


def why_ended(name_lock: NameLock, own: Inventory) -> str:
    """Return why a run can serve nobody any more, as a clause; empty as long as it may.

    A run keeps everything in memory, so one whose servers have all stopped has nothing left to come back with. One that
    has lost some of them is left to whoever uses it. A run is kept once all of it is up.

    Args:
        name_lock: The name lock on the run, which was made on this engine.
        own: What the engine has under the name lock.
    """
    if why := why_abandoned(name_lock, own):
        return why
    if name_lock.kept and not own.running:
        if name_lock.process.boot_id and name_lock.process.boot_id != boot_id():
            return "this machine was started again since it was made"
        if not own.servers:
            return "its servers are gone: somebody removed them, or the engine was set up anew"
        return "its servers have stopped: the engine was started again, or somebody stopped them"
    return ""

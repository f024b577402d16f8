"""Runs that were made on another engine than this process works on, of which this engine proves nothing; and runs that
were made from another place, from which they are reached and from here are not."""

from ..contract import ENGINE_VARIABLE, GATEWAY, MAX_TERM, resource_name
from ..engines.current import chosen, current
from ..errors import EngineError
from ..outputs import Outputs
from .name_lock import NameLock


def engine_here() -> dict[str, str]:
    """Return the engine that this process works on, as a name lock tells it: by the names of its fields.

    Raises:
        EngineError: The engine cannot be reached.
    """
    engine = current()
    return {"engine_name": chosen(), "engine": engine.id, "engine_at": engine.where()}


def made_elsewhere(name_lock: NameLock) -> str:
    """Return the address of the engine that a run was made on; empty if it is this one.

    An engine has many addresses, so its id decides. Where the address is the same, this engine counts as the one: it
    was set up anew. What is older than any term is nowhere any more.

    Raises:
        EngineError: The engine cannot be reached.
    """
    engine = current()
    if not name_lock.engine or name_lock.age > MAX_TERM or name_lock.engine_at == engine.where():
        return ""
    return "" if name_lock.engine == engine.id else name_lock.engine_at


def check_engine(name_lock: NameLock) -> None:
    """Refuse to go on with a run that was made on another engine.

    Raises:
        EngineError: It was; says on which. Or the engine cannot be reached.
    """
    if there := made_elsewhere(name_lock):
        named = name_lock.engine_name
        by = current().chosen_by if named in ("", chosen()) else f"{ENGINE_VARIABLE}={named}"
        raise EngineError(
            f"Run {name_lock.name!r} was made on another engine ({there}), so nothing was touched. Choose that one "
            f"({by}) and try again; if it is gone for good, `leasehold sweep` clears the rest a day "
            "after the run was made."
        )


def check_place(outputs: Outputs) -> None:
    """Refuse to go on with a run that this process cannot reach: it was made where the engine is, say, and this process
    is elsewhere.

    Raises:
        EngineError: It cannot be reached; says why, and what to do.
    """
    gateway = outputs.gateway
    server = resource_name(outputs.run, GATEWAY)
    if why := current().out_of_reach(server, gateway.host, gateway.database_port):
        raise EngineError(f"Run {outputs.run!r} cannot be used from here: {why}.")


def set_up_anew(name_lock: NameLock) -> bool:
    """Return whether another engine answers now where a run was made."""
    engine = current()
    return bool(name_lock.engine) and name_lock.engine_at == engine.where() and name_lock.engine != engine.id

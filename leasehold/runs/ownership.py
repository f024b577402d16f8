"""Whether the stack that stands in a run's place is the one that was made under its name lock."""

import os
from pathlib import Path

from .. import paths
from ..errors import RunNotFoundError
from ..pulumi import settings
from . import name_locks
from .inventory import broken_attributes, repair_attributes
from .name_lock import NameLock

_RESOURCES = '"resources":'


def is_ours(name_lock: NameLock, state: str) -> bool:
    """Return whether a stack is the name lock's; without proof it is not.

    Somebody may have removed the run's stack with plain Pulumi, and made another of the same name, project and backend.
    So the stack's state has to hold the name lock's id, which is on whatever the run made, or the salt that the name
    lock names. A state without any salt is known by its settings.

    Args:
        name_lock: The name lock.
        state: The stack's state; empty if it cannot be read.
    """
    if name_lock.id in state:
        return True
    key, held = settings.key_in(state), settings.read(Path(name_lock.settings))
    if name_lock.made and name_lock.key and key:
        return key == name_lock.key
    if held.name_lock != name_lock.id:
        return False
    if name_lock.made:
        return not key  # it is cut off, or is not there, or its secrets are kept elsewhere
    # Whoever was killed while Pulumi made the stack had nothing in it yet, and set nothing; nor was it there before.
    there = [file for file in name_lock.stack.state_files() if str(file) in name_lock.found and ".bak" not in file.name]
    anew = bool(key) or (name_lock.stack.exists() is True and not there)
    if not anew or held.more or _RESOURCES in state:
        return False
    # Pulumi writes the state first; if it was killed before it wrote the settings, our own passphrase is the proof.
    return held.key == key or (not held.key and _has_our_passphrase(key))


def _has_our_passphrase(key: str) -> bool:
    """Return whether a stack's secrets are encrypted with the passphrase that Leasehold alone has for this user."""
    own = paths.passphrase_file()
    given, file = (os.environ.get(name) for name in settings.PASSPHRASES)
    if given is not None or (file is not None and Path(file) != own):
        return False
    return settings.is_made_with(key, own.read_text().strip())


def settings_are_ours(name_lock: NameLock, *, stack_is: bool) -> bool:
    """Return whether a run's settings go with it: they carry its mark, and no stack of somebody else's needs them."""
    held = settings.read(Path(name_lock.settings))
    return held.name_lock == name_lock.id and (stack_is or not held.key)


def repair_state(name_lock: NameLock) -> None:
    """Mend what a killed Pulumi has left of a run's state, once it is proven to be the run's.

    Raises:
        RunNotFoundError: The stack that stands in its place is another's, or its name lock is gone.
    """
    state = name_lock.stack.state()
    if state and not is_ours(name_locks.find(name_lock.name) or name_lock, state):
        raise RunNotFoundError(
            f"The stack of run {name_lock.name!r} is gone, and the {name_lock.stack} is another's. `leasehold down "
            f"{name_lock.name}` clears what is left of the run, and leaves that stack alone."
        )
    if broken_attributes(name_lock.stack):
        with name_locks.held(name_lock) as current:
            if is_ours(current, name_lock.stack.state() or ""):
                repair_attributes(name_lock.stack, current)

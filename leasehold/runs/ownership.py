"""Whether the stack that stands in a run's place is the one that was made on its claim."""

from pathlib import Path

from ..errors import RunNotFoundError
from ..pulumi import settings
from . import name_lock as claims
from .inventory import broken_attributes, mend_attributes
from .name_lock import Claim

_RESOURCES = '"resources":'


def is_ours(claim: Claim, state: str) -> bool:
    """Return whether a stack is the claim's; without proof it is not.

    Somebody may have removed the run's stack with plain Pulumi, and made another of the same name, project and backend.
    So the stack's state has to hold the claim's id, which is on whatever the run made, or the salt that the claim
    names. A state without any salt is known by its settings.

    Args:
        claim: The claim.
        state: The stack's state; empty if it cannot be read.
    """
    if claim.id in state:
        return True
    key, held = settings.key_in(state), settings.read(Path(claim.settings))
    if claim.made and claim.key and key:
        return key == claim.key
    if held.claim != claim.id:
        return False
    if claim.made:
        return not key  # it is cut off, or is not there, or its secrets are kept elsewhere
    # Whoever was killed while Pulumi made the stack had nothing in it yet, and set nothing; nor was it there before.
    there = [file for file in claim.stack.state_files() if str(file) in claim.found and ".bak" not in file.name]
    anew = bool(key) or (claim.stack.exists() is True and not there)
    return anew and held.key == key and _RESOURCES not in state and not held.more


def settings_are_ours(claim: Claim, *, stack_is: bool) -> bool:
    """Return whether a run's settings go with it: they carry its mark, and no stack of somebody else's needs them."""
    held = settings.read(Path(claim.settings))
    return held.claim == claim.id and (stack_is or not held.key)


def look_after(claim: Claim) -> None:
    """Mend what a killed Pulumi has left of a run's state, once it is proven to be the run's.

    Raises:
        RunNotFoundError: The stack that stands in its place is another's, or its claim is gone.
    """
    state = claim.stack.state()
    if state and not is_ours(claims.find(claim.name) or claim, state):
        raise RunNotFoundError(
            f"The stack of run {claim.name!r} is gone, and the {claim.stack} is another's. `leasehold down "
            f"{claim.name}` clears what is left of the run, and leaves that stack alone."
        )
    if broken_attributes(claim.stack):
        with claims.held(claim) as current:
            if is_ours(current, claim.stack.state() or ""):
                mend_attributes(claim.stack, current)

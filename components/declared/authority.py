"""Generations of a run's certificate authority: which one signs, and which are still trusted."""

from dataclasses import dataclass
from typing import NotRequired, TypedDict

from .errors import DeclarationError

FIRST = 1
"""The generation that a run is created with."""


class AuthorityArgs(TypedDict):
    """Which of a run's authorities counts. Generations are counted up from 1, and never down."""

    generation: NotRequired[int]
    """The one that signs the servers' certificates, by default 1: what the run was created with."""
    trusted: NotRequired[int]
    """The oldest one that is trusted, by default the one that signs."""


@dataclass(frozen=True)
class Generations:
    """Checked generations.

    Attributes:
        signing: The one that signs.
        oldest: The oldest one that is trusted.
    """

    signing: int = FIRST
    oldest: int = FIRST

    @property
    def trusted(self) -> range:
        """Every generation that is trusted, oldest first."""
        return range(self.oldest, self.signing + 1)


def check_authority(args: AuthorityArgs | None) -> Generations:
    """Check what is declared about the authority.

    Raises:
        DeclarationError: No authority that is trusted would sign.
    """
    args = args or AuthorityArgs()
    signing = args.get("generation", FIRST)
    oldest = args.get("trusted", signing)
    if not FIRST <= oldest <= signing:
        raise DeclarationError(
            f"Generation {signing} of the run's authority is to sign, and those from {oldest} on to be trusted; "
            "generations count from 1, and the one that signs must be trusted. Give both to match."
        )
    return Generations(signing, oldest)

"""The run: its name, its owner and the moment at which it ends."""

import socket
import time
from dataclasses import dataclass

import pulumi

from leasehold.contract import (
    DEFAULT_TERM,
    EXPIRES_LABEL,
    MAX_NAME_LENGTH,
    MAX_TERM,
    NAME_LOCK_KEY,
    NAME_LOCK_LABEL,
    OWNER_LABEL,
    RUN_LABEL,
    RUN_NAME,
    SETTINGS,
    TERM_KEY,
    resource_name,
)
from leasehold.shell import user

from .errors import DeclarationError


@dataclass(frozen=True)
class Run:
    """One run, as every resource of it is named and labelled.

    Attributes:
        name: The run's name, also the Pulumi stack's.
        owner: ``user@host`` of its creator.
        expires: End of the term, in seconds since the epoch (UTC).
        term: How long its servers live, in seconds.
        name_lock: Id of the name lock that `leasehold` holds on the run; empty for a run of plain Pulumi's.
    """

    name: str
    owner: str
    expires: int
    term: int
    name_lock: str = ""

    def resource(self, part: str) -> str:
        """Return the physical name of one part of the run."""
        return resource_name(self.name, part)

    @property
    def labels(self) -> dict[str, str]:
        """The labels that every resource of the run carries."""
        return {
            RUN_LABEL: self.name,
            OWNER_LABEL: self.owner,
            EXPIRES_LABEL: str(self.expires),
            **({NAME_LOCK_LABEL: self.name_lock} if self.name_lock else {}),
        }


def check_run_name(name: str) -> str:
    """Return `name` if it can name a run.

    Raises:
        DeclarationError: It is empty, too long, or has other characters than ``a-z``, ``0-9`` and inner ``-``.
    """
    if not name:
        raise DeclarationError("The run has no name. Give it one of a-z, 0-9 and '-', such as 'demo'.")
    if len(name) > MAX_NAME_LENGTH:
        raise DeclarationError(
            f"The run's name has {len(name)} characters; host names leave room for "
            f"{MAX_NAME_LENGTH}. Choose a shorter one."
        )
    if not RUN_NAME.fullmatch(name):
        raise DeclarationError(
            f"The run's name {name!r} cannot be used: names are made of a-z, 0-9 and '-', and begin and end "
            "with a letter or digit."
        )
    return name


def declare_run(name: str, term: int | None = None, owner: str | None = None) -> Run:
    """Check a run's declaration and fix the end of its term.

    Args:
        name: The run's name.
        term: How long its servers may live, in seconds; an hour when not given. The stack's setting
            ``leasehold:term`` comes first.
        owner: Its owner; ``user@host`` of this process when not given.

    Raises:
        DeclarationError: The name or the term cannot be used.
    """
    check_run_name(name)
    config = pulumi.Config(SETTINGS)
    term = _first(config.get_int(TERM_KEY), term, DEFAULT_TERM)
    if not 0 < term <= MAX_TERM:
        raise DeclarationError(
            f"The term of run {name!r} is {term} s; it must be more than zero and at most {MAX_TERM} s."
        )
    name_lock = config.get(NAME_LOCK_KEY) or ""  # `leasehold` sets it when it makes the stack
    return Run(name, owner or f"{user()}@{socket.gethostname()}", int(time.time()) + term, term, name_lock)


def _first(*terms: int | None) -> int:
    return next(term for term in terms if term is not None)

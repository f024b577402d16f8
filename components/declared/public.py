"""What PUBLIC, which is everybody, may do in the run's database: as on any server, but for what is revoked."""

from leasehold.contract import ROUTINES, TEMPORARY, TYPES, USE_PUBLIC

from .errors import DeclarationError

REVOCABLE = (TEMPORARY, USE_PUBLIC, ROUTINES, TYPES)
"""What PostgreSQL grants to PUBLIC by default, and production may have revoked (PostgreSQL 18 manual, 5.8): temporary
tables, the use of schema public, and of the functions and types that roles make. CONNECT is granted role by role."""


def check_revoked_from_public(declared: object) -> tuple[str, ...]:
    """Return what is revoked from PUBLIC.

    Raises:
        DeclarationError: One is none that can be.
    """
    if declared is None:
        return ()
    if not isinstance(declared, list | tuple):
        raise DeclarationError(f"`revoked_from_public` is {declared!r}; it is a list, as [{TEMPORARY!r}].")
    for one in declared:
        if one not in REVOCABLE:
            raise DeclarationError(
                f"`revoked_from_public` names {one!r}, which is none of what PUBLIC has: {', '.join(REVOCABLE)}."
            )
    return tuple(dict.fromkeys(declared))

"""Memberships between declared roles: groups, and roles that a login may become."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .errors import DeclarationError
from .roles import MembershipArgs


@dataclass(frozen=True)
class Membership:
    """That a role is a member of another one, checked (PostgreSQL 18 manual, GRANT on Roles)."""

    role: str
    inherit: bool = True
    set: bool = True
    admin: bool = False


def check_memberships(declared: object, where: str) -> tuple[Membership, ...]:
    """Return declared memberships with their defaults filled in.

    Args:
        declared: As declared.
        where: Whose they are, such as ``Role 'reader'``.

    Raises:
        DeclarationError: Names what is wrong.
    """
    if not isinstance(declared, list | tuple):
        raise DeclarationError(f"{where} has a `member_of` of {declared!r}; it is a list, as [{{'role': 'readers'}}].")
    found = tuple(_check(one, f"{where}, member_of[{place}]") for place, one in enumerate(declared))
    if len({one.role for one in found}) < len(found):
        raise DeclarationError(f"{where} is a member of one role twice. Declare each membership once.")
    return found


def _check(declared: object, where: str) -> Membership:
    if not isinstance(declared, Mapping) or not isinstance(declared.get("role"), str):
        raise DeclarationError(f"{where} is {declared!r}; a membership names a role, as {{'role': 'readers'}}.")
    if unknown := set(declared) - set(MembershipArgs.__annotations__):
        raise DeclarationError(f"{where} has the unknown field {sorted(unknown)[0]!r}.")
    for name in ("inherit", "set", "admin"):
        if not isinstance(declared.get(name, True), bool):
            raise DeclarationError(f"{where} has the option {name} of {declared[name]!r}; it is true or false.")
    return Membership(**declared)


def heirs(of: Iterable[str], members: Mapping[str, Sequence[Membership]]) -> set[str]:
    """Return roles and those that inherit from one of them, without `SET ROLE`.

    Args:
        of: The roles.
        members: What each declared role is a member of.
    """
    found = set(of)
    while more := {
        name for name, ones in members.items() if name not in found and any(m.inherit and m.role in found for m in ones)
    }:
        found |= more
    return found


def refuse_cycles(members: Mapping[str, Sequence[Membership]]) -> None:
    """Refuse memberships in what is not declared, and those that lead back to a role itself.

    Raises:
        DeclarationError: Names the roles.
    """
    for name, memberships in members.items():
        for membership in memberships:
            if membership.role not in members:
                raise DeclarationError(
                    f"Role {name!r} is a member of {membership.role!r}, which is not declared. Declare it, with "
                    "`login: none` if nobody logs in with it."
                )
    for name in members:
        path = [name]
        if circle := _circle(name, members, path):
            raise DeclarationError(
                f"Role {name!r} is a member of itself: {' -> '.join(circle)}. PostgreSQL knows no circles of members."
            )


def _circle(begin: str, members: Mapping[str, Sequence[Membership]], path: list[str]) -> list[str] | None:
    for membership in members[path[-1]]:
        if membership.role == begin:
            return [*path, begin]
        if membership.role not in path and (found := _circle(begin, members, [*path, membership.role])):
            return found
    return None

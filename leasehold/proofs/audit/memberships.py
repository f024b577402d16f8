"""Roles that a declared role has the privileges of."""

from collections.abc import Callable, Iterator, Mapping

from ...outputs import Membership, Role


def with_memberships(name: str, roles: Mapping[str, Role], counts: Callable[[Membership], bool]) -> Iterator[str]:
    """Yield a role and the declared ones that it is a member of, by however many memberships, each once.

    Args:
        name: The role.
        roles: The declared roles, by name.
        counts: Tells which memberships count.
    """
    seen, waiting = {name}, [name]
    while waiting:
        role = waiting.pop()
        yield role
        for membership in roles[role].member_of:
            if counts(membership) and membership.role in roles and membership.role not in seen:
                seen.add(membership.role)
                waiting.append(membership.role)

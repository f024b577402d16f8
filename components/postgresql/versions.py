"""What differs between PostgreSQL's major versions. The server's own version decides, when it starts."""

from collections.abc import Iterable

from leasehold.contract import CLONES_SINCE

from ..declared.grants import LARGE_OBJECTS
from ..declared.images import NEWEST, OLDEST
from ..declared.initdb import BUILTIN_SINCE, Initdb
from ..declared.validation import Role

MAINTAIN_SINCE = 17
"""The major version that brought the privilege MAINTAIN (PostgreSQL 17 release notes)."""

LARGE_OBJECTS_SINCE = 18
"""The one that brought default privileges on large objects (PostgreSQL 18 release notes)."""

MAJORS = range(OLDEST, NEWEST + 1)


def own_settings(major: int) -> dict[str, str]:
    """Return our settings of one major version, beside those that all have.

    Who logged in is logged by each; before 18 the server says so beside more (PostgreSQL 17 and 18 manuals, 19.8.3).
    """
    settings = {"log_connections": "authorization" if major >= 18 else "on"}  # noqa: PLR2004 - the version that brought it
    if major >= 17:  # noqa: PLR2004 - likewise
        settings["max_notify_queue_pages"] = "8192"  # 64 MB; by default 8 GB, as before
    return settings


def version_file(major: int) -> str:
    """Return the ``postgresql.conf`` of one major version: it includes the one that all have."""
    return "include 'postgresql.conf'\n" + "".join(
        f"{name} = '{value}'\n" for name, value in own_settings(major).items()
    )


def needs(roles: Iterable[Role], initdb: Initdb, *, reflink: bool = False) -> list[tuple[int, str]]:
    """Return what of a declaration needs a later version than the oldest: that version, and what it is for."""
    found = [
        (MAINTAIN_SINCE, f"The privilege MAINTAIN in schema {grant.schema!r}, which role {role.name!r} is granted")
        for role in roles
        for grant in role.grants
        if "MAINTAIN" in (*grant.privileges, *grant.default_privileges)
    ]
    found += [
        (LARGE_OBJECTS_SINCE, f"The grant on large objects to come, which role {role.name!r} has")
        for role in roles
        for grant in role.grants
        if grant.kind == LARGE_OBJECTS and grant.default_privileges
    ]
    if initdb.asked:
        found.append((BUILTIN_SINCE, "The locale provider 'builtin', which `initdb` declares"))
    if reflink:
        found.append((CLONES_SINCE, "`reflink`, which `storage` declares,"))
    return found

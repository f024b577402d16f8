"""Which messages of PostgreSQL tell of a missing privilege (SQLSTATE 42501), and of which."""

import re

from ..model import Kind

_RULES: tuple[tuple[re.Pattern[str], Kind], ...] = tuple(
    (re.compile(pattern, re.DOTALL), kind)
    for pattern, kind in (
        (r'permission denied for column "(?P<column>.+)" of relation (?P<on>.+)', Kind.COLUMN),
        (r"permission denied for (?:table|view|materialized view|foreign table|relation) (?P<on>.+)", Kind.TABLE),
        (r"permission denied for schema (?P<on>.+)", Kind.SCHEMA),
        (r"permission denied for (?:function|procedure|routine|aggregate) (?P<on>.+)", Kind.FUNCTION),
        (r"permission denied for sequence (?P<on>.+)", Kind.SEQUENCE),
        # The second half is our own login guard's (`components/postgresql/login_guard.py`).
        (r"permission denied for database (?P<on>.+?)(?:: it is another test's)?", Kind.DATABASE),
        (r"permission denied to create temporary tables in database (?P<on>.+)", Kind.DATABASE),
        (
            r"must be owner of (?:materialized view|foreign table|foreign-data wrapper|foreign server|event trigger"
            r"|large object|statistics object|text search \w+|operator (?:class|family)|\w+) (?P<on>.+)",
            Kind.OWNERSHIP,
        ),
        (
            r'(?:new|target) row violates row-level security policy (?:".*" )?(?:\([^)]*\) )?for table (?P<on>.+)',
            Kind.ROW_SECURITY,
        ),
        (r"query would be affected by row-level security policy for table (?P<on>.+)", Kind.ROW_SECURITY),
        (
            r"(?:permission denied to (?:set role|grant role|revoke role|set session authorization)"
            r"|must be able to SET ROLE|must be member of role) (?P<on>.+)",
            Kind.MEMBERSHIP,
        ),
        (r'permission denied to (?:vacuum|analyze|cluster|reindex) "(?P<on>.+)", skipping it', Kind.TABLE),
        (r'permission denied: "(?P<on>.+)" is a system \w+', Kind.OTHER_PRIVILEGE),
        (
            r"permission denied for (?:large object|foreign-data wrapper|foreign server|event trigger|\w+) (?P<on>.+)",
            Kind.OTHER_PRIVILEGE,
        ),
        (r'permission denied to [^"]*"(?P<on>.+)"', Kind.OTHER_PRIVILEGE),
    )
)
"""From the server's sources: `aclcheck_error` and its neighbours (src/backend/catalog/aclchk.c), and who calls ereport
with ERRCODE_INSUFFICIENT_PRIVILEGE. Names stand with or without quotes, and can hold spaces. The first that fits all of
a message decides."""

_POSITION = re.compile(r" at character \d+$")


def classified(message: str) -> tuple[Kind, str]:
    """Return what kind of privilege a message says is missing, and on what, as the server names it."""
    message = _POSITION.sub("", message)
    for pattern, kind in _RULES:
        if match := pattern.fullmatch(message):
            on = _unquoted(match["on"])
            return kind, f"{on}.{match['column']}" if "column" in pattern.groupindex else on
    return Kind.OTHER_PRIVILEGE, ""


def _unquoted(name: str) -> str:
    return name[1:-1] if name[:1] == name[-1:] == '"' and len(name) > 1 else name

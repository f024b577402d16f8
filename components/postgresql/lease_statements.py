"""The statements by which the broker makes, prolongs and ends a lease.

``{{name}}``, ``{{password}}`` and ``{{expiration}}`` are the broker's own placeholders (OpenBao manual, database
secrets engine). The names that it fills in are made of letters, digits, '-' and '_'.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from psycopg.sql import SQL, Composable, Identifier, Literal

from leasehold.contract import DATABASE, DATABASE_PORT

from ..declared.validation import Role
from ..servers.start import AUTHORITY

USERNAME_TEMPLATE = "{{.RoleName}}_{{random 16 | lowercase}}"
"""How the broker names a lease's login: the role's name attributes a log line to it."""

_LOGIN = Identifier("{{name}}")


CONNECTION_URL = f"postgresql://{{{{username}}}}:{{{{password}}}}@{DATABASE}:{DATABASE_PORT}/postgres?sslmode=verify-full&sslrootcert={AUTHORITY}"
"""Where the broker reaches the server: not in the run's database, which cannot be cloned while a session is in it."""


# The broker counts from when a lease was made, and knows no moment at which all have to have ended. It fills in the
# same end in every statement, and runs them in one transaction. Of a renewal it cuts them at every semicolon, so this
# has none: the block is a string, with escapes for them.
_NOT_AFTER = """\
BEGIN
  IF TIMESTAMPTZ {expiration} > TIMESTAMPTZ {end} THEN
    ALTER ROLE {login} VALID UNTIL {end};
  END IF;
END"""


def _not_after(expires: int) -> Composable:
    """Return what cuts a login's validity to the end of the run."""
    end = Literal(datetime.fromtimestamp(expires, UTC).isoformat())
    return SQL(_uncut(SQL(_NOT_AFTER).format(expiration=Literal("{{expiration}}"), end=end, login=_LOGIN).as_string()))


def _uncut(block: str) -> str:
    """Return a block as a statement that has no semicolon: the broker would cut it there, within quotes too."""
    escaped = block.replace("\\", "\\\\").replace("'", "''").replace(";", r"\x3b")
    return f"DO E'{escaped}'"


def _statement(statement: Composable) -> str:
    """Return a statement as the broker takes it: a name in it may have a semicolon."""
    text = statement.as_string()
    return _uncut(f"BEGIN {text}; END") if ";" in text else text


def creation_statements(role: Role, expires: int) -> list[str]:
    """Return what makes a lease: a login that is a member of the role's group, and of nothing else.

    Args:
        role: The role.
        expires: When the run ends, in seconds since the epoch: the login is valid until then at the latest.
    """
    group = Identifier(role.name)
    attributes = SQL(" ").join([SQL("LOGIN"), *map(SQL, role.attributes)])
    statements: list[Composable] = [
        SQL("CREATE ROLE {} {} PASSWORD {} VALID UNTIL {} CONNECTION LIMIT {}").format(
            _LOGIN, attributes, Literal("{{password}}"), Literal("{{expiration}}"), role.connection_limit
        ),
        _not_after(expires),
    ]
    # With its role's rights, and its own on its sessions. It can act as the role where it has to: to hand over what it
    # makes (`hand_over`), and to become another role.
    acts = role.makes_objects or role.acts_as_itself or any(one.set for one in role.member_of)
    statements.append(
        SQL("GRANT {} TO {} WITH INHERIT TRUE, SET {}").format(group, _LOGIN, SQL("TRUE" if acts else "FALSE"))
    )
    statements += session_settings(_LOGIN, role)
    if role.acts_as_itself:
        statements.append(SQL("ALTER ROLE {} SET role = {}").format(_LOGIN, group))
    return [_statement(statement) for statement in statements]


def session_settings(login: Identifier, role: Role) -> Iterator[Composable]:
    """Yield what a role's sessions begin with.

    Args:
        login: A lease's login, or the role itself.
        role: The role.
    """
    if role.search_path:
        path = SQL(", ").join(Identifier(schema) for schema in role.search_path)
        yield SQL("ALTER ROLE {} SET search_path = {}").format(login, path)
    for name, value in role.settings.items():
        setting = SQL(".").join(map(Identifier, name.split(".")))
        yield SQL("ALTER ROLE {} SET {} = {}").format(login, setting, Literal(value))


def rotation_statements(role: Role) -> list[str]:
    """Return what gives a static login another password, of which the broker fills in the verifier."""
    statement = SQL("ALTER ROLE {} PASSWORD {}").format(Identifier(role.name), Literal("{{password}}"))
    return [_statement(statement)]


def renewal_statements(expires: int) -> list[str]:
    """Return what moves the end of a login's validity to the lease's new end, and no further than the run's.

    Args:
        expires: When the run ends, in seconds since the epoch.
    """
    statement = SQL("ALTER ROLE {} VALID UNTIL {}").format(_LOGIN, Literal("{{expiration}}"))
    return [one.as_string() for one in (statement, _not_after(expires))]


# One block, because the broker cuts statements at semicolons unless they are dollar-quoted. It may meet a lease
# that is already gone (revocation is retried), so it asks first. The admin acts as the lease where the lease's
# own rights are needed; it has none of its own on anybody's objects. An owner may have granted something to a lease,
# in a database that the broker is not in: then it cannot be dropped, and stays barred.
_REVOCATION = """\
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {name}) THEN
    ALTER ROLE {login} NOLOGIN;
    SET LOCAL ROLE {login};
    PERFORM pg_catalog.pg_terminate_backend(pid, 1000) FROM pg_catalog.pg_stat_activity WHERE usename = {name};
    RESET ROLE;
    BEGIN
      DROP ROLE {login};
    EXCEPTION WHEN dependent_objects_still_exist THEN
      RAISE WARNING 'lease % has ended; its login stays, barred, for something was granted to it', {name};
    END;
  END IF;
END
$$"""


def revocation_statements() -> list[str]:
    """Return what ends a lease: its sessions, what it was let into, its login. It owns nothing that could stay."""
    statement = SQL(_REVOCATION).format(name=Literal("{{name}}"), login=_LOGIN)
    return [statement.as_string()]

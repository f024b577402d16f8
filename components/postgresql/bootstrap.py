"""What the superuser runs once, before the server ever listens: roles, the database and its grants."""

from collections.abc import Iterable, Iterator, Mapping

from psycopg.sql import SQL, Composable, Identifier, Literal

from leasehold.contract import ADMIN, CONNECT_ROLE

from ..declared.extensions import Extension
from ..declared.libraries import PRELOADED, blind
from ..declared.validation import Role
from .extensions import extension_statements
from .grants import grant_statements
from .login_guard import login_guard_statements


def cluster_script(
    database: str, roles: Iterable[Role], admin_verifier: str, settings: Mapping[str, str] | None = None
) -> str:
    """Return what is run in database ``postgres``.

    Args:
        database: Name of the database to make.
        roles: The declared roles.
        admin_verifier: SCRAM verifier of the admin's password.
        settings: Checked settings of the server's: libraries that it loads see nothing of the admin's statements.
    """
    libraries = (settings or {}).get(PRELOADED, "")
    return _single_user_script((*_cluster(database, roles, admin_verifier), *_unseen(libraries)))


def database_script(roles: Iterable[Role], extensions: Iterable[Extension] = (), image: str = "") -> str:
    """Return what is run in the new database.

    Args:
        roles: The declared roles.
        extensions: The declared extensions.
        image: The server's image, for the message that it lacks one of them.
    """
    roles = tuple(roles)
    return _single_user_script((*_database(roles), *extension_statements(extensions, roles, image)))


def _cluster(database: str, roles: Iterable[Role], admin_verifier: str) -> Iterator[Composable]:
    admin = Identifier(ADMIN)
    yield SQL("CREATE ROLE {} LOGIN NOSUPERUSER CREATEROLE NOINHERIT PASSWORD {}").format(
        admin, Literal(admin_verifier)
    )
    # The creator of a lease may act as it: needed to end its sessions and to hand over what it owns.
    yield SQL("ALTER ROLE {} SET createrole_self_grant = 'set'").format(admin)
    # Its statements make and drop logins: none may stand in the server's log, not even a failing one.
    yield SQL("ALTER ROLE {} SET log_statement = 'none'").format(admin)
    yield SQL("ALTER ROLE {} SET log_min_error_statement = 'panic'").format(admin)
    yield SQL("ALTER ROLE {} SET log_min_duration_statement = -1").format(admin)
    # Marked as a template, so that the template admin may clone it, and no login can drop it.
    yield SQL("CREATE DATABASE {} IS_TEMPLATE true").format(Identifier(database))
    for name in ("postgres", "template1", database):
        yield SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(Identifier(name))
    yield SQL("GRANT CONNECT ON DATABASE postgres TO {}").format(admin)
    yield from _group(CONNECT_ROLE, SQL("NOCREATEDB"), database)
    for role in roles:
        if role.makes_databases:
            yield from _group(role.name, SQL("CREATEDB"), "postgres")
        else:
            yield from _group(role.name, SQL("NOCREATEDB"), database)
    yield SQL("CREATE SCHEMA leasehold")
    yield from login_guard_statements(guests=False)


def _unseen(libraries: str) -> Iterator[Composable]:
    for name, value in blind(libraries):
        yield SQL("ALTER ROLE {} SET {} = {}").format(Identifier(ADMIN), Identifier(*name.split(".")), Literal(value))


def _group(name: str, attributes: SQL, database: str) -> Iterator[Composable]:
    group = Identifier(name)
    yield SQL("CREATE ROLE {} NOLOGIN {}").format(group, attributes)
    yield SQL("GRANT CONNECT ON DATABASE {} TO {}").format(Identifier(database), group)
    # ADMIN OPTION alone: the admin may put leases into the group, and has none of the group's privileges.
    yield SQL("GRANT {} TO {} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE").format(group, Identifier(ADMIN))


def _database(roles: Iterable[Role]) -> Iterator[Composable]:
    yield SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    for function in ("lo_creat(int)", "lo_create(oid)", "lo_from_bytea(oid, bytea)"):
        # Anybody may make large objects otherwise, and would own them.
        yield SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(SQL(function))
    yield SQL("CREATE SCHEMA leasehold")
    yield from grant_statements(roles)
    yield from login_guard_statements(guests=True)


def _single_user_script(statements: Iterable[Composable]) -> str:
    """Join statements as single-user mode reads them with ``-j`` (PostgreSQL 18 manual, postgres(1))."""
    return "".join(f"{statement.as_string()};\n\n" for statement in statements)

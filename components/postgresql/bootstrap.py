"""What the superuser runs once, before the server ever listens: roles, the database and its grants."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from psycopg.sql import SQL, Composable, Identifier, Literal

from leasehold.contract import ADMIN, LARGE_OBJECT_MAKERS, TEMPORARY, USE_PUBLIC

from ..declared.extensions import Extension
from ..declared.libraries import PRELOADED, blind
from ..declared.memberships import Membership
from ..declared.validation import Role
from .extensions import extension_statements
from .grants import grant_statements
from .hand_over import hand_over_statements
from .lease_statements import session_settings
from .login_guard import login_guard_statements
from .static_sessions import static_session_statements

_LARGE_OBJECTS = SQL(", ").join(
    SQL("{}({})").format(Identifier(name), SQL(arguments)) for name, arguments in LARGE_OBJECT_MAKERS.items()
)


def cluster_script(
    database: str,
    roles: Sequence[Role],
    admin_verifier: str,
    revoked_from_public: Collection[str] = (),
    settings: Mapping[str, str] | None = None,
) -> str:
    """Return what is run in database ``postgres``.

    Args:
        database: Name of the database to make.
        roles: The declared roles.
        admin_verifier: SCRAM verifier of the admin's password.
        revoked_from_public: What everybody may not do, from `declared.public`.
        settings: Checked settings of the server's: libraries that it loads see nothing of the admin's statements.
    """
    libraries = (settings or {}).get(PRELOADED, "")
    return _single_user_script((*_cluster(database, roles, admin_verifier, revoked_from_public), *_unseen(libraries)))


def database_script(
    roles: Iterable[Role],
    revoked_from_public: Collection[str] = (),
    extensions: Iterable[Extension] = (),
    image: str = "",
) -> str:
    """Return what is run in the new database.

    Args:
        roles: The declared roles.
        revoked_from_public: What everybody may not do, from `declared.public`.
        extensions: The declared extensions.
        image: The server's image, for the message that it lacks one of them.
    """
    roles, statements = tuple(roles), list[Composable]()
    statements += _database(roles, revoked_from_public)
    statements += extension_statements(extensions, roles, image)
    if USE_PUBLIC in revoked_from_public:  # last: extensions there were opened to everybody
        statements.append(SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC"))
    return _single_user_script(statements)


def _cluster(
    database: str, roles: Sequence[Role], admin_verifier: str, revoked_from_public: Collection[str]
) -> Iterator[Composable]:
    admin = Identifier(ADMIN)
    # Who makes a login with an attribute has to have it (manual, CREATE ROLE).
    attributes = sorted({name for role in roles for name in role.attributes} | {"CREATEROLE"})
    yield SQL("CREATE ROLE {} LOGIN NOSUPERUSER {} NOINHERIT PASSWORD {}").format(
        admin, SQL(" ").join(map(SQL, attributes)), Literal(admin_verifier)
    )
    # Nor can it set what no module has defined (manual, 19.16), unless it may.
    for name in sorted({name for role in roles for name in role.settings if "." in name}):
        yield SQL("GRANT SET ON PARAMETER {} TO {}").format(SQL(".").join(map(Identifier, name.split("."))), admin)
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
    if TEMPORARY not in revoked_from_public:
        yield SQL("GRANT TEMPORARY ON DATABASE {} TO PUBLIC").format(Identifier(database))
    yield SQL("GRANT CONNECT ON DATABASE postgres TO {}").format(admin)
    for role in roles:
        if role.makes_databases:
            yield from _group(role, SQL("CREATEDB"), "postgres")
        else:
            yield from _group(role, SQL("NOCREATEDB"), database)
        if role.is_static:
            yield from _static_login(role)
    for role in roles:
        for membership in role.member_of:
            yield _membership(role.name, membership)
    yield SQL("CREATE SCHEMA leasehold")
    yield from login_guard_statements(guests=False)
    if any(role.is_static for role in roles):
        yield from static_session_statements()


def _unseen(libraries: str) -> Iterator[Composable]:
    for name, value in blind(libraries):
        yield SQL("ALTER ROLE {} SET {} = {}").format(Identifier(ADMIN), Identifier(*name.split(".")), Literal(value))


def _group(role: Role, attributes: SQL, database: str) -> Iterator[Composable]:
    group = Identifier(role.name)
    yield SQL("CREATE ROLE {} NOLOGIN {}").format(group, attributes)
    yield SQL("GRANT {} ON DATABASE {} TO {}").format(
        SQL(", ").join(map(SQL, ("CONNECT", *role.database))), Identifier(database), group
    )
    yield SQL("GRANT {} TO {} WITH ADMIN TRUE, INHERIT FALSE, SET FALSE").format(group, Identifier(ADMIN))


def _static_login(role: Role) -> Iterator[Composable]:
    """Yield what makes a role a login of its own. It has no password before the broker gives it one."""
    login = Identifier(role.name)
    attributes = SQL(" ").join([SQL("LOGIN"), *map(SQL, role.attributes)])
    yield SQL("ALTER ROLE {} {} CONNECTION LIMIT {}").format(login, attributes, role.connection_limit)
    yield from session_settings(login, role)


def _membership(member: str, membership: Membership) -> Composable:
    return SQL("GRANT {} TO {} WITH INHERIT {}, SET {}, ADMIN {}").format(
        Identifier(membership.role),
        Identifier(member),
        *(SQL(str(option).upper()) for option in (membership.inherit, membership.set, membership.admin)),
    )


def _database(roles: Iterable[Role], revoked_from_public: Collection[str]) -> Iterator[Composable]:
    roles = tuple(roles)
    # Anybody may make large objects otherwise, and a lease would own them: no trigger hands them over.
    yield SQL("REVOKE EXECUTE ON FUNCTION {} FROM PUBLIC").format(_LARGE_OBJECTS)
    for role in roles:
        if role.large_objects:
            yield SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(_LARGE_OBJECTS, Identifier(role.name))
    yield SQL("CREATE SCHEMA leasehold")
    yield from hand_over_statements()
    yield from grant_statements(roles, revoked_from_public)
    yield from login_guard_statements(guests=True)


def _single_user_script(statements: Iterable[Composable]) -> str:
    """Join statements as single-user mode reads them with ``-j`` (PostgreSQL 18 manual, postgres(1))."""
    return "".join(f"{statement.as_string()};\n\n" for statement in statements)

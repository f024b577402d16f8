import pytest

from components.declared.roles import RoleArgs
from components.declared.validation import Role, check_roles, template_admin_role
from components.postgresql.bootstrap import cluster_script, database_script
from components.postgresql.lease_statements import creation_statements, renewal_statements, revocation_statements

DECLARED: list[RoleArgs] = [
    {"name": "migrator", "owns": ["shop"], "connection_limit": 4},
    {"name": "reader", "grants": [{"schema": "shop", "tables": ['or"ders'], "privileges": ["SELECT"]}]},
    {
        "name": "keeper",
        "grants": [{"schema": "shop", "tables": ["*"], "privileges": ["SELECT", "INSERT"]}],
        "search_path": ["shop", "it's"],
    },
]

END = 1_800_000_000
NOT_AFTER = """\
DO E'BEGIN
  IF TIMESTAMPTZ ''{{expiration}}'' > TIMESTAMPTZ ''2027-01-15T08:00:00+00:00'' THEN
    ALTER ROLE "{{name}}" VALID UNTIL ''2027-01-15T08:00:00+00:00''\\x3b
  END IF\\x3b
END'"""


@pytest.fixture
def roles() -> tuple[Role, ...]:
    return check_roles(DECLARED, 3600)


def test_groups_cannot_log_in_and_the_admin_only_administers_them(roles: tuple[Role, ...]) -> None:
    script = cluster_script("app", roles, "SCRAM-SHA-256$4096:s$k:v")
    assert 'CREATE ROLE "leasehold_admin" LOGIN NOSUPERUSER CREATEROLE NOINHERIT PASSWORD \'SCRAM-SHA-256$' in script
    for role in roles:
        assert f'CREATE ROLE "{role.name}" NOLOGIN NOCREATEDB;' in script
        assert f'GRANT "{role.name}" TO "leasehold_admin" WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;' in script


def test_public_may_connect_nowhere(roles: tuple[Role, ...]) -> None:
    script = cluster_script("app", roles, "x")
    for database in ("postgres", "template1", "app"):
        assert f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC;' in script


def test_statements_end_as_single_user_mode_wants(roles: tuple[Role, ...]) -> None:
    for script in (cluster_script("app", roles, "x"), database_script(roles)):
        statements = script.split(";\n\n")
        assert statements[-1] == ""
        assert all(statement.split()[0].isupper() for statement in statements[:-1])


def test_names_are_quoted_by_the_driver(roles: tuple[Role, ...]) -> None:
    script = database_script(roles)
    assert "VALUES ('reader', 'tables', 'shop', 'or\"ders', ARRAY[]::name[], 'SELECT', false)" in script
    hostile = cluster_script('a"; DROP ROLE x; --', roles, "it's")
    assert 'CREATE DATABASE "a""; DROP ROLE x; --" IS_TEMPLATE true;' in hostile
    assert "PASSWORD 'it''s'" in hostile


def test_later_tables_come_with_default_privileges_and_sequences_with_insert(roles: tuple[Role, ...]) -> None:
    script = database_script(roles)
    prefix = 'ALTER DEFAULT PRIVILEGES FOR ROLE "migrator" IN SCHEMA "shop" GRANT'
    assert f'{prefix} SELECT, INSERT ON TABLES TO "keeper";' in script
    assert f'{prefix} USAGE ON SEQUENCES TO "keeper";' in script
    assert 'ON TABLES TO "reader"' not in script


def test_the_owner_gets_its_schema_and_the_others_its_use(roles: tuple[Role, ...]) -> None:
    script = database_script(roles)
    assert 'ALTER SCHEMA "shop" OWNER TO "migrator";' in script
    assert 'GRANT USAGE ON SCHEMA "shop" TO "reader";' in script
    assert 'GRANT USAGE ON SCHEMA "shop" TO "migrator";' not in script


def test_a_lease_is_made_by_membership(roles: tuple[Role, ...]) -> None:
    owner, reader, keeper = (creation_statements(role, END) for role in roles)
    assert reader == [
        "CREATE ROLE \"{{name}}\" LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}' CONNECTION LIMIT 10",
        NOT_AFTER,
        'GRANT "reader" TO "{{name}}" WITH INHERIT TRUE, SET FALSE',
        'ALTER ROLE "{{name}}" SET search_path = "shop"',
    ]
    assert owner[2] == 'GRANT "migrator" TO "{{name}}" WITH INHERIT TRUE, SET TRUE'
    assert keeper[3] == 'ALTER ROLE "{{name}}" SET search_path = "shop", "it\'s"'
    assert not any(" ON " in statement for statement in (*owner, *reader, *keeper))


def test_a_lease_is_ended_in_one_block_in_this_order() -> None:
    (block,) = revocation_statements()
    steps = ["NOLOGIN", "pg_terminate_backend", "DROP ROLE"]
    places = [block.index(step) for step in steps]
    assert places == sorted(places)
    assert block.startswith("DO $$")


def test_renewal_moves_the_end_of_validity() -> None:
    assert renewal_statements(END) == ["ALTER ROLE \"{{name}}\" VALID UNTIL '{{expiration}}'", NOT_AFTER]


def test_the_template_admin_makes_databases_as_its_group() -> None:
    assert creation_statements(template_admin_role(3600), END)[2:] == [
        'GRANT "leasehold_template_admin" TO "{{name}}" WITH INHERIT TRUE, SET TRUE',
        'ALTER ROLE "{{name}}" SET role = "leasehold_template_admin"',
    ]
    script = cluster_script("app", [template_admin_role(3600)], "x")
    assert 'CREATE ROLE "leasehold_template_admin" NOLOGIN CREATEDB;' in script
    assert 'GRANT CONNECT ON DATABASE "postgres" TO "leasehold_template_admin";' in script

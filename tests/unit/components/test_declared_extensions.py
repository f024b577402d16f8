"""Extensions as they are declared, and as the superuser makes them."""

from typing import Any

import pytest

from components.declared.errors import DeclarationError
from components.declared.extensions import Extension, check_extensions, searched
from components.declared.roles import RoleArgs
from components.declared.validation import check_roles
from components.postgresql.extensions import extension_statements

ROLES: list[RoleArgs] = [
    {"name": "migrator", "owns": ["shop"]},
    {"name": "reader", "grants": [{"schema": "shop", "tables": ["*"], "privileges": ["SELECT"]}]},
    {"name": "narrow", "owns": ["alone"], "search_path": ["alone"]},
]


def test_names_and_fields() -> None:
    declared: list[Any] = ["uuid-ossp", {"name": 'any "Name"', "schema": "Any Schema", "version": "1.6"}]
    assert check_extensions(declared) == (Extension("uuid-ossp"), Extension('any "Name"', "Any Schema", "1.6"))
    assert check_extensions(None) == ()


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ("citext", r"extensions is 'citext'; it is a list"),
        ({"name": "citext"}, r"extensions is \{'name': 'citext'\}; it is a list"),
        ([7], r"extensions\[0\] is 7; an extension is declared by its name"),
        ([""], r"extensions\[0\] is ''; it is text of 1 to 63 bytes"),
        (["x" * 64], r"extensions\[0\] is .*; it is text of 1 to 63 bytes"),
        (["citext", {"schema": "public"}], r"extensions\[1\]\.name is missing"),
        ([{"name": "citext", "shcema": "a"}], r"extensions\[0\]\.shcema is an unknown field"),
        ([{"name": "citext", "schema": 1}], r"extensions\[0\]\.schema is 1; it is text"),
        ([{"name": "citext", "version": 1.6}], r"extensions\[0\]\.version is 1\.6; it is text"),
        ([{"name": "citext", "schema": "pg_catalog"}], r"extensions\[0\]\.schema is 'pg_catalog', which is reserved"),
        ([{"name": "citext", "schema": "leasehold"}], r"extensions\[0\]\.schema is 'leasehold', which is reserved"),
        (["a", "citext", {"name": "citext"}], r"extensions\[2\] declares 'citext' again, as extensions\[1\] does"),
    ],
)
def test_what_cannot_be_declared(declared: Any, told: str) -> None:
    with pytest.raises(DeclarationError, match=told):
        check_extensions(declared)


def test_a_role_finds_them_unless_it_declares_its_search_path() -> None:
    extensions = check_extensions(
        ["citext", {"name": "hstore", "schema": "extensions"}, {"name": "a", "schema": "shop"}]
    )
    roles = searched(check_roles(ROLES, 3600), ROLES, extensions)
    assert [role.search_path for role in roles] == [("shop", "public", "extensions")] * 2 + [("alone",)]
    assert searched(check_roles(ROLES, 3600), ROLES, ()) == check_roles(ROLES, 3600)


def rendered(*declared: Any) -> list[str]:
    roles = check_roles(ROLES, 3600)
    return [one.as_string() for one in extension_statements(check_extensions(declared), roles, "registry/own:1")]


def test_the_schema_is_made_unless_a_role_owns_it() -> None:
    made = rendered(
        {"name": "a", "schema": "extensions"}, {"name": "b", "schema": "shop"}, {"name": "c", "schema": "extensions"}
    )
    assert [one for one in made if one.startswith("CREATE SCHEMA")] == ['CREATE SCHEMA IF NOT EXISTS "extensions"']


def test_names_are_quoted_and_what_is_not_declared_is_the_servers() -> None:
    made = [
        one
        for one in rendered('x"; DROP ROLE y; --', {"name": "b", "schema": "s", "version": "it's"})
        if "CASCADE" in one
    ]
    assert made == [
        'CREATE EXTENSION IF NOT EXISTS "x""; DROP ROLE y; --" CASCADE',
        "CREATE EXTENSION IF NOT EXISTS \"b\" SCHEMA \"s\" VERSION 'it''s' CASCADE",
    ]


def test_an_extension_that_is_not_there_is_named_with_the_image() -> None:
    check = rendered({"name": "postgis", "version": "3.5"})[0]
    assert "WHERE name = 'postgis' AND '3.5' IN (version, '')" in check
    assert "The image registry/own:1 does not have the extension ''postgis'' in version ''3.5''" in check


def test_single_user_mode_reads_each_statement_as_one() -> None:
    assert not [one for one in rendered("citext") if ";\n\n" in one]
    assert rendered() == []

import re
from typing import Any, cast

import pytest

from components.declared.errors import DeclarationError
from components.declared.grants import Grant, GrantArgs
from components.declared.identifiers import MAX_BYTES
from components.declared.roles import MAX_LEASE_TERM, RoleArgs
from components.declared.validation import Role, check_roles
from leasehold.contract import LEASE_NAME, MAX_TERM

OWNER: RoleArgs = {"name": "migrator", "owns": ["shop"]}


def grant(**fields: Any) -> GrantArgs:
    return cast(GrantArgs, {"schema": "shop", "tables": ["orders"], "privileges": ["SELECT"], **fields})


def role(**fields: Any) -> RoleArgs:
    return cast(RoleArgs, {"name": "reader", "grants": [grant()], **fields})


def test_defaults_are_filled_in() -> None:
    owner, reader = check_roles([OWNER, role()], 7200)
    assert owner == Role("migrator", (), ("shop",), ("shop",), 10, 600, 3600)
    assert reader == Role("reader", (Grant("tables", "shop", ("orders",), ("SELECT",)),), (), ("shop",), 10, 600, 3600)


def test_every_table_means_later_ones_too_unless_said_otherwise() -> None:
    _, everything = check_roles([OWNER, role(grants=[grant(tables=["*"])])], 7200)
    assert everything.grants == (Grant("tables", "shop", (), ("SELECT",), ("SELECT",)),)
    _, now = check_roles([OWNER, role(grants=[grant(tables=["*"], default_privileges=[])])], 7200)
    assert now.grants == (Grant("tables", "shop", (), ("SELECT",), ()),)


@pytest.mark.parametrize(
    "name", ["reader_0123456789abcde", "reader_0123456789abcdefg", "reader_0123456789ABCDEF", "Größe_0123456789abcdef"]
)
def test_a_name_that_no_lease_has_is_taken(name: str) -> None:
    assert check_roles([OWNER, role(name=name, login="static")], 7200)[1].name == name


def test_who_inherits_from_a_maker_of_large_objects_makes_them_too() -> None:
    """Its leases would own them otherwise. Who has to become the maker by `SET ROLE` makes none as itself."""
    declared = [
        OWNER,
        role(name="filer", large_objects=True, login="none"),
        role(name="heir", member_of=[{"role": "filer"}]),
        role(name="grandchild", member_of=[{"role": "heir"}]),
        role(name="becoming", member_of=[{"role": "filer", "inherit": False}]),
    ]
    makers = [one.name for one in check_roles(declared, 7200) if one.large_objects]
    assert makers == ["filer", "heir", "grandchild"]


@pytest.mark.parametrize("name", ["a" * 30, "b" * 63, "Größe &\nMaß" * 4])
def test_a_leases_name_fits(name: str) -> None:
    """PostgreSQL would cut a longer one, and take it for another's."""
    login = f"{check_roles([OWNER, role(name=name)], 7200)[1].key}_{'x' * 16}"
    assert len(login.encode()) <= MAX_BYTES
    assert re.fullmatch(LEASE_NAME, login)


def test_privileges_are_the_same_in_any_case() -> None:
    _, reader = check_roles([OWNER, role(grants=[grant(privileges=["select", "SELECT", "Insert"])])], 7200)
    assert reader.grants[0].privileges == ("SELECT", "INSERT")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (role(grants=[grant(privileges=["READ"])]), "unknown privilege 'READ'"),
        (role(grants=[grant(privileges=["ALL"])]), "'ALL' is left out on purpose"),
        (role(grants=[grant(privileges=[])]), "no privilege on its tables"),
        (role(grants=[grant(default_privileges=["SELECT; DROP"])]), "unknown privilege"),
        (role(grants=[]), "could do nothing"),
        (role(grants=[grant(tables=[])]), "names no table"),
        (role(grants=[grant(tables="orders")]), "names no table"),
        (role(grants=[grant(tables=["*", "orders"])]), "lists '\\*' beside tables"),
        (role(grants=[grant(tables=["x" * 64])]), "a name has 1 to 63 bytes"),
        (role(grants=[grant(tables=["\0"])]), "a name has 1 to 63 bytes"),
        (role(grants=[grant(schema="")]), "a name has 1 to 63 bytes"),
        (role(grants=[grant(schema="pg_catalog")]), "is reserved"),
        (role(grants=[grant(schema="leasehold")]), "is reserved"),
        (role(grants=[grant(schema="elsewhere")]), "which no role owns"),
        (role(grants=[grant(table="orders")]), "unknown field 'table'"),
        (role(term=0), "term of 0"),
        (role(term=-5), "term of -5"),
        (role(term=MAX_LEASE_TERM + 1), f"from 1 to {MAX_LEASE_TERM}"),
        (role(term="10m"), "term of '10m'"),
        (role(term=True), "term of True"),
        (role(max_term=0), "max term of 0"),
        (role(max_term=MAX_TERM + 1), f"from 1 to {MAX_TERM}"),
        (role(max_term="1h"), "max term of '1h'"),
        (role(term=300, max_term=299), "a max_term of 299 s"),
        (role(connection_limit=0), "connection limit of 0"),
        (role(colour="red"), "unknown field 'colour'"),
        (role(owns=["shop"]), "is owned by two roles"),
        (role(name="migrator"), "is declared twice"),
        (role(name=""), "a name has 1 to 63 bytes"),
        (role(name="ö" * 32), "a name has 1 to 63 bytes"),
        (role(name='x";\n\nDROP'), "ends a command"),
        (role(name="pg_read_all_data"), "is reserved"),
        (role(name="postgres"), "is reserved"),
        (role(name="leasehold_admin"), "is reserved"),
        (role(name="app_integrationtests"), "ends as the user name of a lease does"),
        (role(name="reader_0123456789abcdef", login="static"), "two could not be told apart"),
        (role(name="a_b_0123456789abcdef", login="none"), "could not be told apart"),
        (role(large_objects="yes"), "a `large_objects` of 'yes'; it is true or false"),
        (role(name=7), "a name has 1 to 63 bytes"),
    ],
)
def test_a_wrong_declaration(wrong: RoleArgs, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        check_roles([OWNER, wrong], 7200)


def test_no_role_at_all() -> None:
    with pytest.raises(DeclarationError, match="No role is declared"):
        check_roles([], 7200)


@pytest.mark.parametrize(
    ("declared", "run_term", "terms"),
    [
        ({}, 86400, (600, 3600)),
        ({}, 1800, (600, 1800)),
        ({}, 60, (60, 60)),
        ({"term": 3}, 3600, (3, 18)),
        ({"term": 3600}, 7200, (3600, 7200)),
        ({"term": 3600}, 600, (600, 600)),
        ({"term": 300, "max_term": 300}, 600, (300, 300)),
        ({"max_term": 60}, 3600, (60, 60)),
        ({"max_term": 3600}, 3600, (600, 3600)),
        ({"max_term": 3600}, 300, (300, 300)),
    ],
)
def test_no_lease_outlives_its_max_term_or_the_run(
    declared: dict[str, int], run_term: int, terms: tuple[int, int]
) -> None:
    _, reader = check_roles([OWNER, role(**declared)], run_term)
    assert (reader.term, reader.max_term) == terms

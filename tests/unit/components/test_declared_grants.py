"""Grants, memberships and settings of roles: what is taken, and the sentence for what is not."""

from typing import Any, cast

import pytest

from components.declared.errors import DeclarationError
from components.declared.grants import KINDS, LARGE_OBJECTS, Grant, check_grants
from components.declared.memberships import Membership
from components.declared.public import REVOCABLE, check_revoked_from_public
from components.declared.roles import RoleArgs
from components.declared.validation import check_roles
from leasehold.contract import broker_name

OWNER: RoleArgs = {"name": "owner", "owns": ["app"]}


def checked(**grant: Any) -> Grant:
    [found] = check_grants([grant], "Role 'reader'")
    return found


@pytest.mark.parametrize("field", KINDS)
def test_every_kind_knows_its_own_privileges_and_no_other(field: str) -> None:
    kind = KINDS[field]
    inside = {"schema": "app"} if kind.in_schema else {}
    names = ["*"] if field == LARGE_OBJECTS else ["x"]
    found = checked(**inside, **{field: names}, privileges=[one.lower() for one in kind.privileges])
    assert (found.kind, found.objects or ("*",), found.privileges) == (field, tuple(names), kind.privileges)
    with pytest.raises(DeclarationError, match=r"Role 'reader', grants\[0\] has the unknown privilege 'CONNECT'"):
        checked(**inside, **{field: names}, privileges=["CONNECT"])


@pytest.mark.parametrize(
    ("grant", "message"),
    [
        ({"privileges": ["SELECT"]}, r"grants\[0\] names no objects; a grant lists one of tables, sequences"),
        ({"schema": "a", "tables": ["b"], "types": ["c"], "privileges": ["USAGE"]}, "names tables and types"),
        ({"tables": ["b"], "privileges": ["SELECT"]}, "names no schema; the tables are in one"),
        ({"schema": "a", "languages": ["sql"], "privileges": ["USAGE"]}, "languages are in none"),
        ({"languages": ["*"], "privileges": ["USAGE"]}, r"stands for nothing"),
        ({"schemas": ["pg_x"], "privileges": ["USAGE"]}, "is reserved"),
        ({"schema": "a", "types": ["b"], "columns": ["c"], "privileges": ["USAGE"]}, "only tables have them"),
        ({"schema": "a", "tables": ["b"], "columns": [], "privileges": ["SELECT"]}, "names no column"),
        ({"schema": "a", "tables": ["b"], "columns": ["c"], "privileges": ["DELETE"]}, "Columns know SELECT, INSERT"),
        ({"schema": "a", "functions": ["f(int"], "privileges": ["EXECUTE"]}, "a signature such as"),
        ({"schema": "a", "tables": ["b"], "privileges": "SELECT"}, "is no list of privileges"),
        ({"schema": "a", "tables": ["b"], "privileges": ["SELECT"], "granted_by": "me"}, "it can be 'migrations'"),
        ({"schema": "a", "tables": ["b"], "privileges": ["SELECT"], "grant_option": 1}, "it is true or false"),
        ({"languages": ["sql"], "privileges": ["USAGE"], "default_privileges": ["USAGE"]}, "languages know none"),
        ({"large_objects": ["16400"], "privileges": ["SELECT"]}, r"numbers and no names. Write \['\*'\]"),
        ({"large_objects": [], "privileges": ["SELECT"]}, "names no large object"),
        ("SELECT", "a grant names objects and privileges"),
    ],
)
def test_a_wrong_grant_is_one_sentence_with_its_place(grant: Any, message: str) -> None:
    with pytest.raises(DeclarationError, match=message) as refused:
        check_grants([grant], "Role 'reader'")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["Reader", "x" * 63, 'reader"; DROP ROLE x; --', "it's", "zwölf Rôles", "lease-a"])
def test_any_name_that_postgresql_takes(name: str) -> None:
    _, role = check_roles([OWNER, {"name": name, "owns": [f"{name[:60]}!"]}], 600)
    assert role.name == name
    assert broker_name(name) == role.key
    assert role.key.isascii()
    assert len(role.key) <= 30
    assert set(role.key) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")


def test_names_that_look_alike_are_two_for_the_broker() -> None:
    assert len({broker_name(name) for name in ("Reader", "reader", "READER", "reader ", "r€ader")}) == 5


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"database": ["CONNECT"]}, "unknown privilege 'CONNECT' in `database`. It knows CREATE, TEMPORARY"),
        ({"database": "CREATE"}, "it is a list"),
        ({"member_of": ["readers"]}, r"member_of\[0\] is 'readers'"),
        ({"member_of": [{"role": "nobody"}]}, "'nobody', which is not declared"),
        ({"member_of": [{"role": "owner"}, {"role": "owner"}]}, "member of one role twice"),
        ({"member_of": [{"role": "owner", "colour": 1}]}, "unknown field 'colour'"),
        ({"member_of": [{"role": "owner", "set": "yes"}]}, "the option set of 'yes'"),
        ({"member_of": [{"role": "app"}]}, "member of itself: app -> app"),
        ({"login": False}, "it can be dynamic, static, none"),
        ({"attributes": {"SUPERUSER": "because"}}, "which no login of a run may have"),
        ({"attributes": {"BYPASSRLS": " "}}, "without a reason"),
        ({"attributes": ["BYPASSRLS"]}, "each is given with its reason"),
        ({"settings": {"ssl": "off"}}, "one of the run's locks"),
        ({"settings": {"search_path": "x"}}, "declare `search_path`"),
        ({"settings": {"log_statement": "none"}}, "what stands in the log"),
        ({"settings": []}, "declared by name"),
        ({"search_path": "app"}, "it is a list"),
        ({"grants": {"schema": "app"}}, "it is a list of grants"),
    ],
)
def test_a_wrong_role_is_one_sentence(fields: dict[str, Any], message: str) -> None:
    role = cast(RoleArgs, {"name": "app", "owns": ["more"], **fields})
    with pytest.raises(DeclarationError, match=message) as refused:
        check_roles([OWNER, role], 600)
    assert "\n" not in str(refused.value)


def test_a_circle_of_members_is_named() -> None:
    declared = [{"name": name, "member_of": [{"role": other}]} for name, other in ("ab", "bc", "ca")]
    with pytest.raises(DeclarationError, match="a -> b -> c -> a"):
        check_roles([OWNER, *cast(list[RoleArgs], declared)], 600)


def test_memberships_and_settings() -> None:
    member = cast(RoleArgs, {"name": "m", "member_of": [{"role": "owner", "inherit": False}]})
    _, role = check_roles([OWNER, {**member, "settings": {"Statement_Timeout": 5, "my.own": "x"}}], 600)
    assert role.member_of == (Membership("owner", inherit=False),)
    assert role.settings == {"statement_timeout": "5", "my.own": "x"}


def test_a_schema_that_migrations_make_needs_somebody_who_can() -> None:
    reader: RoleArgs = {"name": "r", "grants": [{"schema": "made", "tables": ["*"], "privileges": ["SELECT"]}]}
    with pytest.raises(DeclarationError, match="which no role owns"):
        check_roles([OWNER, reader], 600)
    assert check_roles([{**OWNER, "database": ["CREATE"]}, reader], 600)


def test_nobody_logs_in() -> None:
    with pytest.raises(DeclarationError, match="nobody could log in"):
        check_roles([{**OWNER, "login": "none"}], 600)


def test_what_may_be_revoked_from_public() -> None:
    assert check_revoked_from_public(list(REVOCABLE)) == REVOCABLE
    assert check_revoked_from_public(None) == ()
    for wrong in (["CONNECT"], "TEMPORARY"):
        with pytest.raises(DeclarationError, match="TEMPORARY"):
            check_revoked_from_public(wrong)

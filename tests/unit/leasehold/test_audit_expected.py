"""What every arrangement of schemas that a declaration accepts lets each role do."""

from typing import Any

import pytest

from components.declared.public import REVOCABLE
from leasehold.contract import ADMIN, TEMPLATE_ADMIN
from leasehold.outputs import Role
from leasehold.proofs.audit.effective import Object
from leasehold.proofs.audit.expected import expected_facts

OURS = {ADMIN, TEMPLATE_ADMIN}
SELECT: dict[str, Any] = {"kind": "tables", "objects": [], "privileges": ["SELECT"], "default_privileges": ["SELECT"]}
INSERT: dict[str, Any] = {"kind": "tables", "objects": ["notes"], "privileges": ["INSERT"], "default_privileges": []}


def role(owns: tuple[str, ...] = (), **grants: dict[str, Any]) -> Role:
    told = [{"schema": schema, **grant} for schema, grant in grants.items()]
    fields = {"credentials_path": "x", "logins": {}, "term": 600, "max_term": 3600, "owns": list(owns), "grants": told}
    return Role.model_validate(fields)


def facts(roles: dict[str, Role], *relations: Object) -> dict[str, set[str]]:
    """Return what each declared role can do with schemas, and the default privileges that it has."""
    found: dict[str, set[str]] = {name: set() for name in roles}
    for fact in expected_facts(roles, "app", relations, REVOCABLE):
        if fact.role not in OURS and fact.kind in ("schema", "ownership", "default privilege"):
            found[fact.role].add(f"{fact.privilege} {fact.object}")
    return found


def owning(*schemas: str) -> set[str]:
    """What an owner of schemas can do with them, and with ours."""
    return {"USAGE leasehold", *(f"{what} {schema}" for schema in schemas for what in ("CREATE", "USAGE", "OWNER"))}


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        pytest.param({"owner": role(("public",))}, {"owner": owning("public")}, id="public is owned"),
        pytest.param({"owner": role(("a", "b"))}, {"owner": owning("a", "b")}, id="several are owned"),
        pytest.param(
            {"owner": role(("public", "a"), a=SELECT)}, {"owner": owning("public", "a")}, id="a grant in one's own"
        ),
        pytest.param(
            {"owner": role(("a",)), "other": role(("b",), a=SELECT)},
            {"owner": owning("a"), "other": {*owning("b"), "USAGE a", "SELECT a, tables of owner"}},
            id="an owner with grants elsewhere",
        ),
        pytest.param(
            {"owner": role(("public",)), "reader": role(public=SELECT)},
            {"owner": owning("public"), "reader": {"USAGE public", "SELECT public, tables of owner"}},
            id="nothing is owned, public is granted",
        ),
        pytest.param(
            {"owner": role(("a",)), "writer": role(a=INSERT)},
            {"owner": owning("a"), "writer": {"USAGE a"}},
            id="named tables alone are granted",
        ),
        pytest.param(
            {"owner": role(("a",)), "writer": role(a={**SELECT, "default_privileges": ["INSERT"]})},
            {
                "owner": owning("a"),
                "writer": {"USAGE a", "INSERT a, tables of owner", "USAGE a, sequences of owner"},
            },
            id="later tables alone are granted",
        ),
    ],
)
def test_schemas_and_default_privileges(roles: dict[str, Role], expected: dict[str, set[str]]) -> None:
    assert facts(roles) == expected


@pytest.mark.parametrize(("owned", "expected"), [("public", set()), ("shop", {"CREATE", "USAGE"})])
def test_a_database_owner_has_public_unless_a_role_owns_it(owned: str, expected: set[str]) -> None:
    found = expected_facts({"owner": role((owned,))}, "app", [], REVOCABLE)
    assert {
        fact.privilege for fact in found if (fact.role, fact.kind, fact.object) == (TEMPLATE_ADMIN, "schema", "public")
    } == expected


def test_tables_and_sequences_of_public() -> None:
    roles = {"owner": role(("public",)), "writer": role(public=INSERT), "reader": role(public=SELECT)}
    there = [
        Object("table", "public", "notes", "public.notes", "owner"),
        Object("sequence", "public", "notes_id_seq", "public.notes_id_seq", "owner", of=["notes"]),
    ]
    found = {str(fact) for fact in expected_facts(roles, "app", there) if fact.kind in ("table", "sequence")}
    assert {line for line in found if not line.startswith("owner")} == {
        "writer: INSERT on table public.notes",
        "writer: USAGE on sequence public.notes_id_seq",
        "reader: SELECT on table public.notes",
    }
    assert {"owner: TRUNCATE on table public.notes", "owner: UPDATE on sequence public.notes_id_seq"} <= found

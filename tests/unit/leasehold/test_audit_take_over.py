"""Surplus grants, as they would be declared."""

import dis
import json
import pkgutil
import sys
from importlib import import_module
from types import ModuleType

from components.declared.grants import check_grants
from leasehold.proofs.audit.facts import Fact
from leasehold.proofs.audit.take_over import to_take_over

audit = sys.modules["leasehold.proofs.audit"]

SURPLUS = [
    Fact("reader", "table", "shop.posts", "SELECT"),
    Fact("reader", "table", "shop.posts", "DELETE"),
    Fact("reader", "column", "shop.people.name", "SELECT"),
    Fact("reader", "function", "shop.total(integer, text)", "EXECUTE as migrator"),
    Fact("reader", "sequence", "shop.n", "USAGE"),
    Fact("reader", "schema", "more", "CREATE"),
    Fact("reader", "attribute", "reader", "SUPERUSER"),
    Fact("reader", "membership", "writer", "MEMBER"),
    Fact("PUBLIC", "table", "shop.posts", "SELECT"),
]


def test_what_could_be_declared_is_and_the_declaration_takes_it() -> None:
    lines = to_take_over(SURPLUS)
    assert all(line.startswith("reader: ") for line in lines)
    grants = [json.loads(line.partition(": ")[2]) for line in lines]
    told = {"privileges": ["DELETE", "SELECT"], "granted_by": "migrations"}
    assert {"schema": "shop", "tables": ["posts"], **told} in grants
    found = {(one.kind, one.schema, one.objects, one.columns, one.privileges) for one in check_grants(grants, "reader")}
    assert found == {
        ("tables", "shop", ("posts",), (), ("DELETE", "SELECT")),
        ("tables", "shop", ("people",), ("name",), ("SELECT",)),
        ("functions", "shop", ("total(integer, text)",), (), ("EXECUTE",)),
        ("sequences", "shop", ("n",), (), ("USAGE",)),
        ("schemas", "", ("more",), (), ("CREATE",)),
    }


def test_what_is_no_grant_on_an_object_is_no_line() -> None:
    assert to_take_over(SURPLUS[6:]) == []


def test_no_module_of_the_audits_hides_a_function_that_it_uses() -> None:
    """A submodule becomes an attribute of its package when somebody imports it."""
    for module in pkgutil.iter_modules(audit.__path__):
        import_module(f"{audit.__name__}.{module.name}")
    used = [one.argval for one in dis.get_instructions(audit.audit) if one.opname == "LOAD_GLOBAL"]
    assert "differences" in used
    assert [name for name in used if isinstance(vars(audit).get(name), ModuleType)] == []

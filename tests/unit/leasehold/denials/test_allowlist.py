"""The allow-list: what it says, and what is wrong with it."""

from datetime import date
from pathlib import Path

import pytest

from leasehold.denials.allowlist import Allowed, AllowList, AllowListError
from leasehold.denials.model import Kind
from tests.sessions import denial

GOOD = """
[[allow]]
role = "reader"
on = "shop.payroll"
sqlstate = "42501"
kind = "table"
test = "tests/test_menu.py::*"
reason = "The menu probes for the payroll."
until = 2027-01-31
"""
DAY = date(2027, 1, 31)


def allowed(**fields: object) -> Allowed:
    return Allowed.model_validate({"role": "reader", "reason": "SHOP-311 mends it", "until": DAY, **fields})


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "allowed.toml"
    path.write_text(GOOD)
    [line] = AllowList.read(path).lines
    assert (line.role, line.on, line.sqlstate, line.kind) == ("reader", "shop.payroll", "42501", Kind.TABLE)
    assert (line.test, line.reason, line.until) == ("tests/test_menu.py::*", "The menu probes for the payroll.", DAY)
    path.write_text("")
    assert AllowList.read(path).lines == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[allow", "is not TOML: "),
        (b"[[allow]]\nrole = '\xff'\n", "is not TOML: "),
        (GOOD.replace("reason", "raison"), "allow.1.reason: Field required; allow.1.raison: Extra inputs"),
        (GOOD.replace("The menu probes for the payroll.", "short"), "allow.1.reason: String should have at least 10"),
        (GOOD.replace("until = 2027-01-31", ""), "allow.1.until: Field required"),
        (GOOD.replace("2027-01-31", '"soon"'), "allow.1.until: Input should be a valid date"),
        (GOOD.replace('"table"', '"tables"'), "allow.1.kind: Input should be "),
        (
            GOOD + '[[allow]]\nreason = "for everything"\nuntil = 2027-01-31',
            "allow.2: Value error, it allows everything",
        ),
        ("[[allowed]]\n", "allowed: Extra inputs are not permitted"),
        ("allow = 3", "allow: Input should be a valid list"),
    ],
)
def test_what_is_wrong_with_a_file(tmp_path: Path, text: str | bytes, said: str) -> None:
    path = tmp_path / "allowed.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(AllowListError) as caught:
        AllowList.read(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(AllowListError, match=r"cannot be read \(No such file or directory\)"):
        AllowList.read(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("fields", "fits"),
    [
        ({}, True),
        ({"role": "writer"}, False),
        ({"on": "shop.orders"}, True),
        ({"on": "orders"}, True),
        ({"on": "shop"}, False),
        ({"sqlstate": "42501"}, True),
        ({"sqlstate": "28P01"}, False),
        ({"kind": Kind.TABLE}, True),
        ({"kind": Kind.COLUMN}, False),
        ({"test": "tests/test_orders.py::test_cancel"}, True),
        ({"test": "tests/*::test_c?ncel"}, True),
        ({"test": "tests/test_orders.py"}, False),
        ({"test": "*cancel[a-*"}, False),
    ],
)
def test_what_a_line_fits(fields: dict[str, object], fits: bool) -> None:
    assert allowed(**fields).fits(denial()) is fits


@pytest.mark.parametrize(
    ("glob", "fits"),
    [
        ("t.py::test_x[a-[b]]", True),
        ("t.py::test_x[*]", True),
        ("t.py::test_x[a-*", True),
        ("t.py::test_x*", True),
        ("t.py::test_x[ab]", False),
        ("t.py::test_X*", False),
    ],
)
def test_brackets_of_parametrised_tests_stand_for_themselves(glob: str, fits: bool) -> None:
    assert allowed(test=glob).fits(denial(test="t.py::test_x[a-[b]]")) is fits


def test_what_belongs_to_no_test() -> None:
    assert allowed().fits(denial(test=None))
    assert not allowed(test="t.py::*").fits(denial(test=None))


def test_a_line_holds_until_its_last_day() -> None:
    lines = [allowed()]
    assert AllowList(lines, DAY).allows(denial()) == "SHOP-311 mends it"
    late = AllowList(lines, date(2027, 2, 1))
    assert late.allows(denial()) == ""
    assert late.remarks() == ["A line of the allow-list ended on 2027-01-31: SHOP-311 mends it"]


def test_what_nothing_needed_is_remarked() -> None:
    lines = AllowList([allowed(), allowed(role="writer", reason="nobody needs it")], DAY)
    assert lines.allows(denial())
    assert lines.remarks() == ["A line of the allow-list allowed nothing: nobody needs it"]

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from leasehold.denials.model import Phase, Verdict
from leasehold.reports import explained, properties, section, system_out
from leasehold.reports.text import WARNING
from tests.sessions import denial

from .hostile import ALL

pytest_plugins = ["pytester"]


def test_everything_that_helps_to_mend_it() -> None:
    assert explained(denial()) == [
        "denied: DELETE on shop.orders as reader (table, unexpected, in the test)",
        "  role:           reader",
        "  login:          reader_bskcriazhpadvifg",
        "  server's words: permission denied for table orders (database 42501, 13:00:01.000000 UTC)",
        "  why:            The role reader has no DELETE on shop.orders.",
        "  statement:      DELETE FROM shop.orders WHERE id = ?",
        '  declared:       {"name": "reader", "grants": [{"schema": "shop", "tables": ["orders"], "privileges": []}]}',
        '  smallest grant: {"schema": "shop", "tables": ["orders"], "privileges": ["DELETE"]}',
        f"  {WARNING}",
    ]


def test_a_refused_login_is_no_question_of_grants() -> None:
    told = explained(
        denial(
            kind="wrong password",
            code="28P01",
            role="",
            statement="",
            declaration="",
            remedy="Use the lease's own password.",
            phase=Phase.OUTSIDE,
            test=None,
            candidates=["a.py::one", "a.py::two"],
            verdict=Verdict.ALLOWED,
            because="until 2027-01-01: a drill",
        )
    )
    assert (
        told[0]
        == "denied: DELETE on shop.orders as reader_bskcriazhpadvifg (wrong password, allowed, outside any test)"
    )
    assert told[1] == "  role:           none that is declared"
    assert told[-3:] == [
        "  to mend it:     Use the lease's own password.",
        "  allowed:        until 2027-01-01: a drill",
        "  ran then:       a.py::one, a.py::two",
    ]
    assert not any("grant" in line for line in told)


@pytest.mark.parametrize("text", ALL)
def test_no_line_starts_with_foreign_text(text: str) -> None:
    told = section([denial(statement=text, message=text, action=text, on=text, role=text, reason=text)] * 2)
    lines = [line for line in told.split("\n") if line]
    assert len(lines) == 2 * 9
    assert all(line.startswith(("denied: ", "  ")) for line in lines)
    assert not any(line.strip().startswith(("::", "#")) for line in lines)
    assert told.splitlines() == told.split("\n")


def test_junit_properties_and_output() -> None:
    told = [denial(), denial(kind="bad token", code="", action="read", on="database/creds/clerk", message="no\nentry")]
    assert properties(told) == [
        (
            "leasehold.denial.1",
            "unexpected: DELETE on shop.orders as reader (table, 42501): permission denied for table orders",
        ),
        ("leasehold.denial.2", "unexpected: read on database/creds/clerk as reader (bad token): no entry"),
    ]
    assert system_out(told).startswith("denials:\ndenied: DELETE on shop.orders")
    assert system_out([]) == ""


def test_what_pytest_makes_of_it_is_xml(pytester: pytest.Pytester, tmp_path: Path) -> None:
    hostile = [denial(message=text, on=text, statement=text) for text in ALL]
    pytester.makeconftest(f"""
        def pytest_runtest_setup(item):
            number = item.callspec.params["number"]
            item.user_properties += {[properties([one]) for one in hostile]!r}[number]
            item.add_report_section("call", "stdout", {[system_out([one]) for one in hostile]!r}[number])
    """)
    pytester.makepyfile(f"""
        import pytest
        @pytest.mark.parametrize("number", range({len(ALL)}))
        def test_one(number): pass
    """)
    words = [f"--junit-xml={tmp_path / 'x.xml'}", "-o", "junit_logging=all", "-p", "no:leasehold"]
    pytester.inline_run(*words).assertoutcome(passed=len(ALL))
    cases = ET.parse(tmp_path / "x.xml").getroot().findall(".//testcase")  # noqa: S314 - written a moment ago
    for case, one in zip(cases, hostile, strict=True):
        found = [(element.get("name"), element.get("value")) for element in case.iter("property")]
        assert found == properties([one])
        assert system_out([one]).strip() in (case.findtext("system-out") or "")

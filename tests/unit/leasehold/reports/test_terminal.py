import pytest
from rich.cells import cell_len

from leasehold.denials.model import Notice, Verdict
from leasehold.reports.terminal import summary
from tests.sessions import denial, sample, session

from .hostile import ALL


def test_nothing_to_tell() -> None:
    assert summary(session()) == []


def test_a_table_by_role_relation_and_code() -> None:
    told = session(
        denial(number=1, verdict=Verdict.EXPECTED, on="shop.payroll"),
        denial(number=2),
        denial(number=3, test="tests/test_orders.py::test_other"),
        denial(number=4, kind="bad token", code="", source="broker", on="", test=None, role="", login=""),
        notices=[Notice(kind="unused role", message="No test took a lease of auditor.")],
        left_out=7,
    )
    lines = summary(told)
    assert [line.text for line in lines] == [
        "4 denials in 3 tests: 3 unexpected, 0 allowed, 1 expected; 7 more were counted and not kept",
        "verdict     role    on            code       count  first test",
        "unexpected  reader  shop.orders   42501          2  tests/test_orders.py::test_cancel",
        "unexpected  -       -             bad token      1  outside any test",
        "expected    reader  shop.payroll  42501          1  tests/test_orders.py::test_cancel",
        "unused role: No test took a lease of auditor.",
    ]
    assert [line.markup for line in lines[2:]] == [{"red": True}, {"red": True}, {}, {"yellow": True}]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_lines_fit_the_terminal(width: int) -> None:
    lines = [line.text for line in summary(sample(200, 400), width)]
    columns = {line.index("code") for line in lines if line.startswith("verdict")}
    assert len(columns) == 1
    assert max(map(cell_len, lines)) <= max(width, 82)


def test_a_long_table_says_how_much_longer_it_is() -> None:
    told = session(
        *(denial(number=n, on=f"shop.t{n:02}") for n in range(1, 56)),
        notices=[Notice(kind="unused login", message=str(n)) for n in range(42)],
    )
    lines = [line.text for line in summary(told)]
    assert "... and 15 more rows; the reports have them all" in lines
    assert "... and 2 more notices; the reports have them all" in lines
    assert len(lines) == 2 + 40 + 1 + 40 + 1


@pytest.mark.parametrize("text", ALL)
def test_hostile_text_stays_in_its_cell(text: str) -> None:
    lines = summary(session(denial(role=text, on=text, test=text), notices=[Notice(kind="log", message=text)]), 200)
    assert len(lines) == 4
    assert all(len(line.text.splitlines()) == 1 for line in lines)
    assert lines[2].text.startswith("unexpected")
    assert lines[3].text.startswith("log: ")

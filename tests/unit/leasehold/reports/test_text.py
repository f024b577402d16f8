import pytest
from rich.cells import cell_len

from leasehold.reports.text import block, ending, one_line, padded, shortened, tried
from tests.sessions import denial

from .hostile import ALL, INVISIBLE


def test_what_would_not_be_seen_is_escaped() -> None:
    assert one_line(INVISIBLE) == r"a\x1b[31mred\x00\u202eback line next\u200bend"
    assert block("SELECT\t1\r\n\x1b[0mFROM x") == "SELECT    1\n\\x1b[0mFROM x"


@pytest.mark.parametrize("text", ALL)
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) == 1


@pytest.mark.parametrize(
    "text", ["short", "a line that is far too long", "\u8868\u306e\u540d\u524d\u306f\u9577\u3044\u540d\u524d", ""]
)
def test_widths_are_columns_of_a_terminal(text: str) -> None:
    assert cell_len(shortened(text, 10)) <= 10
    assert cell_len(ending(text, 10)) <= 10
    assert cell_len(padded(shortened(text, 10), 10)) == 10


def test_a_node_id_keeps_its_end() -> None:
    assert ending("tests/test_orders.py::test_cancel", 14) == "…::test_cancel"
    assert shortened("tests/test_orders.py", 10) == "tests/tes…"


def test_what_was_tried() -> None:
    assert tried(denial()) == "DELETE on shop.orders as reader"
    assert tried(denial(action="", on="", role="", kind="no TLS", login="mallory")) == "no TLS as mallory"
    assert tried(denial(action="", on="", role="", login="", kind="sealed broker")) == "sealed broker"

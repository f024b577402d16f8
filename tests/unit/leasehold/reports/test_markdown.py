"""Markdown, read back by a parser of its own."""

from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from leasehold.denials.model import Notice, Verdict
from leasehold.reports.markdown import code, fenced, markdown, prose
from leasehold.reports.text import block, one_line
from tests.sessions import denial, sample, session

from .hostile import ALL


class Seen(HTMLParser):
    """What a reader sees: the tags used, and the cells of each table's rows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.rows: list[list[str]] = []
        self.text = ""
        self._in_cell = False
        self.feed(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text))

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._in_cell:
            self.rows[-1][-1] += data


PLAIN = {"h1", "h2", "h3", "p", "strong", "code", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "pre"}


def test_every_denial_is_there_once() -> None:
    told = sample(150, 100)
    rows = Seen(markdown(told)).rows
    numbers = [row[0] for row in rows if len(row) == 8 and row[0] != "No."]
    assert sorted(map(int, numbers)) == list(range(1, 151))
    assert {row[1] for row in rows if len(row) == 8} == {"Verdict", *Verdict}


def test_a_summary_is_bounded_and_says_so() -> None:
    text = markdown(session(*(denial(number=n, on=f"shop.t{n}") for n in range(1, 31))), most=10)
    assert text.count("20 more are not shown here.") == 2
    assert "20 more are not explained here." in text
    assert text.count("\n### ") == 10


@pytest.mark.parametrize("text", ALL)
def test_hostile_text_is_text(text: str) -> None:
    hostile = denial(
        role=text, login=text, on=text, action=text, test=text, message=text, reason=text, because=text, code="42501",
        statement=text, declaration=text, remedy=text, candidates=[text, text],
    )  # fmt: skip
    told = session(hostile, notices=[Notice(kind="log", message=text, test=text, role=text)], run="r`|<b>")
    seen = Seen(markdown(told))
    assert seen.tags <= PLAIN | {"blockquote"}
    assert {len(row) for row in seen.rows} == {4, 6, 8}
    line = one_line(text)
    assert ["unexpected", line, line, "42501", "1", line] in [[c.strip() for c in row] for row in seen.rows]
    assert ["log", line, line, line] in [[c.strip() for c in row] for row in seen.rows]
    assert seen.text.count(block(text)) >= 2


@pytest.mark.parametrize("text", [*ALL, "`", "``", "` x `", "a`", "\\", "\\|", "|", "*", "_a_", "#1"])
def test_code_and_prose_are_read_back_as_they_were(text: str) -> None:
    (row,) = Seen(f"| {code(text)} | {prose(text)} |\n| --- | --- |").rows
    assert [cell.strip() for cell in row] == [one_line(text)] * 2
    assert Seen(fenced(text)).text.rstrip("\n") == block(text)
    assert code("") == ""


def test_a_table_needs_rows() -> None:
    assert "|" not in markdown(session())

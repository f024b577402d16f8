"""A file's statements, each with its line and, for ``COPY ... FROM stdin``, the data that follows it.

Told apart as psql does (src/fe_utils/psqlscan.l): a semicolon ends a statement, unless it stands in a constant, a
comment, parentheses, or the body of a function in SQL (``BEGIN ATOMIC ... END``).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ...errors import MigrationError
from ..lexemes import LEXEME, end_of_comment
from .script import COMMAND, Script

_RESTRICTION = re.compile(r"\\(?:un)?restrict[ \t]+[A-Za-z0-9]+[ \t\r]*(?:\n|\Z)")
"""What pg_dump writes so that psql takes no other command of the dump's (PostgreSQL 18 manual, psql). We take none."""

_WORD = re.compile(r"[A-Za-z_]")
_REST_OF_LINE = re.compile(r"[ \t\r]*\n")
_END_OF_DATA = re.compile(r"^\\\.\r?$", re.MULTILINE)
_ROUTINE = re.compile(r"create (?:or replace )?(?:function|procedure)(?: |\Z)")
_MOST_WORDS = 4  # that tell a routine


@dataclass(frozen=True)
class Statement:
    """One statement.

    Attributes:
        sql: Without its semicolon.
        line: On which it begins, in its file.
        data: What COPY is to read; None for any other statement.
    """

    sql: str
    line: int
    data: str | None = None

    @property
    def data_line(self) -> int:
        """The line on which the data begins."""
        return self.line + self.sql.count("\n") + 1


@dataclass
class _Open:
    """A statement that has begun and not ended."""

    begin: int
    parentheses: int = 0
    blocks: int = 0
    words: list[str] = field(default_factory=list)  # the first ones
    previous: str = ""
    reads_data: bool = False
    makes_routine: bool = False

    def word(self, word: str) -> None:
        if self.parentheses:
            return
        if (self.previous, word) == ("from", "stdin") and self.words[0] == "copy":
            self.reads_data = True
        self.previous = word
        if len(self.words) < _MOST_WORDS:
            self.words.append(word)
            self.makes_routine = _ROUTINE.match(" ".join(self.words)) is not None
        if not self.makes_routine:
            return
        if word == "begin" or (word == "case" and self.blocks):
            self.blocks += 1
        elif word == "end" and self.blocks:
            self.blocks -= 1


def split(script: Script) -> list[Statement]:
    """Return the statements of a script.

    Raises:
        MigrationError: A constant, comment or quoted name does not end, data of COPY does not end, or there is a
            command of psql's.
    """
    return list(_statements(script))


def _statements(script: Script) -> Iterator[Statement]:
    text, place = script.text, 0
    now: _Open | None = None
    counted, line = 0, script.line
    while place < len(text):
        lexeme = LEXEME.match(text, place)
        end = end_of_comment(text, place) if lexeme and lexeme["comment"] else lexeme and lexeme.end()
        if lexeme is None or end is None or lexeme.lastgroup == "unterminated":
            raise _fault(script, place, "what begins here, a constant, a comment or a quoted name, does not end")
        begin, place = place, end
        if lexeme["gap"] or lexeme["comment"]:
            continue
        if lexeme[0] == "\\":
            place = _after_restriction(script, begin, inside=now is not None)
            continue
        if lexeme[0] == ";" and now is None:
            continue
        if now is None:
            now = _Open(begin)
            line, counted = line + text.count("\n", counted, begin), begin
        if lexeme[0] == ";" and not now.parentheses and not now.blocks:
            sql, data = text[now.begin : begin], None
            if now.reads_data:
                data, place = _data(script, now.begin, end)
            yield Statement(sql, line, data)
            now = None
        elif lexeme[0] in "()":
            now.parentheses = max(0, now.parentheses + (1 if lexeme[0] == "(" else -1))
        elif lexeme["plain"] and _WORD.match(lexeme[0]):
            now.word(lexeme[0].lower())
    if now is not None:
        if now.reads_data:
            raise _cut_off(script, now.begin)
        yield Statement(text[now.begin :].rstrip(), line)


def _data(script: Script, begin: int, end: int) -> tuple[str, int]:
    """Return the data of a COPY that ends there, and where the text goes on."""
    if not (first := _REST_OF_LINE.match(script.text, end)):
        if script.text[end:].strip(" \t\r"):
            raise _fault(script, end, "data of COPY begins on a line of its own, and more follows on this one")
        raise _cut_off(script, begin)
    last = _END_OF_DATA.search(script.text, first.end())
    if not last:
        raise _cut_off(script, begin)
    return script.text[first.end() : last.start()], last.end()


def _after_restriction(script: Script, begin: int, *, inside: bool) -> int:
    """Return where the text goes on after a line that means nothing to us."""
    if not inside and (found := _RESTRICTION.match(script.text, begin)):
        return found.end()
    said = script.text[begin:].split(maxsplit=1)[0]
    raise _fault(
        script,
        begin,
        f"`{said}` is a command of psql's, and only what pg_dump writes is understood (`\\restrict`, `COPY ... FROM "
        f"stdin`). Take it out, or let psql run the file, {COMMAND}",
    )


def _cut_off(script: Script, begin: int) -> MigrationError:
    return _fault(script, begin, "the data of this COPY does not end (no line `\\.`), so the file was cut off")


def _fault(script: Script, place: int, what: str) -> MigrationError:
    line = script.line + script.text.count("\n", 0, place)
    return MigrationError(f"{script.path}, line {line}: {what}. Nothing was run.")

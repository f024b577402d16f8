"""PostgreSQL's lexemes, as far as they tell what is a constant, a comment or a name in quotes.

Sqlglot's own would not do: it takes some constants for names (of 1_000, of 0o17, of strings that go on after a line's
end).
"""

import re

_GAP = r"[ \t\n\r\f\v]"
_PLAIN = r"(?:[^']|'')*+'"
_ESCAPED = r"(?:[^'\\]|\\.|'')*+'"
_ON = rf"[ \t\f\v]*(?:--[^\n\r]*)?[\n\r](?:{_GAP}|--[^\n\r]*[\n\r])*+'"  # a string goes on after a line's end
_FIRST = r"A-Za-z_\u0080-\U0010ffff"
LEXEME = re.compile(
    rf"""(?P<gap>{_GAP}+|--[^\n\r]*)
    |(?P<comment>/\*)
    |(?P<constant>[eE]'{_ESCAPED}(?:{_ON}{_ESCAPED})*+|(?:[bBxXnN]|[uU]&)?'{_PLAIN}(?:{_ON}{_PLAIN})*+
        |\$(?P<tag>(?:[{_FIRST}][{_FIRST}0-9]*)?)\$.*?\$(?P=tag)\$
        |\.?[0-9][{_FIRST}0-9]*(?:\.[{_FIRST}0-9]*)?(?:(?<=[eE])[+-][0-9][{_FIRST}0-9]*)?)
    |(?P<quoted>(?:[uU]&)?"(?:[^"]|"")*+")
    |(?P<unterminated>[eEbBxXnN]?'|"|[uU]&['"]|\$(?:[{_FIRST}][{_FIRST}0-9]*)?\$)
    |(?P<plain>\$[0-9]+|[{_FIRST}][{_FIRST}0-9$]*|.)""",
    re.DOTALL | re.VERBOSE,
)
"""One lexeme (PostgreSQL 18 manual, 4.1; src/backend/parser/scan.l). Of a comment in `/*` it is the beginning alone."""

_COMMENT = re.compile(r"/\*|\*/")


def end_of_comment(statement: str, begin: int) -> int | None:
    """Return where a comment ends, which may hold others; None if it does not."""
    depth = 0
    for edge in _COMMENT.finditer(statement, begin):
        depth += 1 if edge[0] == "/*" else -1
        if not depth:
            return edge.end()
    return None

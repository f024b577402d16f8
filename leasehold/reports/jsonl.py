"""JSON lines: a session, then each denial, lease and notice on a line of its own; and back."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from ..denials.model import Session
from .errors import ReportError

LISTS: Mapping[str, str] = {"denials": "denial", "leases": "lease", "notices": "notice"}
"""Lists of a session, and the type of the lines that hold their items."""


def lines(session: Session) -> Iterator[str]:
    """Yield the lines, without their ends, as `docs/denials.schema.json` describes them."""
    whole = session.model_dump(mode="json")
    yield _line("session", {name: value for name, value in whole.items() if name not in LISTS})
    for name, type_ in LISTS.items():
        for item in whole[name]:
            yield _line(type_, item)


def text(session: Session) -> str:
    """Return all lines as the content of a file."""
    return "".join(f"{line}\n" for line in lines(session))


def read(lines: Iterable[str]) -> Session:
    """Return the session that lines tell of.

    Raises:
        ReportError: A line is no JSON, has an unknown type or does not fit the model, or the first is no session.
    """
    names = {type_: name for name, type_ in LISTS.items()}
    whole: dict[str, Any] = {}
    for number, line in enumerate(lines, start=1):
        try:
            item = json.loads(line)
            type_ = item.pop("type")
            if (type_ == "session") != (number == 1):
                raise ValueError("the first line, and no other, has the type session")
            if type_ == "session":
                whole = {**item, **{name: [] for name in LISTS}}
            else:
                whole[names[type_]].append(item)
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise ReportError(f"Line {number} is no line of denials.jsonl: {error}.") from None
    try:
        return Session.model_validate(whole)
    except ValidationError as error:
        raise ReportError(
            f"These lines do not fit docs/denials.schema.json: {error}. They are of another version, or were changed."
        ) from None


def _line(type_: str, item: Mapping[str, Any]) -> str:
    # In ASCII: some readers take U+2028 or U+0085 for the end of a line.
    return json.dumps({"type": type_, **item}, separators=(",", ":"))

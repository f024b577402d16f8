import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator, ValidationError

from leasehold.reports import ReportError, jsonl, schema
from tests.sessions import denial, sample, session

from .hostile import ALL

PUBLISHED = Path(__file__).parents[4] / "docs" / "denials.schema.json"


def test_what_is_written_is_read_back() -> None:
    told = sample(120, 80)
    lines = jsonl.text(told).splitlines()
    assert len(lines) == 1 + 120 + 80 + 2
    assert [json.loads(line)["type"] for line in lines[:2]] == ["session", "denial"]
    assert jsonl.read(lines) == told


def test_the_published_schema_is_the_models() -> None:
    assert PUBLISHED.read_text() == schema.text()
    Draft202012Validator.check_schema(schema.schema())


def test_lines_are_valid_by_the_published_schema() -> None:
    validator = Draft202012Validator(json.loads(PUBLISHED.read_text()))
    for line in jsonl.lines(sample(120, 80)):
        validator.validate(json.loads(line))


@pytest.mark.parametrize("change", [{"type": "other"}, {"kind": "magic"}, {"number": 0}, {"password": "x"}])
def test_other_lines_are_not_valid(change: dict[str, object]) -> None:
    line = json.loads(list(jsonl.lines(session(denial())))[1])
    with pytest.raises(ValidationError):
        Draft202012Validator(json.loads(PUBLISHED.read_text())).validate({**line, **change})


@pytest.mark.parametrize("text", ALL)
def test_hostile_text_stays_on_its_line(text: str) -> None:
    told = session(denial(message=text, test=text, statement=text))
    assert len(jsonl.text(told).splitlines()) == 2
    assert jsonl.read(jsonl.text(told).splitlines()) == told


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["{"], "Line 1 is no line"),
        (["[]"], "Line 1 is no line"),
        (['{"type": "denial"}'], "the first line, and no other, has the type session"),
        (['{"type": "session"}', '{"type": "other"}'], "Line 2 is no line"),
        (['{"type": "session"}'], "do not fit docs/denials.schema.json"),
        ([], "do not fit docs/denials.schema.json"),
    ],
)
def test_what_is_no_session_is_refused(lines: list[str], said: str) -> None:
    with pytest.raises(ReportError, match=said):
        jsonl.read(lines)

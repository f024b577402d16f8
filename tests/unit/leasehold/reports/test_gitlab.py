import json
from typing import Any

import pytest

from leasehold.denials.model import Notice, Verdict
from leasehold.reports.gitlab import code_quality
from tests.sessions import denial, sample, session

from .hostile import ALL


def issues(*denials: Any, locations: Any = None, **fields: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(code_quality(session(*denials, **fields), locations or {}))
    return found


def test_what_gitlab_asks_for() -> None:
    notice = Notice(kind="unused role", message="No test took a lease of auditor.")
    place = {"tests/test_orders.py::test_cancel": ("suite/tests/test_orders.py", 12)}
    found = issues(denial(), denial(test=None, verdict=Verdict.EXPECTED), locations=place, notices=[notice])
    assert found[0].pop("fingerprint")
    assert found[0] == {
        "description": "unexpected: DELETE on shop.orders as reader (table, 42501): "
        "permission denied for table orders, in tests/test_orders.py::test_cancel",
        "check_name": "leasehold: table",
        "severity": "major",
        "location": {"path": "suite/tests/test_orders.py", "lines": {"begin": 12}},
    }
    assert [issue["severity"] for issue in found] == ["major", "info", "info"]
    assert [issue["location"]["path"] for issue in found[1:]] == [".", "."]


def test_fingerprints_are_unique_and_the_same_in_the_next_run() -> None:
    one, two = sample(300, 200), sample(300, 200)
    later = two.model_copy(
        update={
            "denials": [d.model_copy(update={"login": f"x{d.number}", "number": d.number + 5}) for d in two.denials]
        }
    )
    first, second = ([i["fingerprint"] for i in json.loads(code_quality(s, {}))] for s in (one, later))
    assert first == second
    assert len(set(first)) == len(first) == 302


def test_denials_that_are_alike_are_all_there() -> None:
    found = issues(denial(), denial(number=2), denial(number=3, on="shop.payroll"))
    assert len({issue["fingerprint"] for issue in found}) == 3


def test_an_allowed_denial_is_the_same_issue_as_before() -> None:
    before, after = issues(denial()), issues(denial(verdict=Verdict.ALLOWED))
    assert before[0]["fingerprint"] == after[0]["fingerprint"]
    assert (before[0]["severity"], after[0]["severity"]) == ("major", "minor")


@pytest.mark.parametrize("text", ALL)
def test_hostile_text_is_a_json_string(text: str) -> None:
    (issue,) = issues(denial(message=text, on=text, test=f"{text}.py::test"))
    assert "\n" not in issue["description"]
    assert issue["location"]["path"] == f"{text}.py".partition("::")[0]

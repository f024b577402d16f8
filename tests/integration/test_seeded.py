"""A hundred denials among three hundred quiet tests: each is told once, of the right test, in every format.

`make soak` has the suite run again and again.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

from leasehold.denials.model import Denial
from leasehold.reports import jsonl
from tests.soak import soak

from .suites.seeded import EXPECTED, QUIET, SEEDED
from .support import PROJECT

AGAIN = int(os.environ.get("LEASEHOLD_SEEDED") or soak(3, 10))
SUITE = Path(__file__).parent / "suites" / "seeded.py"
SECURED = """
ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY everybody_sees_all ON customers FOR SELECT USING (true);
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the suite, as a user has it."""
    made = tmp_path_factory.mktemp("seeded")
    shutil.copy(SUITE, made / "test_seeded.py")
    shutil.copytree(PROJECT / "stacks" / "shop" / "migrations", made / "migrations")
    (made / "migrations" / "003_row_security.sql").write_text(SECURED)
    (made / "pytest.ini").write_text(
        f"[pytest]\nleasehold_program = {PROJECT}\nleasehold_migrations = migrations\n"
        "leasehold_short_names = true\njunit_family = xunit1\n"
    )
    return made


def run(folder: Path, name: str, workers: int) -> subprocess.CompletedProcess[str]:
    shutil.rmtree(folder / "reports", ignore_errors=True)
    (folder / "summary.md").write_text("")
    command = [sys.executable, "-m", "pytest", "test_seeded.py", "-n", str(workers), "-p", "no:cacheprovider", "-q"]
    options = [f"--leasehold-run={name}", "--leasehold-report=reports", "--junitxml=reports/junit.xml"]
    environment = {**os.environ, "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    environment.pop("GITHUB_WORKSPACE", None)
    return subprocess.run(
        [*command, *options], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("attempt", "workers"),
    [(0, 3), *(pytest.param(number, 8, marks=pytest.mark.soak) for number in range(1, AGAIN + 1))],
)
def test_each_denial_is_told_once_of_the_right_test(folder: Path, warm: str, attempt: int, workers: int) -> None:
    done = run(folder, warm, workers)
    told = jsonl.read((folder / "reports" / "denials.jsonl").read_text().splitlines())
    assert [notice.message for notice in told.notices if notice.kind == "log"] == [], "the logs were read in time"
    found = {
        denial.test.partition("::")[2]: (denial.kind.value, denial.phase.value)
        for denial in told.denials
        if denial.test is not None
    }
    wanted = {name: (kind, "call" if how == "thread" else how) for name, (kind, how) in EXPECTED.items()}
    assert found == wanted, done.stdout[-3000:]
    assert len(told.denials) == SEEDED, Counter(str(denial.test) for denial in told.denials).most_common(5)
    assert len({denial.kind for denial in told.denials}) >= 12
    late = re.findall(r"^ERROR (test_seeded\.py::\S+-(?:call|thread|setup)\].*)", done.stdout, re.MULTILINE)
    assert late == [], "told with the report of the phase in which they were refused"
    tail = done.stdout.splitlines()[-1]
    in_teardown = sum(how == "teardown" for _, how in EXPECTED.values())
    assert f"{SEEDED - in_teardown} failed" in tail, tail
    assert f"{QUIET + in_teardown} passed" in tail
    assert f"{in_teardown} error" in tail
    check_formats(folder, told.denials, done.stdout)


def check_formats(folder: Path, denials: list[Denial], printed: str) -> None:
    reports = folder / "reports"
    ids = Counter(str(denial.test) for denial in denials)
    names = Counter({test.partition("::")[2]: count for test, count in ids.items()})

    properties = Counter[str]()
    outputs = Counter[str]()
    junit = ElementTree.parse(reports / "junit.xml")  # noqa: S314 - pytest has just written it
    for case in junit.getroot().iter("testcase"):
        name = str(case.get("name"))
        properties[name] += sum(str(item.get("name")).startswith("leasehold.denial") for item in case.iter("property"))
        outputs[name] += sum((out.text or "").count("denied: ") for out in case.iter("system-out"))
    assert +properties == names
    assert +outputs == names

    quality = json.loads((reports / "gl-code-quality-report.json").read_text())
    described = [entry["description"] for entry in quality if entry["severity"] == "major"]
    assert Counter(text.partition(", in test_seeded.py::")[2] for text in described) == names

    markdown = (reports / "denials.md").read_text()
    data = re.search(
        r'<script type="application/json"[^>]*>(.*?)</script>', (reports / "denials.html").read_text(), re.S
    )
    assert data
    assert data[1].count('"verdict"') == SEEDED
    for number in range(SEEDED):
        assert f"test_seeded[{number}-" in markdown.replace("\\", ""), number

    assert f"{SEEDED} denials in {QUIET + SEEDED} tests: {SEEDED} unexpected" in printed
    assert "::error " in printed
    assert "test_seeded" in (folder / "summary.md").read_text().replace("\\", "")
    for path in (*reports.iterdir(), folder / "summary.md"):
        text = path.read_text()
        assert "Edsger" not in text, f"a literal stands in {path.name}"
        assert "/etc/passwd" not in text

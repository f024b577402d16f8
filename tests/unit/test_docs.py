"""The docs name tests that there are."""

import re
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def test_each_test_that_the_docs_name_is_there() -> None:
    files = [*PROJECT.glob("tests/**/test_*.py"), *PROJECT.glob("examples/**/test_*.py")]
    known = {path.name for path in files}
    known |= {
        name for path in files for name in re.findall(r"^ *(?:async )?def (test_\w+)", path.read_text(), re.MULTILINE)
    }
    named = {
        (page.name, name)
        for page in [PROJECT / "README.md", *PROJECT.glob("docs/**/*.md")]
        for name in re.findall(r"`(test_\w+(?:\.py)?)`", page.read_text())
    }
    assert named, "the docs name none, so this shows nothing"
    assert sorted((page, name) for page, name in named if name not in known) == []

"""The components are one tree of modules, however they are imported."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAME = """
import sys
{first}
{second}
from components.declared.errors import DeclarationError as one
from leasehold.components.declared.errors import DeclarationError as other
import components.declared.roles, leasehold.components
assert one is other
assert components is leasehold.components
assert components.declared.roles is sys.modules["leasehold.components.declared.roles"]
assert components.declared.roles.__spec__.name == "leasehold.components.declared.roles"
assert components.Environment.__module__ == "leasehold.components.environment"
try:
    import components.no_such
except ModuleNotFoundError:
    print("same")
"""


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("import components", "import leasehold.components"),
        ("import leasehold.components", "import components"),
        ("from components.declared import roles", "import leasehold.components.environment"),
    ],
)
def test_both_names_are_the_same_modules(first: str, second: str) -> None:
    code = SAME.format(first=first, second=second)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("same\n", "")

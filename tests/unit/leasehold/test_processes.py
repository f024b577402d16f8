"""What processes of ours do to each other."""

import subprocess
import sys
from pathlib import Path

STEP = """
import os
from leasehold.runs.processes import step_back
step_back()
print(os.nice(0))
print(open("/proc/self/autogroup").read() if os.path.exists("/proc/self/autogroup") else "nice 19")
"""


def test_who_steps_back_leaves_the_processors_to_others() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STEP],
        cwd=Path(__file__).parents[3],
        start_new_session=True,  # a group of its own, not the tests'
        check=True,
        capture_output=True,
        text=True,
    )
    own, group = done.stdout.splitlines()[:2]
    assert own == "19"
    assert group.endswith("nice 19")

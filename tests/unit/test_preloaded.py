"""A command that a server forks for is what a process of its own would be."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import preloaded

SCRIPT = """
import os, signal, sys, tempfile
print(os.getcwd(), sorted(os.environ), sys.argv[1:], sys.stdin.read(), sys.path[0], flush=True)
print(tempfile.gettempdir())
print("leasehold" in sys.modules, flush=True)
print("warned", file=sys.stderr)
if sys.argv[1] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
sys.exit(int(sys.argv[1]))
"""


@pytest.mark.parametrize("word", ["0", "3", "not a number", "killed"])
def test_it_is_as_if_it_had_been_started(tmp_path: Path, word: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    environment = {"ONE": "1", "PATH": os.environ["PATH"], "LC_CTYPE": "C.UTF-8", "TMPDIR": str(tmp_path)}
    command = [str(script), word]
    started = subprocess.run(
        [sys.executable, *command],
        cwd=tmp_path,
        env=environment,
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    forked = preloaded.run(command, cwd=tmp_path, env=environment)
    assert (forked.returncode, forked.stdout) == (started.returncode, started.stdout)
    assert started.stdout
    assert forked.stderr.splitlines()[-1] == started.stderr.splitlines()[-1]

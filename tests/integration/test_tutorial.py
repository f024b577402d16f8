"""The tutorial, run as it is written: each file and each command, in an environment with the wheel and nothing else."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from .support import PROJECT

PAGE = PROJECT / "docs" / "tutorial.md"
_FENCE = re.compile(r'^```(?P<kind>\w+)(?: title="(?P<file>[^"]+)")?\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block: a file, commands, or what the last commands print."""

    kind: str
    file: str | None
    text: str


def blocks() -> list[Block]:
    return [Block(found["kind"], found["file"], found["text"]) for found in _FENCE.finditer(PAGE.read_text())]


class Shell:
    """One shell for all commands, so that what one sets the next one has."""

    def __init__(self, folder: Path) -> None:
        ours = {"HOME": os.environ["HOME"], "PATH": "/usr/local/bin:/usr/bin:/bin", "LEASEHOLD": str(PROJECT)}
        kept = {name: os.environ[name] for name in ("XDG_STATE_HOME", "LANG") if name in os.environ}
        self._shell = subprocess.Popen(
            ["bash"],
            cwd=folder,
            env={**ours, **kept},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: str) -> tuple[int, str]:
        """Run a command; return its exit status and what it prints."""
        assert self._shell.stdin
        assert self._shell.stdout
        self._shell.stdin.write(f"{command}\nstatus=$?; echo; echo ended $status\n")
        self._shell.stdin.flush()
        lines: list[str] = []
        for line in self._shell.stdout:
            if ended := re.fullmatch(r"ended (\d+)\n", line):
                return int(ended[1]), "".join(lines)
            lines.append(line)
        raise AssertionError("the shell has ended:\n" + "".join(lines))

    def close(self) -> None:
        self._shell.kill()
        self._shell.communicate()


@pytest.mark.soak
def test_the_tutorial_runs_as_written(tmp_path: Path) -> None:
    shell, status, printed = Shell(tmp_path), 0, ""
    try:
        for block in blocks():
            if block.file:
                (tmp_path / block.file).parent.mkdir(exist_ok=True)
                (tmp_path / block.file).write_text(block.text)
            elif block.kind == "console":
                assert status == 0, f"nothing says that this fails:\n{printed}"
                for line in block.text.splitlines():
                    assert line.startswith("$ "), line
                    status, printed = shell.run(line.removeprefix("$ "))
                    assert status == 0 or "pytest" in line, f"{line}\n{printed}"
            else:
                assert block.kind == "text"
                for line in block.text.splitlines():
                    assert line in printed, f"{line!r} is not in:\n{printed}"
                assert (status != 0) == ("failed" in block.text), printed
                status = 0
    finally:
        shell.close()


def test_the_tutorials_blocks_are_known() -> None:
    kinds = [block.kind for block in blocks() if not block.file]
    assert kinds.count("console") == 4
    assert kinds.count("text") == 3
    assert {block.file for block in blocks() if block.file} == {
        "shop.py",
        "migrations/001_orders.sql",
        "pytest.ini",
        "test_shop.py",
    }

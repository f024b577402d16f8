"""What the workers of a session have in common: shared runs, and the order of the files."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .shared import SharedRuns

SHARED_RUNS = pytest.StashKey[SharedRuns]()
FOLDERS = ("integration", "browser", "contract", "unit")
"""In this order: what takes longest begins first, and small files fill the gaps at the end."""


@pytest.fixture(scope="session")
def shared_runs(pytestconfig: pytest.Config) -> SharedRuns:
    return pytestconfig.stash[SHARED_RUNS]


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SHARED_RUNS] = SharedRuns.of(config, lambda: Path(tempfile.mkdtemp(prefix="shared-runs-")))
    config.pluginmanager.register(Sharing(config))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first. The order within a file stays."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> tuple[int, int]:
    folder = next((part for part in item.path.parts if part in FOLDERS), "")
    weight = getattr(getattr(item, "module", None), "SECONDS", 0)
    return FOLDERS.index(folder) if folder else len(FOLDERS), -weight


class Sharing:
    """Tells workers of the shared runs; at the end, the controller destroys them and tells what went wrong."""

    def __init__(self, config: pytest.Config) -> None:
        self._runs = config.stash[SHARED_RUNS]
        self._is_worker = hasattr(config, "workerinput")
        self._faults: list[str] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput["shared_runs"] = self._runs.told()

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        yield
        if self._is_worker:
            return
        self._faults = self._runs.end()
        for left in self._runs.folder.iterdir():
            left.unlink()
        self._runs.folder.rmdir()
        if self._faults and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._faults:
            terminalreporter.section("shared runs", red=True)
            for line in self._faults:
                terminalreporter.write_line(line)

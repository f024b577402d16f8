"""What the workers of a session have in common: shared runs, and which worker tests what, in which order."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

from toolchain.images import FOR_TESTS, present

from .shared import SharedRuns

SHARED_RUNS = pytest.StashKey[SharedRuns]()
GROUPS = {
    **dict.fromkeys(
        ("test_network.py", "test_inside.py", "test_probe.py", "test_scan.py", "test_many_leases.py"), "quiet"
    ),
    **dict.fromkeys(("test_rotation.py", "test_logs.py"), "quiet, too"),
    **dict.fromkeys(
        (
            "test_seeded.py",
            "test_gate.py",
            "test_gated_sessions.py",
            "test_pytest_plugin.py",
            "test_held_up.py",
            "test_templates.py",
            "test_migrate_command.py",
        ),
        "warm",
    ),
}
"""Files that share a run of one worker (`quiet`, `warm`): they go to the same. Any other file goes by itself."""
WITHOUT_LOGIN_EVENT = "16"
"""The major version of PostgreSQL that knows no trigger at the login."""
FOLDERS = ("integration", "browser", "contract", "unit")
LONGEST = (
    "test_seeded.py",
    "test_scan.py",
    "test_own_runs.py",
    "test_teardown.py",
    "test_second_engine.py",
    "test_terms.py",
    "test_authority.py",
    "test_exec.py",
    "test_audit.py",
)
"""What takes longest begins first, and small files fill the gaps at the end: folders in this order, and these files."""


@pytest.fixture(scope="session")
def shared_runs(pytestconfig: pytest.Config) -> SharedRuns:
    return pytestconfig.stash[SHARED_RUNS]


@pytest.fixture(scope="module", autouse=True)
def _environment_stays() -> Iterator[None]:
    """The tests of a file leave the environment as they found it: those that come after them live in it."""
    before = _environment()
    yield
    assert _environment() == before


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--major", help="major version of PostgreSQL that the runs of the tests have, such as 16")


def pytest_configure(config: pytest.Config) -> None:
    os.environ.setdefault("CI", "true")  # commands and sessions wait until runs are gone: tests look at what is left
    if major := config.getoption("--major"):
        [image] = [present(image) for image in FOR_TESTS if image.name == f"database-{major}"]
        os.environ["LEASEHOLD_IMAGE_DATABASE"] = image or ""
    config.stash[SHARED_RUNS] = SharedRuns.of(config, lambda: Path(tempfile.mkdtemp(prefix="shared-runs-")))
    config.pluginmanager.register(Sharing(config))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest files first. The order within a file stays."""
    items.sort(key=_rank)
    if config.getoption("--major") == WITHOUT_LOGIN_EVENT:  # what it lacks, test_majors.py shows
        lacking = [item for item in items if item.get_closest_marker("login_event")]
        config.hook.pytest_deselected(items=lacking)
        items[:] = [item for item in items if item not in lacking]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> "LoadScopeScheduling":
    return Scheduling(config, log)


class Scheduling(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Gives a worker whole files, or groups of them, the longest first."""

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return GROUPS.get(file.rpartition("/")[2], file)


def _rank(item: pytest.Item) -> tuple[int, int]:
    folder = next((part for part in item.path.parts if part in FOLDERS), FOLDERS[-1])
    return FOLDERS.index(folder), LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST)


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

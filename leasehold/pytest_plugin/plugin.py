"""The plugin's hooks that every session has, in the controller and in workers. They import next to nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

import pytest

from ..contract import ENGINE_VARIABLE
from ..denials import registrar
from ..errors import LeaseholdError
from ..leases.client_header import client_id, set_client_id
from ..paths import UnwritableError
from . import short_names
from .lazy_session import REPORTS, SESSION, LazySession
from .options import MARKER, SHORT_NAMES, allow_list_file, engine_of

if TYPE_CHECKING:
    from ..denials.registrar import Registrar


def pytest_configure(config: pytest.Config) -> None:
    """Prepare for a session; a worker's knows the session's id and the controller's process.

    There may be one in this process already that began a test which runs pytest: each has an id of its own.
    """
    if engine := engine_of(config):
        # Workers and all else that the session starts work on the same.
        patch = pytest.MonkeyPatch()
        patch.setenv(ENGINE_VARIABLE, engine)
        config.add_cleanup(patch.undo)
    session = LazySession.of(config, uuid4().hex)
    config.stash[SESSION] = session
    config.addinivalue_line(
        "markers", f"{MARKER}(role, on=..., sqlstate=..., kind=...): a denial that the test expects"
    )
    if config.getini(SHORT_NAMES):
        config.pluginmanager.register(short_names, "leasehold-short-names")
    config.pluginmanager.register(LazyHooks(session), "leasehold-lazy")
    config.stash[_NESTING] = Nesting(lambda: _registrar(session))
    if allow_list_file(config, session.settings) and not session.is_worker:
        session.start()  # a list that cannot be read is told before any test


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Keep runs ready in the place of running tests, if that is what was asked for."""
    if not config.getoption("leasehold_keep_pool"):
        return None
    from .keeper import keep_for  # noqa: PLC0415 - slow to import, and most sessions are none

    try:
        return keep_for(config)
    except LeaseholdError as error:
        print(f"leasehold: {error}", file=sys.stderr)
        return error.exit_code


def pytest_unconfigure(config: pytest.Config) -> None:
    """Hand the process back to the session in which this one ran, if there is one."""
    if nesting := config.stash.get(_NESTING, None):
        nesting.end()


class LazyHooks:
    """Has a session start as soon as anything of it uses a run."""

    def __init__(self, session: LazySession) -> None:
        self._session = session

    @pytest.hookimpl(tryfirst=True)  # no wrapper: it would stand in the traceback of any fixture that fails
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """A test begins."""
        self._session.item = item

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """A test that expects a denial, and has no run, fails; what fails in our fixtures is told in its own words."""
        report = yield
        if self._session.settings.keep_failed:
            item.stash.setdefault(REPORTS, []).append(report)
        if (
            report.failed
            and report.when != "call"
            and call.excinfo
            and isinstance(call.excinfo.value, LeaseholdError | UnwritableError)
        ):
            report.longrepr = f"leasehold: {call.excinfo.value}"
        started = self._session.started
        unread = not (started and started.recorder.active) and item.get_closest_marker(MARKER)
        if unread and report.when == "call" and report.passed and self._session.settings.denials == "fail":
            report.outcome = "failed"
            report.longrepr = (
                "This test expects a denial, and uses none of Leasehold's fixtures: nothing reads the servers' logs."
            )
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, object, object]:
        """Take note of where a test is; a worker's report may be the first to tell of a run."""
        path, line, _ = report.location
        self._session.locations.setdefault(report.nodeid, (path, (line or 0) + 1))
        told = getattr(report, "leasehold", None) or getattr(report, "leasehold_expects", False)
        if told and self._session.started is None and (gated := self._session.start().gate_hooks):
            return (yield from gated.pytest_runtest_logreport(report))  # it is registered too late for this report
        return (yield)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Send a worker of xdist's the session's id and owner."""
        from dataclasses import asdict  # noqa: PLC0415 - as little as can be, where there are no workers

        from ..runs.processes import this_process  # noqa: PLC0415

        node.workerinput["leasehold"] = {"owner": asdict(this_process()), "session": self._session.id}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """A worker has ended; one that crashed tells nothing."""
        told = getattr(node, "workeroutput", {}).get("leasehold")
        if told or error:
            self._session.start().worker_ended(told, node.gateway.id, lost=bool(error))


class Nesting:
    """What one session of a process takes from another that runs it, and gives back."""

    _registrars: ClassVar[list[Callable[[], Registrar | None]]] = []

    def __init__(self, find: Callable[[], Registrar | None]) -> None:
        self._find, self._client_id = find, client_id()
        self._registrars.append(find)
        registrar.register(find)
        set_client_id("")

    def end(self) -> None:
        """Let the other session go on as if nothing had been."""
        self._registrars.remove(self._find)
        registrar.register(self._registrars[-1] if self._registrars else lambda: None)
        set_client_id(self._client_id)


_NESTING = pytest.StashKey[Nesting]()


def _registrar(session: LazySession) -> Registrar | None:
    """Return what writes expectations down: nothing does before the session has a run, unless denials are not read."""
    if session.settings.denials == "off":
        return session.start().recorder
    started = session.started
    return started.recorder if started and started.recorder.active else None

"""The plugin's hooks: start and end of a session, in the controller and in workers."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, ClassVar
from uuid import uuid4

import pytest

from ..denials import expectations
from ..denials.allowlist import AllowList
from ..errors import LeaseholdError
from ..leases.client_header import client_id, set_client_id
from ..runs.processes import this_process
from . import short_names
from .fixtures import SHARED, TIMINGS
from .full_storage import FullStorageHooks
from .gate import Gate
from .gate_hooks import GateHooks, RecorderHooks
from .options import ALLOW_LIST, SHORT_NAMES, Options, options
from .recorder import MARKER, Recorder
from .session import SharedRun, as_process
from .timings import Timings


def pytest_configure(config: pytest.Config) -> None:
    """Start the plugin for a session; a worker's knows the session's id and the controller's process.

    There may be one in this process already that began a test which runs pytest: each has an id of its own.
    """
    told = getattr(config, "workerinput", {}).get("leasehold")
    settings, timings = options(config), Timings()
    owner = as_process(told["owner"]) if told else this_process()
    session = told["session"] if told else uuid4().hex
    recorder = Recorder(session, _worker(config), wanted=settings.denials != "off")
    config.stash[TIMINGS] = timings
    config.stash[SHARED] = SharedRun(settings, session, owner, config.rootpath, timings, recorder=recorder)
    config.pluginmanager.register(FullStorageHooks(config.stash[SHARED]), "leasehold-full-storage")
    config.addinivalue_line(
        "markers", f"{MARKER}(role, on=..., sqlstate=..., kind=...): a denial that the test expects"
    )
    if config.getini(SHORT_NAMES):
        config.pluginmanager.register(short_names, "leasehold-short-names")
    config.pluginmanager.register(SessionHooks(config, session, is_worker=told is not None), "leasehold-session")
    config.stash[_NESTING] = Nesting(lambda: recorder if recorder.active or settings.denials == "off" else None)
    if settings.denials != "off":
        config.pluginmanager.register(RecorderHooks(recorder, settings), "leasehold-recorder")
        if told is None:
            gate = Gate(settings, session, _allowed(config, settings), own_run=not settings.run)
            config.pluginmanager.register(GateHooks(config, gate), "leasehold-gate")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Hand the process back to the session in which this one ran, if there is one."""
    if nesting := config.stash.get(_NESTING, None):
        nesting.end()


class Nesting:
    """What one session of a process takes from another that runs it, and gives back."""

    _registrars: ClassVar[list[Callable[[], Recorder | None]]] = []

    def __init__(self, registrar: Callable[[], Recorder | None]) -> None:
        self._registrar, self._client_id = registrar, client_id()
        self._registrars.append(registrar)
        expectations.register(registrar)
        set_client_id("")

    def end(self) -> None:
        """Let the other session go on as if nothing had been."""
        self._registrars.remove(self._registrar)
        expectations.register(self._registrars[-1] if self._registrars else lambda: None)
        set_client_id(self._client_id)


def _worker(config: pytest.Config) -> str:
    return str(getattr(config, "workerinput", {}).get("workerid", ""))


def _allowed(config: pytest.Config, settings: Options) -> AllowList:
    path = config.rootpath / settings.allowed
    if not path.exists() and settings.allowed == ALLOW_LIST:
        return AllowList()
    try:
        return AllowList.read(path)
    except LeaseholdError as error:
        raise pytest.UsageError(str(error)) from None


_NESTING = pytest.StashKey[Nesting]()


class SessionHooks:
    """What happens at the end of a session, and between the controller and its workers."""

    def __init__(self, config: pytest.Config, session: str, *, is_worker: bool) -> None:
        self._config, self._id, self._is_worker = config, session, is_worker
        self._findings: list[str] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Send a worker of xdist's the session's id and owner."""
        node.workerinput["leasehold"] = {"owner": asdict(this_process()), "session": self._id}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take over a worker's timings; one that crashed has none."""
        told = getattr(node, "workeroutput", {}).get("leasehold")
        if told:
            self._config.stash[TIMINGS].add(told["seconds"], counts=told["counts"])
            self._config.stash[SHARED].used |= told["used"]

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Give back what this process holds; the controller ends the run."""
        shared, timings = self._config.stash[SHARED], self._config.stash[TIMINGS]
        try:
            shared.close()
        finally:
            if self._is_worker:
                told = {**asdict(timings), "used": shared.used}
                session.config.workeroutput["leasehold"] = told  # type: ignore[attr-defined]
            else:
                self._end(session, shared)

    def _end(self, session: pytest.Session, shared: SharedRun) -> None:
        try:
            self._findings = shared.audit()
        except LeaseholdError as error:
            self._findings = [f"it could not be audited: {error}"]
        finally:
            shared.end()
        if self._findings and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell what the audit found, and, with ``-v``, where the time went."""
        shared, timings = self._config.stash[SHARED], self._config.stash[TIMINGS]
        if self._findings:
            terminalreporter.section(f"leasehold: roles of run {shared.name} are not as declared", red=True)
            for line in self._findings:
                terminalreporter.write_line(line)
        if timings.seconds and self._config.get_verbosity() > 0:
            terminalreporter.section(f"leasehold: run {shared.name}")
            for line in timings.lines():
                terminalreporter.write_line(line)
        if timings.seconds and shared.own and shared.settings.keep:
            terminalreporter.write_line(f"Run {shared.name} is kept; `leasehold down {shared.name}` ends it.")

"""A session of pytest that uses a run: what each of its processes holds, and what happens at its end."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import Any

import hvac
import pytest

from ..denials.allowlist import AllowList
from ..errors import LeaseholdError
from ..leases.rotation import Rotation
from ..runs.processes import Process, this_process
from ..runs.run import Run
from .full_storage import FullStorageHooks
from .gate import Gate
from .gate_hooks import GateHooks, RecorderHooks
from .lazy_session import LazySession
from .options import Options, allow_list_file
from .recorder import Recorder
from .shared_run import SharedRun


class StartedSession:
    """One process's part of a session that uses a run.

    Attributes:
        shared: The session's run.
        recorder: Tells the controller what this process does.
        gate: The controller's, which judges; None in a worker, and where denials are not looked at.
        gate_hooks: Has it judge each report; None where there is no gate.
    """

    def __init__(self, session: LazySession) -> None:
        self._session, settings = session, session.settings
        owner = Process(**session.owner) if session.owner else this_process()
        self.recorder = Recorder(session.id, session.worker, wanted=settings.denials != "off")
        self.shared = SharedRun(
            settings, session.id, owner, session.config.rootpath, session.timings, recorder=self.recorder
        )
        self.gate: Gate | None = None
        self.gate_hooks: GateHooks | None = None
        if settings.denials != "off" and not session.is_worker:
            self.gate = Gate(session, allow_list(session.config, settings))
            self.gate_hooks = GateHooks(session.config, self.gate)

    def register(self) -> None:
        """Take part in the session from here on; the running test counts from its beginning."""
        session, plugins = self._session, self._session.config.pluginmanager
        plugins.register(SessionHooks(session, self.shared), "leasehold-session")
        plugins.register(FullStorageHooks(self.shared), "leasehold-full-storage")
        if session.settings.denials != "off":
            plugins.register(RecorderHooks(self.recorder), "leasehold-recorder")
            if session.item:
                self.recorder.begin(session.item)
        if self.gate_hooks:
            plugins.register(self.gate_hooks, "leasehold-gate")

    @staticmethod
    def log_out(client: hvac.Client) -> None:
        """End a client's login to the broker."""
        with suppress(hvac.exceptions.VaultError):  # it may be revoked, or used up
            client.auth.token.revoke_self()

    @staticmethod
    def rotation(run: Run) -> Rotation:
        """Return what rotates a run's credentials."""
        return Rotation(run.issuer)

    def worker_ended(self, told: Mapping[str, Any] | None, name: str, *, lost: bool) -> None:
        """Take over what a worker has told at its end.

        Args:
            told: Its timings, and whether it used the run; None if it told nothing.
            name: The worker's name.
            lost: Whether it has crashed.
        """
        if told:
            self._session.timings.add(told["seconds"], counts=told["counts"])
            self.shared.used |= told["used"]
            self.shared.notes += told["notes"]
            self.shared.kept += told["kept"]
            self.shared.faults += told["faults"]
        if lost and self.gate:
            self.gate.died(name)


class SessionHooks:
    """What happens at the end of a session."""

    def __init__(self, session: LazySession, shared: SharedRun) -> None:
        self._session, self._shared = session, shared
        self._findings: list[str] = []

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Give back what this process holds; the controller ends the run."""
        try:
            self._shared.close()
        finally:
            if self._session.is_worker:
                told = {
                    **asdict(self._session.timings),
                    "used": self._shared.used,
                    "notes": self._shared.notes,
                    "kept": self._shared.kept,
                    "faults": self._shared.faults,
                }
                session.config.workeroutput["leasehold"] = told  # type: ignore[attr-defined]
            else:
                self._end(session)

    def _end(self, session: pytest.Session) -> None:
        try:
            self._findings = self._shared.audit()
        except LeaseholdError as error:
            self._findings = [f"it could not be audited: {error}"]
        finally:
            self._shared.end()
        if (self._findings or self._shared.faults) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell what the audit found, and, with ``-v``, where the time went."""
        shared, timings = self._shared, self._session.timings
        if self._findings:
            terminalreporter.section(f"leasehold: roles of run {shared.name} are not as declared", red=True)
            for line in self._findings:
                terminalreporter.write_line(line)
        for note in [*shared.faults, *shared.notes]:
            terminalreporter.write_line(f"leasehold: {note}")
        if timings.seconds and self._session.config.get_verbosity() > 0:
            terminalreporter.section(f"leasehold: run {shared.name}")
            for line in timings.lines():
                terminalreporter.write_line(line)
            if shared.is_ending:
                terminalreporter.write_line(f"Run {shared.name} is ending; `leasehold list` shows when it is gone.")
        if timings.seconds and shared.own and shared.is_kept:
            terminalreporter.write_line(f"Run {shared.name} is kept; `leasehold down {shared.name}` ends it.")


def allow_list(config: pytest.Config, settings: Options) -> AllowList:
    """Return the denials that are allowed for a while.

    Raises:
        pytest.UsageError: The file cannot be read.
    """
    path = allow_list_file(config, settings)
    if path is None:
        return AllowList()
    try:
        return AllowList.read(path)
    except LeaseholdError as error:
        raise pytest.UsageError(str(error)) from None

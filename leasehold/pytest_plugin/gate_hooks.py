"""Hooks: workers mark the phases of tests in the logs, the controller has the gate judge each report."""

import os
from collections.abc import Generator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from _pytest.junitxml import xml_key

from ..denials.model import Session
from ..errors import LeaseholdError
from ..reports import properties, publish, summary, system_out, write_reports
from .gate import Gate
from .recorder import Recorder


class RecorderHooks:
    """In every process that runs tests."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """A test begins, perhaps once more: from here on the process works for it."""
        self._recorder.begin(item)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Mark the end of the phase in the servers' logs; the report carries the marks."""
        report = yield
        report.leasehold = self._recorder.end_phase(report.when or "")  # type: ignore[attr-defined]
        report.leasehold_expects = self._recorder.expects  # type: ignore[attr-defined]
        return report

    def pytest_fixture_post_finalizer(self, fixturedef: pytest.FixtureDef[object]) -> None:
        """A fixture was torn down."""
        self._recorder.torn_down(fixturedef.argname)


class GateHooks:
    """In the process that reports the results: the controller, or the only one."""

    def __init__(self, config: pytest.Config, gate: Gate) -> None:
        self._config, self._gate = config, gate
        self._late: set[int] = set()
        self._written: list[str] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, object, object]:
        """Fail a report with unexpected denials, before other plugins see it."""
        if id(report) not in self._late:
            self._gate.report(report)
        if report.when == "teardown":
            self._tell_junit(report)
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Tell what came after the tests' own reports."""
        late = self._gate.finish()
        self._late = {id(report) for report in late}
        for report in late:
            self._config.hook.pytest_runtest_logreport(report=report)
        told = self._gate.session()
        outside = [denial for denial in told.unexpected if denial.test is None] if told else []
        if (
            (late or outside or self._gate.faults)
            and self._gate.settings.denials == "fail"
            and session.exitstatus in _GOOD
        ):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        if told:
            self._publish(told)
        self._gate.close()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell the session's denials, and where reports were written."""
        told = self._gate.told
        if told and (told.denials or told.notices):
            terminalreporter.section(
                f"leasehold: denials in run {told.run}", red=bool(told.unexpected or self._gate.faults)
            )
            for line in summary(told, terminalreporter._tw.fullwidth):
                terminalreporter.write_line(line.text, **line.markup)
        for written in self._written:
            terminalreporter.write_line(written)

    def _publish(self, told: Session) -> None:
        """Write the reports that were asked for, and what a CI system reads."""
        settings = self._gate.settings
        root = _below_repository(self._config.rootpath)
        ini = self._config.inipath.name if self._config.inipath else "."
        places = {"": (ini, 1), **self._gate.locations}
        locations = {test: ((root / path).as_posix(), line) for test, (path, line) in places.items()}
        try:
            if settings.report:
                folder = self._config.rootpath / settings.report
                self._written = [f"leasehold: {path} written" for path in write_reports(told, folder, locations)]
            self._written += publish(told, os.environ, locations)
        except LeaseholdError as error:
            self._written.append(f"leasehold: {error}")

    def _tell_junit(self, report: pytest.TestReport) -> None:
        """Add a test's denials to its test case in the JUnit report."""
        denials = self._gate.take(report.nodeid)
        xml = self._config.stash.get(xml_key, None)
        if not denials or xml is None:
            return
        report.user_properties.extend(properties(denials))
        if xml.logging in ("no", "log", "system-err"):
            node = ElementTree.Element("system-out")
            node.text = system_out(denials)
            xml.node_reporter(report).append(node)
        else:  # it writes one of its own, from this
            report.sections.append(("Captured stdout leasehold", system_out(denials)))


def _below_repository(root: Path) -> Path:
    """Return where pytest's root is in the repository, if a CI system names it."""
    for variable in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        top = os.environ.get(variable)
        if top and root.is_relative_to(top):
            return root.relative_to(top)
    return Path()


_GOOD = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)

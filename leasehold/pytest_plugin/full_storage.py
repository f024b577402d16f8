"""A test that fails because the run is full is told what is full, its limit, and what raises it."""

from collections.abc import Generator

import pytest

from ..databases.room import explained
from ..errors import LeaseholdError
from .shared_run import SharedRun

SECTION = "leasehold: the run is full"


class FullStorageHooks:
    """In every process that runs tests: there the error is, and the storage is still full."""

    def __init__(self, shared: SharedRun) -> None:
        self._shared = shared

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Add a section to the report of a phase that ended with a full disk. Our own errors say it themselves."""
        report = yield
        error = call.excinfo.value if call.excinfo else None
        ours = error is None or isinstance(error, LeaseholdError)
        if self._shared.run and error and not ours and (told := explained(self._shared.name, error)):
            self._shared.filled = True
            report.sections.append((SECTION, told))
        return report

"""A real browser, without a window. It is never skipped: `make test` brings one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from leasehold.denials.model import Session
from leasehold.reports import write_reports
from tests.browser.support import Window
from tests.sessions import denial, sample
from toolchain import browser as programs

PICTURES = Path(__file__).parents[2] / "build" / "report-page"
"""Screenshots for people to look at."""

_FLAGS = (
    "--headless",
    "--no-sandbox",  # tests run as root on locked-down machines; the page is our own
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--hide-scrollbars",  # a picture of the whole page would be narrower by one
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    found = programs.browser()
    assert found, "There is no Chrome or Chromium with its driver here. `make test` brings one, or says how to."
    options = webdriver.ChromeOptions()
    options.binary_location = found.program
    for flag in (*_FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = Service(found.driver) if found.driver else Service()
    started = webdriver.Chrome(options=options, service=service)
    yield started
    started.quit()


@pytest.fixture
def window(driver: webdriver.Chrome) -> Iterator[Window]:
    opened = Window(driver, PICTURES)
    opened.look()
    yield opened
    assert opened.complaints() == []
    assert opened.requests() <= {opened.address}


@pytest.fixture(scope="session")
def told() -> Session:
    """A session of everyday size, with text that breaks out where it is not escaped, and words without an end."""
    session = sample(denials=80, leases=160)
    hostile = "<img src=x onerror=document.title='broken'></script>\u202e\u2028\"'&"
    endless = {name: name[0] * 63 for name in ("role", "login", "on", "action", "message", "reason", "declaration")}
    more = [
        denial(number=81, time=session.ended, test="tests/test_endless.py::test_" + "e" * 200, **endless),
        denial(number=82, time=session.ended, test=f"tests/test_hostile.py::{hostile}", message=hostile, on=hostile),
    ]
    return session.model_copy(update={"denials": [*session.denials, *more], "run": "t-" + "r" * 61})


@pytest.fixture(scope="session")
def page(told: Session, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _page(told, tmp_path_factory.mktemp("reports"))


@pytest.fixture(scope="session")
def large_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _page(sample(denials=10_000, leases=3_000), tmp_path_factory.mktemp("large"))


def _page(session: Session, folder: Path) -> Path:
    return next(path for path in write_reports(session, folder, {}) if path.name == "denials.html")

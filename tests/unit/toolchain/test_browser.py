"""Which browser is taken, from programs that only say their version."""

from pathlib import Path

import pytest

from toolchain import browser
from toolchain import parts as module
from toolchain.errors import SetupError
from toolchain.parts import parts


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(browser, "downloads", lambda: False)
    return tmp_path


def program(folder: Path, name: str, says: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{says}\n")
    path.chmod(0o755)


def test_a_browser_with_its_driver(folder: Path) -> None:
    program(folder, "google-chrome", "echo Google Chrome 155.0.1.2")
    program(folder, "chromium", "echo Chromium 156.0.8078.79 built on Debian")
    program(folder, "chromedriver", "echo 'ChromeDriver 156.0.1.1 (0123)'")
    found = browser.Browser(str(folder / "chromium"), "156.0.8078.79", str(folder / "chromedriver"))
    assert browser.browser() == found
    assert browser.find().ok


def test_a_browser_whose_driver_can_be_downloaded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(folder, "google-chrome", "echo Google Chrome 155.0.1.2")
    program(folder, "chromedriver", "echo 'ChromeDriver 156.0.1.1 (0123)'")
    assert browser.browser() is None
    monkeypatch.setattr(browser, "downloads", lambda: True)
    assert browser.browser() == browser.Browser(str(folder / "google-chrome"), "155.0.1.2", None)


def test_a_browser_that_does_not_start_is_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "downloads", lambda: True)
    program(folder, "chromium", "exit 1")
    program(folder, "chromium-browser", "echo install the snap")
    assert browser.browser() is None
    assert browser.find().state == "missing"


def test_debians_packages_are_installed_by_root_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    installed: list[str] = []
    monkeypatch.setattr(browser, "apt_install", lambda *packages: installed.extend(packages))
    monkeypatch.setattr(browser, "is_debian_root", lambda: False)
    with pytest.raises(SetupError, match="sudo apt-get install chromium chromium-driver"):
        browser.provide(lambda _: None)
    assert installed == []
    monkeypatch.setattr(browser, "is_debian_root", lambda: True)
    browser.provide(lambda _: None)
    assert installed == ["chromium", "chromium-driver"]


def test_what_a_run_does_not_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "is_debian_root", lambda: False)
    others = [f"database-{which} image" for which in ("16", "17", "pgvector")]
    assert [part.name for part in parts() if part.for_tests] == [*others, "browser"]
    monkeypatch.setattr(module, "is_debian_root", lambda: True)
    assert [part.name for part in parts() if part.for_tests] == [*others, "browser", "sshd", "podman"]

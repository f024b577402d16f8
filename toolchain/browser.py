"""A browser that opens the report page in tests: found, or installed from Debian's packages."""

import re
import shutil
import subprocess
from dataclasses import dataclass

from .errors import SetupError
from .findings import Finding, Say
from .processes import apt_install, is_debian_root
from .source import downloads

_BROWSERS = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser")
_DRIVER = "chromedriver"
_VERSION = re.compile(r"(\d+)(?:\.\d+)+")


@dataclass(frozen=True)
class Browser:
    """A browser that tests can drive.

    Attributes:
        program: Its path.
        version: Its version.
        driver: Path of the driver of the same major version; None where Selenium downloads that.
    """

    program: str
    version: str
    driver: str | None


def browser() -> Browser | None:
    """Return Chrome or Chromium on PATH that can be driven: its driver is there too, or can be downloaded."""
    found = [(path, version(path)) for name in _BROWSERS if (path := shutil.which(name))]
    working = [(path, said) for path, said in found if said]
    driver = shutil.which(_DRIVER)
    drives = major(version(driver)) if driver else None
    for path, said in working:
        if major(said) == drives:
            return Browser(path, said, driver)
    return Browser(*working[0], None) if working and downloads() else None


def version(program: str) -> str:
    """Return the version that a browser or driver says it has; empty if it does not work."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError):
        return ""
    found = _VERSION.search(said)
    return found[0] if found else ""


def major(said: str) -> int | None:
    """Return a version's first number; a driver drives browsers of the same (ChromeDriver, Version selection)."""
    found = _VERSION.match(said)
    return int(found[1]) if found else None


def find() -> Finding:
    """Look for a browser that can be driven."""
    found = browser()
    if found:
        return Finding("ok", found.version, found.program)
    return Finding("missing", mend="make test" if is_debian_root() else "install Chrome or Chromium")


def provide(say: Say) -> None:
    """Install Debian's Chromium and its driver.

    Raises:
        SetupError: Only root on Debian can do that, or the packages could not be installed.
    """
    if not is_debian_root():
        raise SetupError(
            "A browser is missing: Chrome or Chromium on PATH, with a chromedriver of the same version (Selenium "
            "downloads that one where it can). It opens the report page in tests, and only there. Install it (on "
            "Debian: `sudo apt-get install chromium chromium-driver`), and run `make test` again."
        )
    say("installing Debian's chromium and chromium-driver (about 30 s)")
    apt_install("chromium", "chromium-driver")

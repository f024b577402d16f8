"""Other people's tools, each installed once, by its language's own client, into the user's cache."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from leasehold import paths

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>dev.leasehold</groupId><artifactId>tools</artifactId><version>1</version><dependencies>{}</dependencies></project>
"""
_DEPENDENCY = "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"


def from_pypi(*packages: str) -> Path:
    """Return the Python of a virtual environment that has these packages. Its other programs name another folder."""

    def install(folder: Path) -> None:
        _run([sys.executable, "-m", "venv", str(folder / "venv")], folder)
        _run([str(folder / "venv" / "bin" / "python"), "-m", "pip", "install", "--quiet", *packages], folder)

    return _cached("pypi", packages, install) / "venv" / "bin" / "python"


def from_npm(*packages: str) -> Path:
    """Return the folder with the programs of these packages."""

    def install(folder: Path) -> None:
        _run([program("npm"), "install", "--no-audit", "--no-fund", "--prefix", str(folder), *packages], folder)

    return _cached("npm", packages, install) / "node_modules" / ".bin"


def from_go(module: str, tags: str) -> Path:
    """Return the folder with a module's program."""

    def install(folder: Path) -> None:
        _run([program("go"), "install", "-tags", tags, module], folder, GOBIN=str(folder), GOFLAGS="-mod=mod")

    return _cached("go", (module, tags), install)


def built_with_go(source: str, *modules: str) -> Path:
    """Return a program of our own, built with these modules."""

    def install(folder: Path) -> None:
        (folder / "main.go").write_text(source)
        for words in (["mod", "init", "ours"], ["get", *modules], ["build", "-o", "ours", "."]):
            _run([program("go"), *words], folder, GOFLAGS="-mod=mod")

    return _cached("go", (source, *modules), install) / "ours"


def from_maven(*artifacts: str) -> Path:
    """Return the folder with the jars of these artifacts (``group:name:version``) and of what they need."""

    def install(folder: Path) -> None:
        (folder / "pom.xml").write_text(_POM.format("".join(_DEPENDENCY.format(*one.split(":")) for one in artifacts)))
        _run([program("mvn"), "--quiet", "--batch-mode", "dependency:copy-dependencies"], folder)

    return _cached("maven", artifacts, install) / "target" / "dependency"


def program(name: str, package: str = "") -> str:
    """Return the path of a program of this machine's; fail the test if there is none."""
    found = shutil.which(name)
    if not found:
        pytest.fail(f"`{name}` is not on PATH. Install it (on Debian: {package or name}).", pytrace=False)
    return found


def _cached(kind: str, wanted: Sequence[str], install: Callable[[Path], None]) -> Path:
    """Return what was installed, now or before. It gets its name last: half of it is never found."""
    told = sha256("\0".join([kind, sys.version, *wanted]).encode()).hexdigest()[:12]
    there = paths.cache() / "tools" / f"{kind}-{told}"
    if not there.exists():
        made = there.with_name(f"{there.name}.{secrets.token_hex(4)}")
        made.mkdir(parents=True)
        try:
            install(made)
            made.rename(there)
        except OSError:
            if not there.exists():  # else another worker was quicker
                raise
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return there


def _run(command: list[str], folder: Path, **environment: str) -> None:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-20:])
        pytest.fail(f"A tool that this test uses cannot be had: `{' '.join(command)}` said:\n{said}", pytrace=False)

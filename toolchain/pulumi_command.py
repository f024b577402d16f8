"""Pulumi's command line and its plugins: on PATH, downloaded, or built."""

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from leasehold import paths

from .errors import SetupError
from .findings import Finding, Say
from .gobuild import build_folder, build_key, build_plugin, build_pulumi
from .processes import run
from .source import choice, downloads
from .versions import parse, plugin_pin, pulumi_pin


def folder() -> tuple[Path, str] | None:
    """Return where Pulumi is, and where it is from: on PATH, else downloaded, else built; None if nowhere."""
    found = shutil.which("pulumi")
    if choice() == "auto" and found and _usable(Path(found).parent):
        return Path(found).parent, "PATH"
    for candidate, source in ((_downloaded() / "bin", "downloaded"), (build_folder() / "bin", "built")):
        if choice() in ("auto", source_choice(source)) and (candidate / "pulumi").exists():
            return candidate, source
    return None


def source_choice(source: str) -> str:
    """Return the choice of source under which something downloaded or built is used."""
    return {"downloaded": "download", "built": "build"}[source]


def find() -> Finding:
    """Look for the command line and its Python language host."""
    found = folder()
    if found is None:
        on_path = shutil.which("pulumi")
        return Finding("too old", _version(Path(on_path)), on_path) if on_path else Finding("missing")
    return Finding("ok", _version(found[0] / "pulumi"), f"{found[1]}: {found[0]}")


def provide(say: Say) -> None:
    """Download Pulumi with its own installer, or build it.

    Raises:
        SetupError: Neither could be done.
    """
    if downloads():
        from pulumi.automation import PulumiCommand  # noqa: PLC0415 - slow to import
        from semver import VersionInfo  # noqa: PLC0415

        say("downloading it with Pulumi's own installer (about 1 min)")
        try:
            PulumiCommand.install(root=str(_downloaded()), version=VersionInfo.parse(pulumi_pin()))
        except Exception as error:
            raise SetupError(
                f"Pulumi {pulumi_pin()} could not be downloaded ({error}). It runs every deployment. Put `pulumi` on "
                "PATH (https://www.pulumi.com/docs/install), or build it with `make setup LEASEHOLD_TOOLCHAIN=build`."
            ) from error
    else:
        build_pulumi(say)


def home() -> Path:
    """Return Pulumi's home, with the plugins: the user's own if set, else ours for these plugins' content."""
    if own := os.environ.get("PULUMI_HOME"):
        return Path(own)
    found = folder()
    built = found is not None and found[1] == "built"
    return paths.cache() / "pulumi-home" / (build_key() if built else "downloaded")


def find_plugin(name: str) -> Finding:
    """Look for a plugin of the version that the Python SDK asks for."""
    version = plugin_pin(name)
    place = home() / "plugins" / f"resource-{name}-v{version}"
    if (place / f"pulumi-resource-{name}").exists() and not place.with_name(f"{place.name}.partial").exists():
        return Finding("ok", version, str(place))
    return Finding("missing")


def provide_plugin(name: str, say: Say) -> None:
    """Have Pulumi install a plugin: its own download, or what we build.

    Raises:
        SetupError: Neither could be done.
    """
    if downloads():
        say(f"downloading the {name} plugin (about 10 s)")
        install_plugin(name)
    else:
        install_plugin(name, build_plugin(name, say))


def install_plugin(name: str, program: Path | None = None) -> None:
    """Have Pulumi install a plugin under the version that the Python SDK asks for.

    Args:
        name: The plugin.
        program: What was built; Pulumi downloads it when not given.

    Raises:
        SetupError: Pulumi is missing, or failed.
    """
    found = folder()
    if found is None:
        raise SetupError("Pulumi itself is missing, which installs its plugins. Run `make setup`.")
    install: list[str | Path] = [found[0] / "pulumi", "plugin", "install", "resource", name, plugin_pin(name)]
    if program:
        install += ["--file", program, "--reinstall"]
    run(install, env={"PULUMI_HOME": str(home()), "PULUMI_SKIP_UPDATE_CHECK": "true"})


def _downloaded() -> Path:
    return paths.cache() / "pulumi" / pulumi_pin()


def _usable(candidate: Path) -> bool:
    host = candidate / "pulumi-language-python"
    return host.exists() and parse(_version(candidate / "pulumi")) >= parse(pulumi_pin())


def _version(program: Path) -> str:
    with TemporaryDirectory() as elsewhere:  # it logs what it is asked in its home, which may be the user's
        environment = {**os.environ, "PULUMI_HOME": elsewhere, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        try:
            said = subprocess.run([program, "version"], env=environment, capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return ""
    return said.stdout.strip().lstrip("v")

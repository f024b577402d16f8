"""Building Pulumi and its plugins from the pinned Go modules, once for each content of the modules' folders."""

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from leasehold import paths

from .errors import SetupError
from .findings import Say
from .processes import run
from .versions import GO_MODULE, LANGUAGE_MODULE, PLUGINS, go_pin, parse, plugin_pin, pulumi_pin

_SDK = "github.com/pulumi/pulumi/sdk/v3"
_VERSION_VARIABLE = f"{_SDK}/go/common/version.Version"
# The Docker provider's compose resource is not mapped, and weighs as much as the rest.
_TAGS = "no_compose"
_REMEDY = (
    "Pulumi and its plugins cannot be downloaded here, so they are built from pinned Go modules. Install Go "
    "(https://go.dev/doc/install), or put `pulumi` on PATH, and run `make setup` again."
)


def content_key(folders: Iterable[Path], *more: str) -> str:
    """Return a key that changes when a file of the folders, or one of the words, does."""
    digest = hashlib.sha256("\0".join(more).encode())
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                digest.update(f"\0{path.relative_to(folder).as_posix()}\0".encode())
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


@cache
def build_key() -> str:
    """Return the key of what would be built now."""
    return content_key([GO_MODULE, LANGUAGE_MODULE], *(plugin_pin(name) for name in PLUGINS))


def build_folder() -> Path:
    """Return where the programs of this key are, or will be."""
    return paths.cache() / "build" / build_key()


def check_go(wanted: str | None = None, remedy: str = _REMEDY) -> None:
    """Make sure that Go can build the modules.

    Args:
        wanted: The version that a module asks for; that of Pulumi's when not given.
        remedy: Why it is needed, and what to do.

    Raises:
        SetupError: Go is missing or too old.
    """
    wanted = wanted or go_pin()
    try:
        found = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=True, cwd=GO_MODULE)
    except (OSError, subprocess.CalledProcessError):
        found = None
    if found is None or parse(found.stdout) < parse(wanted):
        raise SetupError(f"Go {wanted} or later is missing. {remedy}")


def build_pulumi(say: Say) -> Path:
    """Build the command line and the Python language host; return their folder."""
    check_go()

    def build(folder: Path) -> None:
        say("the Python language host (about 1 min)")
        version = f"-X {_VERSION_VARIABLE}=v{pulumi_pin()}"
        host = f"{_SDK}/python/cmd/pulumi-language-python"
        go_build(LANGUAGE_MODULE, host, folder / "pulumi-language-python", version, tags=_TAGS)
        sdk = Path(json.loads(run(["go", "mod", "download", "-json", f"{_SDK}@v{pulumi_pin()}"], cwd=GO_MODULE))["Dir"])
        for script in ("cmd/pulumi-language-python-exec", "dist/pulumi-resource-pulumi-python"):
            copy = shutil.copy(sdk / "python" / script, folder)
            Path(copy).chmod(0o755)
        say("Pulumi's command line (about 3 min)")
        go_build(GO_MODULE, "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", folder / "pulumi", version, tags=_TAGS)

    return once(build_folder() / "bin", build)


def build_plugin(name: str, say: Say) -> Path:
    """Build one plugin; return the program."""
    check_go()
    program = f"pulumi-resource-{name}"

    def build(folder: Path) -> None:
        say(f"the {name} plugin (about 1 min)")
        go_build(GO_MODULE, f"./{program}", folder / program, f"-X main.version={plugin_pin(name)}", tags=_TAGS)

    return once(build_folder() / name, build) / program


def go_build(module: Path, package: str, program: Path, linker: str, *, tags: str = "", c: bool = False) -> None:
    """Build one program from a pinned module.

    Args:
        module: The module's folder.
        package: The package of its main function.
        program: Where the program goes.
        linker: More flags of the linker.
        tags: Build tags.
        c: Whether parts in C are built, too.

    Raises:
        SetupError: It could not be built.
    """
    command: list[str | Path] = [
        "go",
        "build",
        "-trimpath",
        "-tags",
        tags,
        "-ldflags",
        f"-s -w {linker}",
        "-o",
        program,
        package,
    ]
    run(command, cwd=module, env={"CGO_ENABLED": "1" if c else "0"})


def once(folder: Path, build: Callable[[Path], None]) -> Path:
    """Let `build` fill a folder that appears whole or not at all."""
    if not folder.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
            target = Path(scratch) / folder.name
            target.mkdir()
            build(target)
            target.rename(folder)
    return folder

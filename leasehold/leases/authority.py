"""The certificates of a run's authority, in a file: libpq and most clients read them from nowhere else."""

from datetime import datetime
from pathlib import Path

from cryptography import x509

from .. import paths
from ..outputs import Outputs


def authority_file(outputs: Outputs) -> str:
    """Return a file with the authority's certificates: the one that the stack names, or, on another machine, ours.

    A file of a later rotation than the outputs' is left as it is: outputs that a process has held for long
    say what was trusted when it read them.
    """
    path = paths.authorities() / Path(outputs.tls.file).name
    for there in (Path(outputs.tls.file), path):
        if _stands(there, outputs.tls.certificate):
            return str(there)
    paths.write_atomically(path, outputs.tls.certificate)
    return str(path)


def authority_files(run: str = "*", key: str = "*") -> list[Path]:
    """Return such files. Plain `pulumi destroy` removes its run's where a program in Python made the run.

    Args:
        run: The run's name.
        key: The id of its name lock, or the Pulumi project of a run that was made without one.
    """
    return sorted(paths.authorities().glob(f"{run}.{key}.crt"))


def is_over(path: Path, now: datetime) -> bool:
    """Return whether every certificate in a file has ended, as they do with the term of their run."""
    try:
        every = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        return False
    return all(one.not_valid_after_utc < now for one in every)


def recency(certificates: str) -> tuple[datetime, int]:
    """Return what grows with each step of a rotation: first another authority is trusted, then one less.

    Args:
        certificates: In PEM.

    Raises:
        ValueError: They are no certificates.
    """
    every = x509.load_pem_x509_certificates(certificates.encode())
    return max(one.not_valid_before_utc for one in every), -len(every)


def _stands(path: Path, certificates: str) -> bool:
    try:
        held = path.read_text()
        return held == certificates or recency(held) > recency(certificates)
    except (OSError, ValueError):
        return False

"""The run's certificates: an authority of its own, and what each server proves its name with."""

import os
from pathlib import Path
from typing import TypedDict

import pulumi
import pulumi_random as random

from .declared.run import Run
from .rendered.certificates import authority, server_identity

_EXPIRES = "expires"


class CertificatesArgs(TypedDict):
    """What certificates are made from."""

    run: Run
    """The run that they are for."""


class Certificates(pulumi.ComponentResource):
    """An authority for one run. Its key is derived from a seed when it is needed, and kept nowhere."""

    authority: pulumi.Output[str]
    """The authority's certificate, in PEM."""
    file: pulumi.Output[str]
    """Path of a file with it, on the machine that runs the program."""

    def __init__(self, name: str, args: CertificatesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("leasehold:index:Certificates", name, {}, opts)
        self._run = run = args["run"]
        seed = random.RandomPassword(
            f"{name}-seed",
            length=43,  # of 62 signs: 256 bits
            special=False,
            # The end of the first `up`'s term, kept beside the seed: the certificates are those of that moment.
            keepers={_EXPIRES: str(run.expires)},
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["keepers"]),
        )
        until = seed.keepers.apply(lambda kept: int((kept or {})[_EXPIRES]))
        self._seed = pulumi.Output.all(seed.result, until)
        self.authority = pulumi.Output.unsecret(self._seed.apply(lambda seed: authority(seed[0], run.name, seed[1])))
        self.file = self.authority.apply(lambda certificate: _written(run.name, certificate))
        self.register_outputs({"authority": self.authority, "file": self.file})

    def files(self, server: str) -> dict[str, pulumi.Output[str]]:
        """Return what a server is given, by file name: its certificate, its key, the authority's certificate."""
        identity = self._seed.apply(lambda seed: server_identity(seed[0], self._run.name, server, seed[1]))
        return {
            "server.crt": pulumi.Output.unsecret(identity.apply(lambda made: made.certificate)),
            "server.key": pulumi.Output.secret(identity.apply(lambda made: made.key)),
            "authority.crt": self.authority,
        }


def _written(run: str, certificate: str) -> str:
    """Have the certificate in a file: clients and the Vault provider read it from nowhere else."""
    path = _folder() / f"{run}.crt"
    if not path.exists() or path.read_text() != certificate:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.write_text(certificate)
        fresh.rename(path)
    return str(path)


def _folder() -> Path:
    """Return where certificates are (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_STATE_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local/state") / "leasehold" / "authorities"

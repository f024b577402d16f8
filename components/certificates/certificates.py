"""The run's certificates: an authority of its own, and what each server proves its name with."""

import time
from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_random as random

from leasehold import paths

from ..declared.authority import FIRST, Generations
from ..declared.run import Run
from . import authority_file
from .authority import LOOPBACK, Authority, authority_certificate, server_identity

_MADE = "made"
_EXPIRES = "expires"
_TERM = "term"
_HOST = "host"


class CertificatesArgs(TypedDict):
    """What certificates are made from."""

    run: Run
    """The run that they are for."""
    generations: Generations
    """Which authority signs, and which are trusted."""
    host: pulumi.Input[str]
    """Where whoever makes the run reaches the servers."""


class Certificates(pulumi.ComponentResource):
    """An authority for one run, in generations. Each has a seed of its own, so that one that became known tells
    nothing of the next; keys are derived from it when they are needed, and kept nowhere."""

    authority: pulumi.Output[str]
    """The certificates of every trusted authority, in PEM, oldest first."""
    file: pulumi.Output[str]
    """Path of a file with them, on the machine that runs the program."""
    expires: pulumi.Output[int]
    """When they end, in seconds since the epoch: at the end of the run's term, as the first `up` fixed it."""
    term: pulumi.Output[int]
    """That term, in seconds."""
    host: pulumi.Output[str]
    """Where whoever made the first `up` reaches the servers, which the servers' certificates have for a name."""

    def __init__(self, name: str, args: CertificatesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("leasehold:index:Certificates", name, {}, opts)
        self._name, self._run = name, args["run"]
        self.generations = generations = args["generations"]
        kept = {_EXPIRES: str(self._run.expires), _TERM: str(self._run.term), _HOST: args["host"]}
        first = self._seed("seed", kept)
        # The end of the first `up`'s term, kept beside the seed: all certificates end then.
        self.expires = until = first.keepers.apply(lambda kept: int((kept or {})[_EXPIRES]))
        self.term = first.keepers.apply(lambda kept: int((kept or {})[_TERM]))
        self.host = first.keepers.apply(lambda kept: str((kept or {}).get(_HOST, LOOPBACK)))
        later = {number: self._seed(f"seed-{number}", {}) for number in generations.trusted if number > FIRST}
        self._authorities = {number: self._authority(seed, until) for number, seed in {FIRST: first, **later}.items()}
        self.authority = self._vouching(generations.trusted)
        called = f"{self._run.name}.{self._run.name_lock or pulumi.get_project()}.crt"
        self.file = self.authority.apply(lambda certificates: _written(called, certificates))
        if not self._run.name_lock and authority_file.IN_PROGRAM:  # else `leasehold` removes it
            remover = authority_file.AuthorityFile(f"{name}-file", self.file, pulumi.ResourceOptions(parent=self))
            # What needs the file is deleted before it is.
            self.file = pulumi.Output.all(self.file, remover.id).apply(lambda known: str(known[0]))
        self.register_outputs(
            {
                "authority": self.authority,
                "file": self.file,
                "expires": self.expires,
                "term": self.term,
                "host": self.host,
            }
        )

    def files(self, server: str) -> dict[str, pulumi.Output[str]]:
        """Return what a server is created with, by file name: certificate, key, and its authority's certificate.

        They are of the first generation for ever: a server whose files were declared anew would be replaced.
        """
        return self._files(server, FIRST, [FIRST])

    def files_in_force(self, server: str) -> dict[str, pulumi.Output[str]]:
        """Return what a server is to have now, by file name."""
        return self._files(server, self.generations.signing, self.generations.trusted)

    def _files(self, server: str, signing: int, trusted: Sequence[int]) -> dict[str, pulumi.Output[str]]:
        identity = pulumi.Output.all(self._authorities[signing], self.host).apply(
            lambda known: server_identity(known[0], server, known[1])
        )
        return {
            "server.crt": pulumi.Output.unsecret(identity.apply(lambda made: made.certificate)),
            "server.key": pulumi.Output.secret(identity.apply(lambda made: made.key)),
            "authority.crt": self._vouching(trusted),
        }

    def _vouching(self, generations: Sequence[int]) -> pulumi.Output[str]:
        authorities = pulumi.Output.all(*(self._authorities[number] for number in generations))
        return pulumi.Output.unsecret(authorities.apply(lambda every: "".join(map(authority_certificate, every))))

    def _seed(self, name: str, keepers: dict[str, pulumi.Input[str]]) -> random.RandomPassword:
        return random.RandomPassword(
            f"{self._name}-{name}",
            length=43,  # of 62 signs: 256 bits
            special=False,
            keepers={_MADE: str(int(time.time())), **keepers},  # of the `up` that made it
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["keepers"]),
        )

    def _authority(self, seed: random.RandomPassword, until: pulumi.Output[int]) -> pulumi.Output[Authority]:
        return pulumi.Output.all(seed.result, seed.keepers, until).apply(
            lambda known: Authority(known[0], self._run.name, int(known[1][_MADE]), known[2])
        )


def _written(called: str, certificates: str) -> str:
    """Have certificates in a file: clients and the Vault provider read them from nowhere else."""
    path = paths.authorities() / called
    previewed = pulumi.runtime.is_dry_run() and path.exists()  # a preview removes no trusted authority
    if not previewed and not (path.exists() and path.read_text() == certificates):
        paths.write_atomically(path, certificates)
    return str(path)

"""A server for ssh on another network of this machine's, and a client that knows it: keys, configuration and all."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from .second_engine import SecondEngine
from .support import until

PORT = 2222


@dataclass(frozen=True)
class SshServer:
    """The server. The client's configuration calls it ``engine``.

    Attributes:
        folder: Keys and configuration of both.
        known: The file with the hosts that the client knows.
    """

    folder: Path
    known: Path

    def shell(self, path: str) -> dict[str, str]:
        """Return what a shell has by which the engine is reached over ssh, with ``PATH``."""
        return {"DOCKER_HOST": "ssh://engine", "PATH": f"{self.folder}/bin:{path}"}


@contextmanager
def ssh_server(engine: SecondEngine) -> Iterator[SshServer]:
    """Give a server in an engine's network, whose docker command reaches that engine; skip where there is none."""
    program = shutil.which("sshd")
    if not program:
        pytest.skip("an engine over ssh needs sshd")
    folder = engine.folder / "ssh"
    (folder / "bin").mkdir(parents=True)
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / key], check=True)
    server = SshServer(folder, folder / "known")
    server.known.write_text(f"[{engine.address}]:{PORT} {(folder / 'host.pub').read_text()}")
    shutil.copy(folder / "user.pub", folder / "authorized")
    _write(
        folder / "sshd_config",
        f"Port {PORT}",
        f"ListenAddress {engine.address}",
        f"HostKey {folder}/host",
        f"AuthorizedKeysFile {folder}/authorized",
        "PidFile none",
        "MaxStartups 200",
        "StrictModes no",
        "UsePAM no",
        f"SetEnv DOCKER_HOST={engine.host}",
    )
    _write(
        folder / "config",
        "Host engine",
        f"HostName {engine.address}",
        f"Port {PORT}",
        "User root",
        f"IdentityFile {folder}/user",
        "IdentitiesOnly yes",
        f"UserKnownHostsFile {server.known}",
        "GlobalKnownHostsFile none",
    )
    client = folder / "bin" / "ssh"
    _write(client, "#!/bin/sh", f'exec {shutil.which("ssh")} -F {folder}/config "$@"')
    client.chmod(0o755)
    Path("/run/sshd").mkdir(exist_ok=True)  # without it sshd does not start (Debian, as its unit makes it)
    serving = subprocess.Popen([*engine.inside, program, "-D", "-f", folder / "sshd_config", "-E", folder / "log"])
    try:
        until(lambda: "Server listening" in (folder / "log").read_text() if (folder / "log").exists() else False)
        yield server
    finally:
        serving.terminate()
        serving.wait()


def _write(path: Path, *lines: str) -> None:
    path.write_text("\n".join(lines) + "\n")

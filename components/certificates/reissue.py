"""Another certificate for a running server: files in its container, a signal, and a look at what it serves."""

import io
import socket
import ssl
import tarfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from ..servers.readiness import wait_until
from ..servers.start import FOLDER

TIMEOUT = 5.0
"""How long a server may take to answer once, in seconds."""


@dataclass(frozen=True)
class Server:
    """A running server, and the files that it is to have.

    Attributes:
        part: Its part of the run.
        container: Its container's name.
        host: Where it is reached.
        port: At which port.
        files: Content by name, below `FOLDER`.
        then: What is run in the container, as the server's own user, before it reads them; empty for nothing.
        greeting: What is sent before TLS begins; empty for nothing.
    """

    part: str
    container: str
    host: str
    port: int
    files: Mapping[str, str] = field(repr=False)
    then: str = ""
    greeting: bytes = b""


def reissue(server: Server) -> None:
    """Have a server serve another certificate; it does when this returns. Its sessions go on.

    Raises:
        RuntimeError: The files could not be replaced.
        TimeoutError: It did not serve the certificate in time.
        docker.errors.DockerException: The engine refused.
    """
    import docker  # noqa: PLC0415 - needed by rollovers alone, and slow to import

    engine = docker.from_env()
    try:
        container = engine.containers.get(server.container)
        container.put_archive(FOLDER, archive(server.files))
        # Renamed, so that no file is ever there by half. Root owns the folder; the server itself may not write there.
        steps = [("root", " && ".join(f"mv {FOLDER}/{name}.new {FOLDER}/{name}" for name in server.files))]
        steps += [("", server.then)] * bool(server.then)
        for user, script in steps:
            status, output = container.exec_run(["sh", "-c", script], user=user)
            if status != 0:
                raise RuntimeError(f"In {server.container}, files could not be replaced: {_text(output)}")
        # PID 1 is `timeout`, which passes it on (coreutils), or became the server itself (busybox). Both servers read
        # certificates again then (PostgreSQL 18 manual, 18.9; OpenBao manual, listener tcp).
        container.kill("SIGHUP")
    finally:
        engine.close()
    wait_until(partial(serves, server), server.part, server.container)


def archive(files: Mapping[str, str]) -> bytes:
    """Return files as a tar archive, each named ``NAME.new``."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{name}.new")
            member.size, member.mode, member.mtime = len(content.encode()), 0o644, int(time.time())
            tar.addfile(member, io.BytesIO(content.encode()))
    return packed.getvalue()


def serves(server: Server) -> bool:
    """Return whether a server proves itself with the certificate that it is to have."""
    context = ssl._create_unverified_context()  # noqa: S323 - the very bytes are compared below
    try:
        with socket.create_connection((server.host, server.port), timeout=TIMEOUT) as connection:
            if server.greeting:
                connection.sendall(server.greeting)
                if connection.recv(1) != b"S":
                    return False
            with context.wrap_socket(connection) as secured:
                return secured.getpeercert(binary_form=True) == ssl.PEM_cert_to_DER_cert(server.files["server.crt"])
    except OSError:
        return False


def _text(output: object) -> str:
    return output.decode(errors="replace").strip() if isinstance(output, bytes) else ""

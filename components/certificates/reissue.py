"""Another certificate for a running server: files in it, a signal, and a look at what it serves."""

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from ..engines.current import current
from ..gateway.readiness import wait_until

TIMEOUT = 5.0
"""How long a server may take to answer once, in seconds."""


@dataclass(frozen=True)
class Server:
    """A running server, and the files that it is to have.

    Attributes:
        part: Its part of the run.
        name: Its physical name.
        host: Where it is reached.
        port: At which port.
        files: Content by name, below `FOLDER`.
        then: What is run in it, as the server's own user, before it reads them; empty for nothing.
        greeting: What is sent before TLS begins; empty for nothing.
    """

    part: str
    name: str
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
    """
    current().replace_files(server.name, server.files, server.then)
    wait_until(partial(serves, server), server.part, server.name)


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

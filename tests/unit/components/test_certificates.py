"""Certificates, as a client that knows the authority sees them."""

import socket
import ssl
import threading
import time
from pathlib import Path

import pytest
from cryptography import x509

from components.rendered.certificates import authority, server_identity

UNTIL = int(time.time()) + 600


def handshake(folder: Path, trusted: str, *, server: str, called: str, until: int = UNTIL) -> None:
    """Connect to a server of the run; raise what the client does."""
    identity = server_identity("seed", "run", server, until)
    (folder / "server.pem").write_text(identity.certificate + identity.key)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(folder / "server.pem")
    knowing = ssl.create_default_context(cadata=trusted)
    knowing.verify_flags |= ssl.VERIFY_X509_STRICT
    near, far = socket.socketpair()

    def serve() -> None:
        try:
            serving.wrap_socket(far, server_side=True).close()
        except OSError:
            far.close()

    threading.Thread(target=serve, daemon=True).start()
    with near:
        knowing.wrap_socket(near, server_hostname=called).close()


@pytest.mark.parametrize("called", ["database", "localhost", "127.0.0.1"])
def test_a_server_is_known_by_its_names(tmp_path: Path, called: str) -> None:
    handshake(tmp_path, authority("seed", "run", UNTIL), server="database", called=called)


@pytest.mark.parametrize("called", ["broker", "example.org", "127.0.0.2"])
def test_a_server_is_not_known_by_another_name(tmp_path: Path, called: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        handshake(tmp_path, authority("seed", "run", UNTIL), server="database", called=called)


def test_another_runs_authority_does_not_vouch(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(tmp_path, authority("another seed", "run", UNTIL), server="database", called="database")


def test_certificates_end_with_the_term(tmp_path: Path) -> None:
    past = int(time.time()) - 1
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        handshake(tmp_path, authority("seed", "run", past), server="database", called="database", until=past)


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert authority("seed", "run", UNTIL) == authority("seed", "run", UNTIL)
    assert server_identity("seed", "run", "broker", UNTIL) == server_identity("seed", "run", "broker", UNTIL)


def test_servers_share_neither_key_nor_serial() -> None:
    one, other = (server_identity("seed", "run", name, UNTIL) for name in ("broker", "database"))
    assert one.key != other.key
    serials = {x509.load_pem_x509_certificate(made.certificate.encode()).serial_number for made in (one, other)}
    assert len(serials) == 2


def test_a_server_cannot_sign_for_others() -> None:
    leaf = x509.load_pem_x509_certificate(server_identity("seed", "run", "broker", UNTIL).certificate.encode())
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca

"""Certificates, as a client that knows the authority sees them."""

import socket
import ssl
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509

from components.certificates.authority import Authority, authority_certificate, server_identity

MADE, UNTIL = 1_600_000_000, 4_100_000_000  # 2020 and 2099: no test depends on when it runs
OURS = Authority("seed", "run", MADE, UNTIL)


def handshake(
    folder: Path, trusted: Authority, *, server: str, called: str, signer: Authority = OURS, host: str = "127.0.0.1"
) -> None:
    """Connect to a server of the run; raise what the client does."""
    identity = server_identity(signer, server, host)
    (folder / "server.pem").write_text(identity.certificate + identity.key)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    serving.load_cert_chain(folder / "server.pem")
    knowing = ssl.create_default_context(cadata=authority_certificate(trusted))
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
    handshake(tmp_path, OURS, server="database", called=called)


@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::7", "docker.example.org"])
@pytest.mark.parametrize("called", ["", "database", "localhost", "127.0.0.1"])
def test_a_server_that_is_reached_elsewhere_is_known_there_too(tmp_path: Path, host: str, called: str) -> None:
    handshake(tmp_path, OURS, server="database", called=called or host, host=host)


@pytest.mark.parametrize("called", ["broker", "example.org", "127.0.0.2"])
def test_a_server_is_not_known_by_another_name(tmp_path: Path, called: str) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        handshake(tmp_path, OURS, server="database", called=called)


def test_another_runs_authority_does_not_vouch(tmp_path: Path) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(tmp_path, replace(OURS, seed="another seed"), server="database", called="database")


def test_certificates_end_with_the_term(tmp_path: Path) -> None:
    past = replace(OURS, until=MADE + 1)
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        handshake(tmp_path, past, server="database", called="database", signer=past)


def test_the_same_seed_gives_the_same_bytes() -> None:
    assert authority_certificate(OURS) == authority_certificate(OURS)
    assert server_identity(OURS, "broker") == server_identity(OURS, "broker")
    assert server_identity(OURS, "broker") == server_identity(OURS, "broker", "127.0.0.1")


def test_servers_share_neither_key_nor_serial() -> None:
    one, other = (server_identity(OURS, name) for name in ("broker", "database"))
    assert one.key != other.key
    serials = {x509.load_pem_x509_certificate(made.certificate.encode()).serial_number for made in (one, other)}
    assert len(serials) == 2


def test_a_server_cannot_sign_for_others() -> None:
    leaf = x509.load_pem_x509_certificate(server_identity(OURS, "broker").certificate.encode())
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_generations_are_told_apart_though_their_names_are_the_same(tmp_path: Path) -> None:
    later = replace(OURS, seed="a seed of its own", made=MADE + 1)
    handshake(tmp_path, later, server="database", called="database", signer=later)
    for trusted, signer in ((OURS, later), (later, OURS)):
        with pytest.raises(ssl.SSLCertVerificationError):
            handshake(tmp_path, trusted, server="database", called="database", signer=signer)


def test_no_seed_is_shown() -> None:
    assert OURS.seed not in repr(OURS)

"""The run's certificate authority, and the certificates of its servers (RFC 5280).

Keys and certificates are functions of a seed that Pulumi keeps, encrypted: the same seed gives the same bytes, so a
second `up` changes nothing, and no key is ever stored in a form of its own.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# Not Ed25519: with such a certificate PostgreSQL finds no hash for SCRAM's channel binding, and refuses the login.
_CURVE = ec.SECP256R1()
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (SP 800-186, 3.2.1.3)
_KEY_BYTES = 48  # the order's 32 and more, so that the remainder is not skewed (FIPS 186-5, A.2.1)
_SERIAL_BYTES = 16  # RFC 5280, 4.1.2.2: at most 20
LOOPBACK = "127.0.0.1"
"""Where the servers of a run are reached that was made on the engine's host."""

_EARLIER = 3600  # seconds: valid since before any clock that is a little slow


@dataclass(frozen=True)
class Authority:
    """One generation of a run's authority, from which all of it is derived.

    Attributes:
        seed: Its secret.
        run: The run's name.
        made: When it was made, in seconds since the epoch.
        until: When its certificates end, in seconds since the epoch.
    """

    seed: str = field(repr=False)
    run: str
    made: int
    until: int


@dataclass(frozen=True)
class Identity:
    """A server's certificate and its private key, in PEM."""

    certificate: str
    key: str


def authority_certificate(authority: Authority) -> str:
    """Return an authority's own certificate, in PEM."""
    key = _key(authority, "authority")
    builder = (
        _builder(authority, "authority", _subject(authority))
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return _pem(_signed(builder, key))


def server_identity(authority: Authority, name: str, host: str = LOOPBACK) -> Identity:
    """Return what a server proves with that it is the run's.

    Args:
        authority: Who vouches for it.
        name: The server's name on the inner network.
        host: The address, or the name, at which it is reached from outside. On the engine's host that is always
            127.0.0.1 or localhost, too.
    """
    signer, key = _key(authority, "authority"), _key(authority, name)
    names = list(map(_name, dict.fromkeys([name, "localhost", LOOPBACK, host])))
    builder = (
        _builder(authority, name, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Identity(_pem(_signed(builder, signer)), private.decode())


def fingerprint(certificates: str) -> str:
    """Return the fingerprint of certificates in PEM: their SHA-256, in hexadecimal digits."""
    return hashlib.sha256(certificates.encode()).hexdigest()


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _subject(authority: Authority) -> x509.Name:
    # The same in every generation (RFC 4210, 4.4: key update): which key signed, the key identifiers tell.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Leasehold run {authority.run}")])


def _builder(authority: Authority, name: str, subject: x509.Name) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(_subject(authority))
        .serial_number(int.from_bytes(_derived(authority, f"serial of {name}", _SERIAL_BYTES)) | 1)
        .not_valid_before(datetime.fromtimestamp(authority.made - _EARLIER, UTC))
        .not_valid_after(datetime.fromtimestamp(authority.until, UTC))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _signed(builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    return builder.sign(key, hashes.SHA256(), ecdsa_deterministic=True)  # RFC 6979


def _key(authority: Authority, name: str) -> ec.EllipticCurvePrivateKey:
    raw = int.from_bytes(_derived(authority, f"key of {name}", _KEY_BYTES))
    return ec.derive_private_key(raw % (_ORDER - 1) + 1, _CURVE)


def _derived(authority: Authority, purpose: str, length: int) -> bytes:
    """Return bytes that only who has the seed can tell (HKDF, RFC 5869)."""
    return HKDF(hashes.SHA256(), length, salt=None, info=f"leasehold {purpose}".encode()).derive(
        authority.seed.encode()
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()

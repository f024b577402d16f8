"""The keys of a cluster: an authority, the certificates that it signs, and the key of service accounts."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_EARLIER = datetime.timedelta(minutes=5)  # of clocks that do not agree


@dataclass(frozen=True)
class Pair:
    """A key and what belongs to it, in PEM.

    Attributes:
        key: The private key.
        public: The certificate, or the public key.
    """

    key: bytes
    public: bytes


class Authority:
    """Signs certificates for the length of a cluster's life."""

    def __init__(self, life: datetime.timedelta) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("leasehold-cluster", None)
        self._begin = datetime.datetime.now(datetime.UTC) - _EARLIER
        self._end = datetime.datetime.now(datetime.UTC) + life
        builder = self._builder(self._name, self._key.public_key())
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        self._certificate = builder.add_extension(constraints, critical=True).sign(self._key, hashes.SHA256())

    @property
    def pair(self) -> Pair:
        """The authority's own key and certificate."""
        return Pair(_pem(self._key), self._certificate.public_bytes(serialization.Encoding.PEM))

    def client(self, name: str, group: str | None = None) -> Pair:
        """Return the certificate of a client.

        Args:
            name: Its user name.
            group: The group it is in.
        """
        return self._leaf(_name(name, group), ExtendedKeyUsageOID.CLIENT_AUTH, [])

    def server(self, name: str, addresses: Sequence[str], hosts: Sequence[str]) -> Pair:
        """Return the certificate of a server.

        Args:
            name: What it is called.
            addresses: Addresses under which it is reached.
            hosts: Names under which it is reached.
        """
        names = [
            *(x509.IPAddress(ip_address(address)) for address in addresses),
            *(x509.DNSName(host) for host in hosts),
        ]
        return self._leaf(_name(name, None), ExtendedKeyUsageOID.SERVER_AUTH, names)

    def _leaf(self, subject: x509.Name, usage: x509.ObjectIdentifier, names: Sequence[x509.GeneralName]) -> Pair:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(subject, key.public_key())
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        return Pair(_pem(key), certificate.public_bytes(serialization.Encoding.PEM))

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._begin)
            .not_valid_after(self._end)
        )


def service_account_key() -> Pair:
    """Return the key with which tokens of service accounts are signed, and its public half."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Pair(_pem(key), public)


def _name(name: str, group: str | None) -> x509.Name:
    groups = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group)] if group else []
    return x509.Name([*groups, x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

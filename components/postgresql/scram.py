"""A SCRAM-SHA-256 verifier, so that a server never gets the password itself."""

import base64
import hashlib
import hmac

ITERATIONS = 4096
"""PBKDF2 rounds; PostgreSQL's own default (`scram_iterations`, PostgreSQL 18 manual, 19.3.1)."""


def scram_verifier(password: str, salt: bytes) -> str:
    """Return what PostgreSQL stores for a password (RFC 5803; PostgreSQL 18 manual, 52.8 pg_authid).

    Args:
        password: ASCII only, so that SASLprep (RFC 4013) leaves it as it is.
        salt: Random bytes, 16 as PostgreSQL draws them.

    Raises:
        ValueError: The password is not ASCII.
    """
    if not password.isascii():
        raise ValueError("SASLprep is left out, so the password must be ASCII")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${ITERATIONS}:{_base64(salt)}${_base64(stored)}:{_base64(server)}"


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()

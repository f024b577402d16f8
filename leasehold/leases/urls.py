"""URLs, and other texts, that name a lease: for tools that know nothing else."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from ..errors import LeaseholdError

if TYPE_CHECKING:
    from .issuer import Lease

_PLACE = re.compile(r"\{([a-z_]+)\}")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
PASSWORD = "password"  # noqa: S105 - the placeholder's name


def url(lease: "Lease", passfile: Path | str | None = None) -> str:
    """Return a URL of libpq's (PostgreSQL 18 manual, 32.1.1.2), without the password.

    Args:
        lease: The lease.
        passfile: A file with its password; None for none.
    """
    parameters = {"sslmode": str(lease.parameters["sslmode"]), "sslrootcert": lease.authority_file}
    if passfile:
        parameters["passfile"] = str(passfile)
    place = f"{_escaped(lease.user)}@{_bracketed(lease.host)}:{lease.port}/{_escaped(lease.database)}"
    return f"postgresql://{place}?{urlencode(parameters, quote_via=quote, safe='')}"


def fill(template: str, lease: "Lease", passfile: Path | str | None = None, *, with_password: bool = False) -> str:
    """Fill a template: ``{host} {port} {database} {user} {passfile} {authority_file} {url}`` are what it can ask for.

    What stands in a URL, after its ``://``, is escaped for it. Other braces stay as they are.

    Args:
        template: The template.
        lease: The lease.
        passfile: A file with its password; None for none.
        with_password: Whether ``{password}`` is one, too.

    Raises:
        LeaseholdError: The template asks for something else.
    """
    values = {
        "host": lease.host,
        "port": str(lease.port),
        "database": lease.database,
        "user": lease.user,
        "authority_file": lease.authority_file,
    }
    if passfile:
        values["passfile"] = str(passfile)
    if with_password:
        values[PASSWORD] = lease.password.get_secret_value()
    begin = found.end() if (found := _URL.search(template)) else len(template)

    def value(place: re.Match[str]) -> str:
        if place[1] == "url":
            return url(lease, passfile)
        if place[1] not in values:
            raise LeaseholdError(_unknown(place[1], [*values, "url"]))
        if place.start() < begin:
            return values[place[1]]
        return _bracketed(lease.host) if place[1] == "host" else _escaped(values[place[1]])

    return _PLACE.sub(value, template)


def pairs(texts: Iterable[str]) -> dict[str, str]:
    """Return templates by the variable's name, from ``NAME=TEMPLATE`` each.

    Raises:
        LeaseholdError: One is of another form.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, sign, template = text.partition("=")
        if not (sign and name.strip()):
            raise LeaseholdError(f"{text!r} names no variable. Write NAME=TEMPLATE, such as DATABASE_URL={{url}}.")
        found[name.strip()] = template.strip()
    return found


def _unknown(name: str, known: Iterable[str]) -> str:
    if name == PASSWORD:
        return (
            "A template asks for {password}, and other processes of this user can read what is in the environment. "
            "Where these are trusted, say so: --password-in-environment for a command, "
            "`leasehold_password_in_environment = true` in pytest's settings, `password=True` for leasehold_url."
        )
    told = ", ".join(f"{{{one}}}" for one in known)
    return f"A template asks for {{{name}}}, which is not known here. It can ask for {told}."


def _escaped(text: str) -> str:
    return quote(text, safe="")


def _bracketed(host: str) -> str:
    """Return a host as a URL has it (RFC 3986, 3.2.2)."""
    return f"[{host}]" if ":" in host else _escaped(host)

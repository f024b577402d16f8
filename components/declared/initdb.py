"""How the database cluster is made: encoding and locale, as `initdb` takes them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NotRequired, TypedDict, get_args

from .errors import DeclarationError

Provider = Literal["builtin", "icu", "libc"]

_WORD = re.compile(r"[\w.@+-]{1,63}")
_NEVER_ITS_OWN = re.compile(r"big5|gb18030|gbk|sjis|uhc|johab|shift_jis\w*", re.IGNORECASE)
"""Encodings of clients alone (PostgreSQL 18 manual, 23.3.1)."""


class InitdbArgs(TypedDict):
    """Options of `initdb`'s, under its own names (PostgreSQL 18 manual, initdb). Every database of the run has them."""

    encoding: NotRequired[str]
    """Such as ``UTF8`` (the default), ``LATIN1`` or ``SQL_ASCII``."""
    locale_provider: NotRequired[str]
    """``builtin`` (the default for UTF8; PostgreSQL 17 and later), ``icu`` or ``libc``. A declared `locale` is
    ``libc``'s and a declared `icu_locale` ``icu``'s, unless this says otherwise."""
    locale: NotRequired[str]
    """Locale of the operating system's, such as ``en_US.utf8``; ``C`` when not given. The image must have it."""
    icu_locale: NotRequired[str]
    """Locale of ICU's, such as ``de-AT`` or ``und-u-ks-level2``; ``icu`` needs it."""
    builtin_locale: NotRequired[str]
    """``C``, ``C.UTF-8`` (the default) or ``PG_UNICODE_FAST`` (PostgreSQL 18 and later)."""


@dataclass(frozen=True)
class Initdb:
    """Checked options.

    Attributes:
        encoding: The encoding.
        provider: Whose collations they are.
        locale: The operating system's locale; None for the default.
        provider_locale: The locale of ``icu`` or ``builtin``; None for ``libc``.
        asked: Whether the builtin provider was declared: a server that does not know it then refuses to start.
    """

    encoding: str = "UTF8"
    provider: Provider = "builtin"
    locale: str | None = None
    provider_locale: str | None = "C.UTF-8"
    asked: bool = False

    def options(self, major: int) -> list[str]:
        """Return `initdb`'s command-line options for a major version of PostgreSQL."""
        provider, locale = self.provider, self.locale or "C"
        if provider == "builtin" and major < BUILTIN_SINCE:  # the same order and the same letters, from the libc
            provider, locale = "libc", "C.UTF-8"
        options = [f"--encoding={self.encoding}", f"--locale-provider={provider}", f"--locale={locale}"]
        if provider != "libc":
            options.append(f"--{provider}-locale={self.provider_locale}")
        return options


BUILTIN_SINCE = 17
"""The major version that brought the builtin provider (PostgreSQL 17 release notes)."""

UTF8 = frozenset({"utf8", "utf-8", "unicode"})
"""Names of the one encoding that knows every character, in lower case."""


def check_initdb(declared: InitdbArgs | None = None) -> Initdb:
    """Return declared options with their defaults. Whether the image has a locale, `initdb` says itself.

    Raises:
        DeclarationError: Names the field and what is wrong with it.
    """
    if declared is None:
        return Initdb()
    if not isinstance(declared, Mapping):
        raise DeclarationError(
            f"initdb is {declared!r}; it is declared as {{'encoding': 'UTF8', 'icu_locale': 'de-AT'}}."
        )
    if unknown := sorted(map(str, set(declared) - set(InitdbArgs.__annotations__))):
        raise DeclarationError(
            f"initdb.{unknown[0]} is an unknown field; there are {', '.join(InitdbArgs.__annotations__)}."
        )
    for field, value in declared.items():
        if not isinstance(value, str) or not _WORD.fullmatch(value):
            raise DeclarationError(f"initdb.{field} is {value!r}; it is a name, such as 'UTF8', 'icu' or 'en_US.utf8'.")
    encoding = declared.get("encoding", "UTF8")
    if _NEVER_ITS_OWN.fullmatch(encoding):
        raise DeclarationError(f"initdb.encoding is {encoding!r}, which clients can have and no server can.")
    chosen = declared.get("locale_provider")
    if chosen is not None and chosen not in get_args(Provider):
        raise DeclarationError(f"initdb.locale_provider is {chosen!r}; it can be {', '.join(get_args(Provider))}.")
    provider: Provider = chosen or _implied(declared, encoding)  # type: ignore[assignment] # was just looked at
    for field, of in (("icu_locale", "icu"), ("builtin_locale", "builtin")):
        if field in declared and provider != of:
            raise DeclarationError(
                f"initdb.{field} is declared and the locale provider is {provider!r}; it is {of}'s alone."
            )
    if provider == "icu" and "icu_locale" not in declared:
        raise DeclarationError("initdb.icu_locale is missing: the locale provider 'icu' needs one, such as 'de-AT'.")
    if provider == "icu" and encoding.lower() == "sql_ascii":
        raise DeclarationError("initdb.encoding is 'SQL_ASCII', which ICU does not know. Declare another provider.")
    if provider == "builtin" and encoding.lower() not in UTF8 and declared.get("builtin_locale") != "C":
        raise DeclarationError(
            f"initdb.encoding is {encoding!r}, and the builtin locales but 'C' are UTF8's. Declare `builtin_locale` as "
            "'C', or another provider."
        )
    asked = chosen == "builtin" or "builtin_locale" in declared
    own = {"icu": declared.get("icu_locale"), "builtin": declared.get("builtin_locale", "C.UTF-8"), "libc": None}
    return Initdb(encoding, provider, declared.get("locale"), own[provider], asked)


def _implied(declared: InitdbArgs, encoding: str) -> Provider:
    """Return whose collations are meant where no provider is declared."""
    if "icu_locale" in declared:
        return "icu"
    if "builtin_locale" in declared:
        return "builtin"
    return "libc" if "locale" in declared or encoding.lower() not in UTF8 else "builtin"


def encodable(script: str, initdb: Initdb) -> str:
    """Return SQL that the server reads without a client's conversion: beyond ASCII its encoding would be another.

    Raises:
        DeclarationError: It names something beyond ASCII, and the encoding is not UTF8.
    """
    if not script.isascii() and initdb.encoding.lower() not in UTF8:
        strange = "".join(dict.fromkeys(letter for letter in script if not letter.isascii()))
        raise DeclarationError(
            f"initdb.encoding is {initdb.encoding!r}, and names of the declaration hold {strange!r}. With another "
            "encoding than UTF8, declared names are ASCII; what tests write need not be."
        )
    return script

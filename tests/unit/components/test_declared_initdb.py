"""How a cluster is made: what `initdb` is told, for each major version."""

from typing import Any

import pytest

from components.declared.errors import DeclarationError
from components.declared.initdb import check_initdb, encodable

BUILTIN = ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C", "--builtin-locale=C.UTF-8"]


@pytest.mark.parametrize(
    ("declared", "major", "options"),
    [
        (None, 18, BUILTIN),
        (None, 17, BUILTIN),
        (None, 16, ["--encoding=UTF8", "--locale-provider=libc", "--locale=C.UTF-8"]),
        ({"encoding": "LATIN1"}, 18, ["--encoding=LATIN1", "--locale-provider=libc", "--locale=C"]),
        ({"locale": "de_AT.utf8"}, 17, ["--encoding=UTF8", "--locale-provider=libc", "--locale=de_AT.utf8"]),
        (
            {"icu_locale": "und-u-ks-level2"},
            16,
            ["--encoding=UTF8", "--locale-provider=icu", "--locale=C", "--icu-locale=und-u-ks-level2"],
        ),
        ({"builtin_locale": "C"}, 18, [*BUILTIN[:3], "--builtin-locale=C"]),
        ({"encoding": "utf-8", "locale_provider": "builtin"}, 18, ["--encoding=utf-8", *BUILTIN[1:]]),
    ],
)
def test_options(declared: Any, major: int, options: list[str]) -> None:
    assert check_initdb(declared).options(major) == options


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ("UTF8", "initdb is 'UTF8'; it is declared as"),
        ({"encodign": "UTF8"}, r"initdb\.encodign is an unknown field; there are encoding, locale_provider"),
        ({"encoding": "UTF8; reboot"}, r"initdb\.encoding is 'UTF8; reboot'; it is a name"),
        ({"locale": "a\nb"}, r"initdb\.locale is"),
        ({"encoding": "SJIS"}, r"initdb\.encoding is 'SJIS', which clients can have"),
        ({"locale_provider": "glibc"}, r"initdb\.locale_provider is 'glibc'; it can be builtin, icu, libc"),
        ({"locale_provider": "icu"}, r"initdb\.icu_locale is missing"),
        ({"locale_provider": "libc", "icu_locale": "de"}, r"initdb\.icu_locale is declared and .* 'libc'; it is icu's"),
        ({"icu_locale": "de", "builtin_locale": "C"}, r"initdb\.builtin_locale is declared and .* 'icu'"),
        ({"encoding": "SQL_ASCII", "icu_locale": "de"}, r"initdb\.encoding is 'SQL_ASCII', which ICU does not know"),
        ({"encoding": "LATIN1", "builtin_locale": "C.UTF-8"}, r"initdb\.encoding is 'LATIN1', and the builtin"),
    ],
)
def test_what_cannot_be_declared(declared: Any, told: str) -> None:
    with pytest.raises(DeclarationError, match=told):
        check_initdb(declared)


def test_names_beyond_ascii_need_utf8() -> None:
    assert encodable('CREATE SCHEMA "größe"', check_initdb())
    assert encodable("CREATE SCHEMA plain", check_initdb({"encoding": "LATIN1"}))
    with pytest.raises(DeclarationError, match=r"'LATIN1', and names of the declaration hold 'öß'"):
        encodable('CREATE SCHEMA "größe"', check_initdb({"encoding": "LATIN1"}))

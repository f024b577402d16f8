"""A lease in a URL, for tools that know nothing else: escaped where it stands in one, and without the password."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from leasehold import Lease, LeaseholdError
from leasehold.leases import handover
from leasehold.leases.urls import fill, pairs, url

PASSFILE = Path("/proc/1/fd/7")


@pytest.fixture
def odd(lease: Lease) -> Lease:
    return replace(lease, user="o/d:d@", database="größe & maß", authority_file="/a b/ca?.crt")


def test_a_url_of_libpqs(odd: Lease) -> None:
    parts = urlsplit(url(odd, PASSFILE))
    assert (parts.scheme, parts.hostname, parts.port, parts.password) == ("postgresql", "127.0.0.1", 5432, None)
    assert (unquote(parts.username or ""), unquote(parts.path)) == (odd.user, f"/{odd.database}")
    assert parse_qs(parts.query) == {
        "sslmode": ["verify-full"],
        "sslrootcert": ["/a b/ca?.crt"],
        "passfile": [str(PASSFILE)],
    }
    assert "passfile" not in url(odd)
    assert urlsplit(url(replace(odd, host="::1"))).hostname == "::1"


def test_a_template(odd: Lease) -> None:
    told = fill("postgres://{user}@{host}:{port}/{database}?a={authority_file}&p={passfile}&{x.y}{}", odd, PASSFILE)
    begin = "postgres://o%2Fd%3Ad%40@127.0.0.1:5432/gr%C3%B6%C3%9Fe%20%26%20ma%C3%9F"
    assert told == f"{begin}?a=%2Fa%20b%2Fca%3F.crt&p=%2Fproc%2F1%2Ffd%2F7&{{x.y}}{{}}"
    assert fill("{user} at {host}", odd) == "o/d:d@ at 127.0.0.1"
    assert (
        fill("{user}=jdbc:postgresql://{host}?user={user}", odd)
        == "o/d:d@=jdbc:postgresql://127.0.0.1?user=o%2Fd%3Ad%40"
    )
    assert fill("x={url}", odd) == f"x={url(odd)}"


def test_the_password_is_given_to_who_says_so(lease: Lease) -> None:
    template = "postgres://{user}:{password}@{host}"
    assert fill(template, lease, with_password=True) == "postgres://reader_x:pa%3Ass%5Cword@127.0.0.1"
    with pytest.raises(LeaseholdError, match=r"other processes of this user .* --password-in-environment"):
        fill(template, lease)


@pytest.mark.parametrize("name", ["hosts", "passfile"])
def test_what_is_not_known(name: str, lease: Lease) -> None:
    with pytest.raises(LeaseholdError, match=rf"asks for {{{name}}}, .*{{host}}.*{{url}}"):
        fill(f"{{{name}}}", lease)


def test_names_of_variables() -> None:
    assert pairs(["A=x=y", " B = {url}"]) == {"A": "x=y", "B": "{url}"}
    for text in ("A", "=x"):
        with pytest.raises(LeaseholdError, match="names no variable"):
            pairs([text])


OWN = {"DATABASE_URL": "postgresql://production", "PGHOST": "production", "PGTZ": "UTC", "HOME": "/h"}


def test_what_another_program_finds(lease: Lease) -> None:
    with handover.environment(lease, OWN, {"OTHER": "{database}"}) as given:
        assert given["DATABASE_URL"] == url(lease)
        assert (given["OTHER"], given["PGTZ"], given["HOME"]) == ("t_1", "UTC", "/h")
        assert not [name for name, value in given.items() if "production" in value or "word" in value]
        assert Path(given["PGPASSFILE"]).read_text() == handover.passfile_line(lease)


def test_what_was_asked_for_comes_first(lease: Lease) -> None:
    with handover.environment(lease, OWN, {"DATABASE_URL": "x://{host}"}) as given:
        assert given["DATABASE_URL"] == "x://127.0.0.1"


def test_with_the_password_in_the_environment(lease: Lease) -> None:
    with handover.environment(lease, OWN, {"P": "{password}"}, password_in_environment=True) as given:
        assert given["P"] == given["PGPASSWORD"] == "pa:ss\\word"
        assert "PGPASSFILE" not in given
        assert given["DATABASE_URL"] == url(lease)

"""How a lease reaches drivers and commands: nowhere in a form that tells its password by accident."""

import os
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import URL

from leasehold import Lease
from leasehold.databases import drivers
from leasehold.leases import handover

PASSWORD = "pa:ss\\word"


def test_a_password_file_has_the_line_that_libpq_reads(lease: Lease) -> None:
    assert handover.passfile_line(lease) == "127.0.0.1:5432:t_1:reader_x:pa\\:ss\\\\word\n"


def test_no_variable_is_secret(lease: Lease) -> None:
    assert handover.variables(lease) == {
        "PGHOST": "127.0.0.1",
        "PGPORT": "5432",
        "PGDATABASE": "t_1",
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": lease.authority_file,
        "PGUSER": "reader_x",
    }


def test_a_password_file_is_its_owners_alone_and_gone_after(lease: Lease) -> None:
    with handover.password_file(lease) as path:
        assert path.read_text() == handover.passfile_line(lease)
        assert path.stat().st_mode & 0o777 == 0o600
    assert not path.exists()


def test_a_system_without_files_in_memory(lease: Lease, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create")
    with pytest.raises(Exception, match="use --password-in-environment"), handover.password_file(lease):
        pass


@pytest.mark.parametrize("shown", [repr, str])
def test_a_lease_does_not_show_its_password(lease: Lease, shown: Callable[[Lease], str]) -> None:
    assert "word" not in shown(lease)


@pytest.mark.parametrize(
    ("driver", "key"),
    [(drivers.libpq, "password"), (drivers.asyncpg, "password"), (drivers.django, "PASSWORD")],
)
def test_drivers_get_parameters(lease: Lease, driver: Callable[[Lease], dict[str, Any]], key: str) -> None:
    assert driver(lease)[key] == PASSWORD


def test_sqlalchemy_on_asyncpg_is_told_whom_to_trust(lease: Lease) -> None:
    """Its dialect hands what a URL asks for to `asyncpg.connect`, which has arguments of its own."""
    url = URL.create(**drivers.sqlalchemy(lease, "postgresql+asyncpg"))
    _, arguments = url.get_dialect()().create_connect_args(url)
    assert "sslmode" not in arguments
    assert parse_qs(urlsplit(arguments["dsn"]).query) == {
        "sslmode": ["verify-full"],
        "sslrootcert": [lease.authority_file],
    }


def test_a_driver_that_a_url_cannot_tell_whom_to_trust(lease: Lease) -> None:
    with pytest.raises(ValueError, match="which authority to trust"):
        drivers.sqlalchemy(lease, "postgresql+pg8000")


def test_sqlalchemys_url_masks_the_password(lease: Lease) -> None:
    url = URL.create(**drivers.sqlalchemy(lease))
    assert url.password == PASSWORD
    assert "word" not in repr(url)

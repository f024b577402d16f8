"""How a lease reaches drivers and commands: nowhere in a form that tells its password by accident."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import URL

from leasehold import Lease
from leasehold.cli import child
from leasehold.databases import drivers

PASSWORD = "pa:ss\\word"


def test_a_password_file_has_the_line_that_libpq_reads(lease: Lease) -> None:
    assert child.passfile_line(lease) == "127.0.0.1:5432:t_1:reader-x:pa\\:ss\\\\word\n"


def test_no_variable_is_secret(lease: Lease) -> None:
    assert child.variables(lease) == {
        "PGHOST": "127.0.0.1",
        "PGPORT": "5432",
        "PGDATABASE": "t_1",
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": lease.authority_file,
        "PGUSER": "reader-x",
    }


def test_a_password_file_is_its_owners_alone_and_gone_after(lease: Lease) -> None:
    with child.password_file(lease) as path:
        assert path.read_text() == child.passfile_line(lease)
        assert path.stat().st_mode & 0o777 == 0o600
    assert not path.exists()


def test_a_system_without_files_in_memory(lease: Lease, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create")
    with pytest.raises(Exception, match="use --password-in-environment"), child.password_file(lease):
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


def test_sqlalchemys_url_masks_the_password(lease: Lease) -> None:
    url = URL.create(**drivers.sqlalchemy(lease))
    assert url.password == PASSWORD
    assert "word" not in repr(url)

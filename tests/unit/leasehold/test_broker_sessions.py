"""One session with the broker, over a stand-in for hvac's adapter."""

from types import SimpleNamespace
from typing import Any, cast

import hvac
import pytest

from leasehold.leases.broker import _Session


class Adapter:
    """Answers every request with 404, as the broker does where a path holds nothing."""

    def request(self, method: str, path: str, **_: Any) -> None:
        raise hvac.exceptions.InvalidPath(f"{method} {path}")


@pytest.fixture
def session() -> _Session:
    return _Session(cast(hvac.Client, SimpleNamespace(adapter=Adapter())), renew_at=float("inf"))


def test_a_list_without_entries_is_empty(session: _Session) -> None:
    assert session.request("LIST", "sys/leases/lookup/database/creds/reader/", {}) == {}


def test_any_other_path_that_is_not_there_is_an_error(session: _Session) -> None:
    with pytest.raises(hvac.exceptions.InvalidPath):
        session.request("GET", "database/creds/nobody", {})

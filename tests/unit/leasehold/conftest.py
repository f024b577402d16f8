from pathlib import Path

import pytest
from pydantic import SecretStr

from leasehold import Lease


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's state of the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    return tmp_path / "leasehold"


@pytest.fixture
def lease() -> Lease:
    return Lease("reader", "db/creds/reader/x", 600, "127.0.0.1", 5432, "t_1", "reader-x", SecretStr("pa:ss\\word"))

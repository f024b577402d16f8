"""What a look at a run leaves behind where it cannot be had: nothing."""

from pathlib import Path

import pytest

from leasehold import RunError, paths
from leasehold.runs import name_locks
from leasehold.runs.workspace import Workspace

from .conftest import stack


@pytest.mark.parametrize("create", [True, False])
def test_a_run_has_no_home_where_there_is_no_pulumi(
    create: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    name_lock = name_locks.acquire(stack("t"))
    with pytest.raises(RunError, match="`pulumi` is not on PATH"):
        Workspace.of(name_lock).stack(create=create)
    assert not list(paths.homes().glob("t.*"))

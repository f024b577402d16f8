"""What a look at a run leaves behind where it cannot be had: nothing."""

from pathlib import Path

import pytest

from leasehold import RunError, places
from leasehold.workspace import Source, Workspace


@pytest.mark.parametrize("create", [True, False])
def test_a_run_has_no_home_where_there_is_no_pulumi(
    create: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RunError, match="`pulumi` is not on PATH"):
        Workspace("t", Source()).stack(create=create)
    assert not places.home_of("t").exists()

"""A command that migrates: which program it is, and what is told when it fails."""

import sys
from pathlib import Path

import pytest

from leasehold import Lease
from leasehold.errors import MigrationError
from leasehold.pytest_plugin.migrate_command import run_command


def test_programs_beside_pytests_own_come_first(lease: Lease, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    name = Path(sys.executable).name
    run_command([name, "-c", "import sys; open('who', 'w').write(sys.prefix)"], lease, tmp_path, {})
    assert (tmp_path / "who").read_text() == sys.prefix


def test_one_that_fails_is_told_without_the_password(lease: Lease, tmp_path: Path) -> None:
    code = "import os, sys; print(os.environ['MINE'], file=sys.stderr); print('said'); sys.exit(3)"
    with pytest.raises(MigrationError, match="ended with exit status 3") as caught:
        run_command(
            [sys.executable, "-c", code], lease, tmp_path, {"MINE": "<{password}>"}, password_in_environment=True
        )
    assert "<***>" in str(caught.value)
    assert "said" in str(caught.value)
    assert lease.password.get_secret_value() not in str(caught.value)


def test_one_that_is_not_there(lease: Lease, tmp_path: Path) -> None:
    with pytest.raises(MigrationError, match=r"'no-such tool' cannot be started in .*no shell reads it"):
        run_command(["no-such tool"], lease, tmp_path, {})

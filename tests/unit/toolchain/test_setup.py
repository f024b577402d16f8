import stat
from pathlib import Path

import pytest

from leasehold import paths
from toolchain import parts, source
from toolchain.environment import export_lines
from toolchain.errors import SetupError
from toolchain.gobuild import content_key
from toolchain.payloads import _verified
from toolchain.processes import run


def test_a_key_changes_with_content_name_and_words(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    key = content_key([tmp_path])
    assert content_key([tmp_path]) == key
    assert content_key([tmp_path], "word") != key
    (tmp_path / "a").write_text("2")
    changed = content_key([tmp_path])
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({key, changed, content_key([tmp_path])}) == 3


def test_the_passphrase_is_made_once_and_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    first = paths.passphrase_file()
    passphrase = first.read_text()
    assert paths.passphrase_file().read_text() == passphrase
    assert len(passphrase) > 40
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert stat.S_IMODE(first.parent.stat().st_mode) == 0o700
    assert [path.name for path in first.parent.iterdir()] == ["passphrase"]


def test_a_relative_xdg_folder_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert paths.cache() == Path.home() / ".cache" / "leasehold"


def test_export_lines_are_quoted_for_the_shell() -> None:
    assert export_lines({"A": "b c", "D": "e"}) == "export A='b c'\nexport D=e\n"


def test_an_unknown_choice_of_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(source.VARIABLE, "guess")
    with pytest.raises(SetupError, match="can be auto, download, build"):
        source.choice()


def test_what_does_not_match_its_pin_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "program"
    file.write_text("changed")
    with pytest.raises(SetupError, match=r"which is pinned\. It was not used"):
        _verified(file, "0" * 64)


def test_a_failed_program_says_what_it_said() -> None:
    with pytest.raises(SetupError, match=r"failed with exit status 3:\nno luck"):
        run(["sh", "-c", "echo no luck; exit 3"])
    with pytest.raises(SetupError, match="could not be run: No such file"):
        run(["no-such-program"])


@pytest.mark.parametrize(("services", "installed"), [(True, set()), (False, {"sshd", "podman"})])
def test_what_an_init_system_would_start_is_not_installed(
    services: bool, installed: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "is_debian_root", lambda: True)
    monkeypatch.setattr(parts, "has_services", lambda: services)
    assert {part.name for part in parts.parts()} & {"sshd", "podman"} == installed

"""Sessions of tests, and who they are: each has an id of its own, in one process and on one run."""

from pathlib import Path

import pytest

from leasehold.denials import registrar
from leasehold.leases.client_header import client_id, set_client_id
from leasehold.pytest_plugin.lazy_session import SESSION
from leasehold.pytest_plugin.shared_run import SharedRun


class Spy:
    """A plugin that takes note of a session's run."""

    def __init__(self) -> None:
        self.seen: list[SharedRun] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.seen.append(session.config.stash[SESSION].start().shared)


def nested(folder: Path, *words: str) -> SharedRun:
    (folder / "pytest.ini").write_text("[pytest]")
    (folder / "test_inner.py").write_text("def test_inner(): pass\n")
    spy = Spy()
    options = ["-p", "no:cacheprovider", "--import-mode=importlib", "--rootdir", str(folder), *words]
    assert pytest.main([*options, str(folder)], plugins=[spy]) == 0
    return spy.seen[0]


def test_a_nested_session_has_a_run_of_its_own(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    outer = request.config.stash[SESSION].start().shared
    first, second = nested(tmp_path), nested(tmp_path)
    assert len({outer.name, first.name, second.name}) == 3


def test_two_sessions_on_one_named_run_have_a_session_log_each(tmp_path: Path) -> None:
    first, second = (nested(tmp_path, "--leasehold-run=dev") for _ in range(2))
    assert (first.name, second.name) == ("dev", "dev")
    assert first.recorder._session != second.recorder._session


def test_a_nested_session_gives_back_what_the_outer_one_had(tmp_path: Path) -> None:
    registered = registrar._find
    set_client_id("outer-1")
    try:
        nested(tmp_path)
        assert client_id() == "outer-1"
        assert registrar._find is registered
    finally:
        set_client_id("")

"""Logs of sessions that were killed go once no session can be using them."""

import os
from pathlib import Path

from leasehold.clock import now
from leasehold.denials.session_log import SessionLog, folder_of, remove_old_logs


def test_old_ones_go_and_those_in_use_stay(state: Path) -> None:
    for name in ("old", "long", "new"):
        log = SessionLog(name, "gw0")
        log.write("test")
        log.close()
    past = now() - 7200
    for path in (folder_of("old"), folder_of("long"), folder_of("old") / "gw0.jsonl"):
        os.utime(path, (past, past))
    remove_old_logs(3600)
    assert not folder_of("old").exists()
    assert folder_of("long").exists()  # begun long ago, and still written
    assert folder_of("new").exists()

"""What the session log adds up to."""

from leasehold.denials.model import Phase

from .facts import LEASE, begun, end, lease, line, session_state


def test_what_the_session_state_hold() -> None:
    kept = session_state(
        begun("a"),
        lease(at=10),
        line("bound", login=LEASE, test="a"),
        line("renewed", at=300, login=LEASE, left=600),
        line("database", database="t_1", test="a"),
        end("a", "setup", at=5),
        line("sealed", client_id="gw0-a"),
        line("bound", login="unknown", test="a"),
        line("renewed", login="unknown", left=1),
        line("revoked", login="unknown"),
    )
    held = kept.leases[LEASE]
    assert (held.role, held.test, held.worker, held.began, held.ends, held.revoked) == (
        "reader",
        "a",
        "gw0",
        10,
        900,
        None,
    )
    assert (kept.databases, kept.tests, kept.workers) == ({"t_1": "a"}, {"gw0-a": "a"}, {"a": "gw0"})
    assert (kept.running, kept.run, sorted(kept.roles)) == ({"gw0": "a"}, "t-1", ["migrator", "reader", "writer"])
    [ended] = kept.ends["gw0"]
    assert (ended.test, ended.phase, ended.mark, ended.at) == ("a", Phase.SETUP, "a-setup", 5)
    assert [told["client_id"] for told in kept.sealed] == ["gw0-a"]
    kept.enter([line("revoked", at=400, login=LEASE)])
    assert kept.leases[LEASE].revoked == 400

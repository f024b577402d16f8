"""Whether refusals were to be."""

from dataclasses import asdict
from datetime import date
from typing import Any

import pytest

from leasehold.denials import judging
from leasehold.denials.allowlist import Allowed, AllowList
from leasehold.denials.expectations import Expectation
from leasehold.denials.judging import Judge
from leasehold.denials.model import Kind, Phase, Verdict
from leasehold.denials.session_state import SessionState

from .facts import KEY, LEASE, OTHER, Marks, begun, end, lease, line, refusal, session_state

MARKS = Marks(begin=10, end=20)


def expected(**fields: Any) -> dict[str, Any]:
    return line("expected", expectation=asdict(Expectation("a", **fields)))


def kept(*lines: dict[str, Any]) -> SessionState:
    return session_state(begun("a"), lease(), line("bound", login=LEASE, test="a"), *lines)


def judge(held: SessionState, positions: Marks = MARKS, *, shared: bool = False, allowed: Any = None) -> Judge:
    return Judge(held, positions, allowed or AllowList(), shared_run=shared)


def denied(position: int = 15, **fields: Any) -> Any:
    return refusal(position=position, **{"login": LEASE, "role": "reader", "on": "payroll", **fields})


def test_what_nobody_expected() -> None:
    [denial] = judge(kept()).judge([denied()])
    assert (denial.verdict, denial.test, denial.phase, denial.number) == (Verdict.UNEXPECTED, "a", Phase.SETUP, 1)
    assert (denial.on, denial.worker) == ("shop.payroll", "gw0")
    assert '"tables": ["payroll"], "privileges": ["SELECT"]' in denial.remedy
    assert '"name": "reader"' in denial.declaration


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"role": "reader"},
        {"on": "payroll"},
        {"on": "shop.payroll"},
        {"sqlstate": "42501"},
        {"kind": "table"},
        {"role": "reader", "on": "payroll", "sqlstate": "42501", "kind": "table"},
    ],
)
def test_what_was_expected(fields: dict[str, str]) -> None:
    judged = judge(kept(expected(**fields)))
    [denial] = judged.judge([denied()])
    assert denial.verdict is Verdict.EXPECTED
    assert judged.unmet("a", over=True) == []


@pytest.mark.parametrize("fields", [{"role": "writer"}, {"on": "orders"}, {"sqlstate": "28P01"}, {"kind": "column"}])
def test_what_was_expected_otherwise(fields: dict[str, str]) -> None:
    judged = judge(kept(expected(**fields)))
    [denial] = judged.judge([denied()])
    assert denial.verdict is Verdict.UNEXPECTED
    assert judged.unmet("a", over=True) == [Expectation("a", **fields)]


def test_a_column_is_expected_by_its_tables_name() -> None:
    column: dict[str, Any] = {"kind": Kind.COLUMN, "on": "payroll.salary"}
    for on in ("payroll", "shop.payroll", "payroll.salary", "shop.payroll.salary", "salary"):
        [denial] = judge(kept(expected(on=on))).judge([denied(**column)])
        assert (denial.verdict, denial.on) == (Verdict.EXPECTED, "shop.payroll.salary")
    [denial] = judge(kept(expected(on="shop"))).judge([denied(**column)])
    assert denial.verdict is Verdict.UNEXPECTED


@pytest.mark.parametrize(
    ("position", "verdict"), [(5, Verdict.UNEXPECTED), (15, Verdict.EXPECTED), (25, Verdict.UNEXPECTED)]
)
def test_a_block_ends_where_its_marks_stand(position: int, verdict: Verdict) -> None:
    held = kept(expected(begin="begin"), expected(begin="begin", end="end"))
    judged = judge(held)
    assert [denial.verdict for denial in judged.judge([denied(position)])] == [verdict]
    assert bool(judged.unmet("a", over=False)) is (verdict is Verdict.UNEXPECTED)


def test_a_log_without_the_marks_counts_as_within() -> None:
    held = kept(expected(begin="begin", end="end"))
    [denial] = judge(held).judge([denied(99, source="broker")])
    assert denial.verdict is Verdict.EXPECTED


def test_a_refusal_that_is_read_before_its_block_has_ended() -> None:
    """Reports of other workers have the logs read at any moment."""
    held = kept(expected(role="reader", begin="begin"))
    judged = judge(held)
    assert judged.unmet("a", over=False) == []
    [denial] = judged.judge([denied()])
    assert denial.verdict is Verdict.EXPECTED
    held.enter([expected(role="reader", begin="begin", end="end")])
    assert len(held.expectations["a"]) == 1
    assert judged.unmet("a", over=True) == []


def test_one_denial_meets_the_marker_and_the_block() -> None:
    judged = judge(kept(expected(role="reader"), expected(on="payroll", begin="begin", end="end")))
    judged.judge([denied()])
    assert judged.unmet("a", over=True) == []


def test_each_block_needs_a_denial_of_its_own() -> None:
    blocks = [expected(begin="begin", end="end"), expected(begin="third", end="fourth")]
    judged = judge(kept(*blocks), Marks(begin=10, end=20, third=30, fourth=40))
    judged.judge([denied(15), denied(16)])
    assert [one.begin for one in judged.unmet("a", over=False)] == ["third"]
    judged.judge([denied(35)])
    assert judged.unmet("a", over=False) == []


def test_a_marker_has_time_until_the_test_is_over() -> None:
    judged = judge(kept(expected(role="reader")))
    assert judged.unmet("a", over=False) == []
    assert len(judged.unmet("a", over=True)) == 1
    assert judged.unmet("b", over=True) == []


def test_an_expectation_of_another_test_does_not_count() -> None:
    held = kept(line("expected", expectation=asdict(Expectation("b"))))
    assert judge(held).judge([denied()])[0].verdict is Verdict.UNEXPECTED


def test_what_is_allowed_and_what_is_expected_anyway() -> None:
    allowed = AllowList([Allowed(role="reader", reason="SHOP-311 mends it", until=date(2999, 1, 1))])
    [denial] = judge(kept(), allowed=allowed).judge([denied()])
    assert (denial.verdict, denial.because) == (Verdict.ALLOWED, "SHOP-311 mends it")
    unneeded = AllowList(allowed.lines)
    [denial] = judge(kept(expected()), allowed=unneeded).judge([denied()])
    assert denial.verdict is Verdict.EXPECTED
    assert unneeded.used == set()


def test_refusals_of_other_sessions_are_left_out_on_a_shared_run() -> None:
    ended = [end("a", phase, at=phase == "teardown") for phase in ("setup", "call", "teardown")]
    foreign = [denied(login=OTHER), denied(login="nobody", at=99)]
    marks = Marks(a_setup=1, a_call=2, a_teardown=3)
    assert judge(kept(*ended), marks, shared=True).judge(foreign) == []
    assert len(judge(kept(*ended), marks).judge(foreign)) == 2
    assert len(judge(kept(*ended), marks, shared=True).judge([denied()])) == 1
    assert len(judge(kept(), shared=True).judge([denied(login="nobody")])) == 1


def test_what_a_lease_of_this_session_is_refused_is_never_left_out() -> None:
    """Also at a moment when none of its tests ran, as far as can be told."""
    held = session_state(begun("a"), lease(), *(end("a", phase) for phase in ("setup", "call", "teardown")))
    marks = Marks(a_setup=1, a_call=2, a_teardown=3)
    [denial] = judge(held, marks, shared=True).judge([denied(position=4)])
    assert (denial.test, denial.phase, denial.verdict) == (None, Phase.OUTSIDE, Verdict.UNEXPECTED)


def test_what_a_sealed_broker_refused() -> None:
    held = kept(line("sealed", at=5, client_id="gw0-a"))
    [denial] = judge(held).judge_sealed(held.sealed)
    assert (denial.kind, denial.test, denial.source) == (Kind.SEALED, "a", "broker")


def test_what_is_kept_is_bounded_and_the_rest_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "MOST", 3)
    judged = judge(kept())
    told = [*judged.judge(denied() for _ in range(2)), *judged.judge(denied() for _ in range(3))]
    assert [denial.number for denial in told] == [1, 2, 3, 4, 5]
    assert ([denial.number for denial in judged.denials], judged.left_out) == ([1, 2, 3], 2)


@pytest.mark.parametrize(
    "fields",
    [
        {"login": f"leasehold_template_admin_{'a' * 16}", "role": "leasehold_template_admin"},
        {"source": "broker", "login": "approle", "role": "leasehold_template_admin", "kind": Kind.BROKER_PERMISSION},
        {"source": "broker", "login": "", "client_id": "gw0-a", "key": KEY, "kind": Kind.BROKER_LOGIN},
    ],
)
def test_what_the_harness_is_refused_is_nobodys(fields: dict[str, Any]) -> None:
    assert judge(kept()).judge([denied(**fields)]) == []


def test_who_pretends_to_be_the_harness_is_refused_like_anybody() -> None:
    refused = denied(source="broker", login="", client_id="gw0-a", key="guessed", kind=Kind.BROKER_LOGIN)
    assert [denial.test for denial in judge(kept()).judge([refused])] == ["a"]


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({"kind": Kind.REVOKED_LOGIN}, 0),
        ({"kind": Kind.WRONG_PASSWORD}, 1),
        ({"kind": Kind.TABLE}, 1),
        ({"kind": Kind.REVOKED_LOGIN, "position": 11}, 1),
        ({"source": "broker", "kind": Kind.BAD_TOKEN, "client_id": "gw0-a"}, 0),
        ({"source": "broker", "kind": Kind.BROKER_PERMISSION, "client_id": "gw0-a"}, 1),
    ],
)
def test_what_a_server_forgot_when_it_began_anew_is_nobodys_refusal(fields: dict[str, Any], count: int) -> None:
    logs = Marks()
    logs.began_anew = {"database": 12, "broker": 12}
    assert len(judge(kept(), logs).judge([denied(**fields)])) == count


def test_a_lease_that_was_given_back_is_refused_also_after_that() -> None:
    logs = Marks()
    logs.began_anew = {"database": 12}
    assert len(judge(kept(line("revoked", login=LEASE)), logs).judge([denied(kind=Kind.REVOKED_LOGIN)])) == 1


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, Kind.REVOKED_LOGIN),
        ({"on": "postgres"}, Kind.DATABASE),
        ({"login": "shop_static"}, Kind.DATABASE),
        ({"action": "CREATE SCHEMA"}, Kind.DATABASE),
    ],
)
def test_a_lease_that_may_not_enter_the_runs_database_is_losing_its_login(fields: dict[str, Any], kind: Kind) -> None:
    told = {"kind": Kind.DATABASE, "action": "connect", "database": "app", "on": "app", **fields}
    [denial] = judge(kept()).judge([denied(**told)])
    assert denial.kind is kind


def test_what_ran_at_a_moment_tells_nothing_once_others_use_the_run() -> None:
    """Another session tries to be the superuser, as the audit does, while a test of this one runs."""
    tried = denied(login="postgres", role="", database="app", on="app", kind=Kind.NOT_IN_HBA)
    alone, beside = Marks(), Marks()
    beside.uses = {OTHER: None}
    held = session_state(begun("a"))
    assert [denial.test for denial in judge(held, alone, shared=True).judge([tried])] == ["a"]
    assert judge(held, beside, shared=True).judge([tried]) == []
    own = session_state(begun("a"), line("database", database="t_1", test="a"))
    assert len(judge(own, beside, shared=True).judge([denied(login="postgres", database="t_1")])) == 1

from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from leasehold.pulumi.stages import StageClock, stage_of

HEAD = "urn:pulumi:s::p::leasehold:index:Environment$leasehold:index:"
INNER = f"{HEAD}IsolatedNetwork$docker:index/network:Network::inner"
EDGE = f"{HEAD}IsolatedNetwork$docker:index/network:Network::edge"
GATEWAY = f"{HEAD}Gateway$docker:index/container:Container::gateway"


@pytest.mark.parametrize(
    ("urn", "stage"),
    [
        (INNER, "network"),
        (GATEWAY, "gateway"),
        (f"{HEAD}DynamicSecrets$leasehold:index:RoleAccess$vault:index/policy:Policy::x", "secrets"),
        (f"{HEAD}Gateway::gateway", None),
        ("urn:pulumi:s::p::pulumi:pulumi:Stack::s", None),
        ("nonsense", None),
    ],
)
def test_a_resource_belongs_to_its_component_stage(urn: str, stage: str | None) -> None:
    assert stage_of(urn) == stage


def event(urn: str, *, end: bool = False, op: str = "create") -> Any:
    outcome = SimpleNamespace(metadata=SimpleNamespace(urn=urn, op=SimpleNamespace(value=op)))
    pre, post = (None, outcome) if end else (outcome, None)
    return SimpleNamespace(resource_pre_event=pre, res_outputs_event=post, diagnostic_event=None)


def said(urn: str | None, message: str, severity: str = "info") -> Any:
    told = SimpleNamespace(urn=urn, message=message, severity=severity)
    return SimpleNamespace(resource_pre_event=None, res_outputs_event=None, diagnostic_event=told)


def test_what_runs_side_by_side_counts_once_and_pauses_not_at_all() -> None:
    ticks = count()
    begun: list[str] = []
    clock = StageClock(clock=lambda: float(next(ticks)), on_stage=begun.append)
    for happening in (
        event(INNER),  # 0
        event(EDGE),
        event(INNER, end=True),
        event(EDGE, end=True),  # 1
        event(GATEWAY),  # 2
        event(GATEWAY, end=True),  # 3
        event(INNER),  # 4
        event(INNER, end=True),  # 5
    ):
        clock.observe(happening)
    assert clock.seconds == {"network": 2.0, "gateway": 1.0}
    assert begun == ["network", "gateway"]
    assert str(clock) == "network 2.0 s, gateway 1.0 s"


def test_what_stays_the_same_is_no_work() -> None:
    clock = StageClock()
    clock.observe(event(INNER, op="same"))
    clock.observe(said(None, "printed"))
    assert clock.seconds == {}


def test_what_a_resource_waits_for_is_told_and_no_more() -> None:
    notes: list[str] = []
    clock = StageClock(on_note=notes.append)
    clock.observe(said(INNER, "<{%reset%}>waiting<{%reset%}>\n"))
    clock.observe(said(INNER, "a warning", "warning"))
    clock.observe(said(INNER, "what a provider tells"))
    clock.observe(said("urn:pulumi:s::p::pulumi:pulumi:Stack::s", "what the program prints"))
    assert notes == ["waiting"]

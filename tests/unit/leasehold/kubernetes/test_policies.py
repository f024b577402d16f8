"""Who reaches whom, by the policies of a run as they are declared."""

from typing import Any

import pytest

from leasehold.contract import BROKER, DATABASE, GATEWAY, PART_LABEL, RUN_LABEL
from leasehold.engines.kubernetes.names import INSIDE, NETWORK_LABEL, OUTSIDE
from leasehold.engines.kubernetes.policies import policies
from leasehold.engines.kubernetes.selectors import selects


def _pod(run: str, part: str, network: str = INSIDE) -> dict[str, str]:
    return {RUN_LABEL: run, PART_LABEL: part, NETWORK_LABEL: network}


FOREIGN = {"app": "web"}


def _locked(declared: dict[str, dict[str, Any]], labels: dict[str, str]) -> set[str]:
    """Return the directions in which a Pod of these labels is closed but for what is allowed."""
    chosen = [spec for spec in declared.values() if selects(spec["podSelector"], labels)]
    return {direction for spec in chosen for direction in spec["policyTypes"]}


def _lets_in(declared: dict[str, dict[str, Any]], server: dict[str, str], client: dict[str, str]) -> bool:
    """Return whether one Pod may reach another of the namespace at any port."""
    rules = [
        rule for spec in declared.values() if selects(spec["podSelector"], server) for rule in spec.get("ingress", [])
    ]
    return any("from" not in rule or any(selects(one["podSelector"], client) for one in rule["from"]) for rule in rules)


@pytest.mark.parametrize("alone", [True, False])
def test_a_run_is_locked_both_ways_and_meets_itself(alone: bool) -> None:
    declared = policies("demo", alone=alone)
    for part in (DATABASE, BROKER, GATEWAY, "inside"):
        assert _locked(declared, _pod("demo", part)) == {"Ingress", "Egress"}
        assert _lets_in(declared, _pod("demo", part), _pod("demo", "inside"))
    assert [name for name in declared if not name.startswith("leasehold-demo-")] == []


def test_in_a_namespace_of_its_own_every_pod_is_locked() -> None:
    assert _locked(policies("demo", alone=True), FOREIGN) == {"Ingress", "Egress"}


def test_in_a_given_namespace_pods_of_others_are_neither_locked_nor_let_in() -> None:
    declared = policies("demo", alone=False)
    for other in (FOREIGN, _pod("other", DATABASE), _pod("demo", "probe", OUTSIDE)):
        assert _locked(declared, other) == set()
        assert not _lets_in(declared, _pod("demo", DATABASE), other)
        assert not _lets_in(declared, _pod("demo", BROKER), other)


def test_the_gateway_is_open_at_its_two_ports_and_nobody_has_a_way_out() -> None:
    declared = policies("demo", alone=False)
    [rule] = declared["leasehold-demo-gateway"]["ingress"]
    assert [one["port"] for one in rule["ports"]] == [5432, 8200]
    [way_out] = [rule for spec in declared.values() for rule in spec.get("egress", [])]
    inside = {"matchLabels": {RUN_LABEL: "demo", NETWORK_LABEL: INSIDE}}
    assert way_out == {"to": [{"podSelector": inside}]}


@pytest.mark.parametrize(
    ("expression", "selected"),
    [
        ({"key": "app", "operator": "In", "values": ["web", "api"]}, True),
        ({"key": "app", "operator": "In", "values": ["api"]}, False),
        ({"key": "app", "operator": "NotIn", "values": ["api"]}, True),
        ({"key": "tier", "operator": "NotIn", "values": ["api"]}, True),
        ({"key": "app", "operator": "Exists"}, True),
        ({"key": "tier", "operator": "Exists"}, False),
        ({"key": "tier", "operator": "DoesNotExist"}, True),
        ({"key": "app", "operator": "DoesNotExist"}, False),
    ],
)
def test_selectors_are_those_of_the_api(expression: dict[str, Any], selected: bool) -> None:
    assert selects({"matchExpressions": [expression]}, FOREIGN) is selected
    assert not selects({"matchLabels": {"app": "api"}, "matchExpressions": [expression]}, FOREIGN)
    assert selects({}, FOREIGN)

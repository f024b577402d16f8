"""What a run takes of quotas, and what they have left."""

from typing import Any

import pytest

from leasehold.engines.kubernetes.quantities import amount, written
from leasehold.engines.kubernetes.quotas import counts_ours, left_of, need_of, shortages, total, with_defaults

MIB = 2**20


def _spec(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"containers": [{"name": str(at), "resources": one} for at, one in enumerate(resources)]}


def _quota(name: str = "small", used: dict[str, str] | None = None, /, **hard: str) -> dict[str, Any]:
    named = {key.replace("_", "."): value for key, value in hard.items()}
    taken = {key.replace("_", "."): value for key, value in (used or {}).items()}
    return {"metadata": {"name": name}, "spec": {"hard": named}, "status": {"hard": named, "used": taken}}


def test_a_pod_counts_for_the_sum_of_its_containers() -> None:
    need = need_of(
        _spec(
            {"requests": {"cpu": "20m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}},
            {"requests": {"cpu": "1m", "memory": "8Mi"}, "limits": {"memory": "64Mi"}},
        )
    )
    assert need["pods"] == need["count/pods"] == 1
    assert need["requests.cpu"] == need["cpu"] == pytest.approx(0.021)
    assert need["requests.memory"] == need["memory"] == 136 * MIB
    assert need["limits.memory"] == 1088 * MIB
    assert "limits.cpu" not in need


def test_what_a_container_does_not_name_a_limit_range_gives() -> None:
    defaults = {"type": "Container", "default": {"cpu": "2", "memory": "9Gi"}, "defaultRequest": {"cpu": "1"}}
    ranges = [{"spec": {"limits": [{"type": "Pod", "max": {"cpu": "4"}}]}}, {"spec": {"limits": [defaults]}}]
    named = with_defaults({"requests": {"cpu": "20m"}, "limits": {"memory": "1Gi"}}, ranges)
    assert named["limits"] == {"cpu": "2", "memory": "1Gi"}
    assert named["requests"] == {"cpu": "20m", "memory": "1Gi"}  # a limit without a request is one
    assert need_of(_spec({}, {}), ranges)["limits.cpu"] == 4


def test_a_quota_is_short_of_what_is_taken_and_kept_for_others() -> None:
    quota = _quota("small", {"pods": "3"}, pods="9")
    assert shortages([quota], {"pods": 3}, {"pods": 3}) == []
    [short] = shortages([quota], {"pods": 3}, {"pods": 6})
    assert not short.hopeless
    assert str(short) == "quota small has 9 of pods, 9 of them taken, and the run takes 3"


@pytest.mark.parametrize("hard", ["0", "2"])
def test_a_quota_that_is_too_small_for_one_run_is_hopeless(hard: str) -> None:
    [short] = shortages([_quota(pods=hard)], {"pods": 3}, {})
    assert short.hopeless


def test_what_is_made_already_takes_no_more() -> None:
    made = {"pods": 3, "requests.cpu": 0.063}
    assert shortages([_quota("small", {"pods": "3"}, pods="3")], left_of(made, made), {}) == []


def test_sums_of_millicores_fit_exactly() -> None:
    need = total(*[{"requests.cpu": amount("21m")}] * 3)
    assert shortages([_quota(requests_cpu="63m")], need, {}) == []


@pytest.mark.parametrize(
    ("spec", "counts"),
    [
        ({}, True),
        ({"scopes": ["Terminating"]}, True),
        ({"scopes": ["NotBestEffort", "Terminating"]}, True),
        ({"scopes": ["NotTerminating"]}, False),
        ({"scopes": ["BestEffort"]}, False),
        ({"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In"}]}}, False),
        ({"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "DoesNotExist"}]}}, True),
    ],
)
def test_a_quota_counts_pods_by_its_scopes(spec: dict[str, Any], counts: bool) -> None:
    quota = {"metadata": {"name": "scoped"}, "spec": {**spec, "hard": {"pods": "0"}}}
    assert counts_ours(quota) is counts
    assert bool(shortages([quota], {"pods": 1}, {})) is counts


def test_amounts_are_written_as_people_write_them() -> None:
    assert written("requests.cpu", amount("63m")) == "63m"
    assert written("limits.memory", amount("1Gi")) == "1024Mi"
    assert written("services.nodeports", 2) == "2"

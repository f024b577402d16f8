"""How much a run takes of a namespace's quotas, and what they have left (Kubernetes: Resource Quotas, Limit Ranges).

Pure: objects are as the API has them, and amounts in cores, bytes and pieces.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .quantities import amount, written

Amounts = Mapping[str, float]
"""How much, by what quotas call it: ``pods``, ``requests.cpu``, ``services.nodeports``."""

_MEASURED = ("cpu", "memory", "ephemeral-storage")
_SCOPES_OF_OURS = {"Terminating", "NotBestEffort"}
"""Pods of ours have a deadline, and ask for something."""

_NOT = ("NotIn", "DoesNotExist")
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Shortage:
    """A quota that has not as much left as a run takes.

    Attributes:
        quota: Its name.
        resource: What is short.
        asked: How much the run takes of it.
        taken: How much is taken, or is kept for those who were before it.
        hard: How much there may be.
    """

    quota: str
    resource: str
    asked: float
    taken: float
    hard: float

    @property
    def hopeless(self) -> bool:
        """Whether there is too little even if nobody took any."""
        return self.asked > self.hard + _ROUNDING

    def __str__(self) -> str:
        asked, taken, hard = (written(self.resource, one) for one in (self.asked, self.taken, self.hard))
        return f"quota {self.quota} has {hard} of {self.resource}, {taken} of them taken, and the run takes {asked}"


def need_of(spec: Mapping[str, Any], limit_ranges: Sequence[Mapping[str, Any]] = ()) -> dict[str, float]:
    """Return what one Pod counts for.

    Args:
        spec: What it is made of.
        limit_ranges: Of its namespace, which give containers what they do not name.
    """
    need: dict[str, float] = {"pods": 1, "count/pods": 1}
    for container in spec["containers"]:
        named = with_defaults(container.get("resources") or {}, limit_ranges)
        for kind, quantities in named.items():
            measured = {f"{kind}.{name}": amount(str(quantities[name])) for name in _MEASURED if name in quantities}
            need = total(need, measured)
    return {**need, **{name: need[f"requests.{name}"] for name in _MEASURED if f"requests.{name}" in need}}


def with_defaults(resources: Mapping[str, Any], limit_ranges: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return what a container asks for and is held to, with what limit ranges give those that do not say."""
    limits = dict(resources.get("limits") or {})
    # A limit without a request is one, before any limit range is looked at (Kubernetes: Resource Management).
    requests = {**limits, **(resources.get("requests") or {})}
    for one in limit_ranges:
        for limit in (one.get("spec") or {}).get("limits") or ():
            if limit.get("type") == "Container":
                requests = {**(limit.get("defaultRequest") or {}), **requests}
                limits = {**(limit.get("default") or {}), **limits}
    return {"requests": requests, "limits": limits}


def shortages(quotas: Iterable[Mapping[str, Any]], need: Amounts, reserved: Amounts) -> list[Shortage]:
    """Return where quotas have not as much left as a run takes.

    Args:
        quotas: The ResourceQuotas of the namespace.
        need: What the run takes yet.
        reserved: What those who were before it will take yet.
    """
    found = []
    for quota in quotas:
        hard = (quota.get("spec") or {}).get("hard") or {}
        used = (quota.get("status") or {}).get("used") or {}
        for resource in sorted(set(hard) & set(need)) if counts_ours(quota) else ():
            taken = amount(str(used.get(resource, "0"))) + reserved.get(resource, 0)
            one = Shortage(str(quota["metadata"]["name"]), resource, need[resource], taken, amount(str(hard[resource])))
            if one.asked > 0 and one.taken + one.asked > one.hard + _ROUNDING:
                found.append(one)
    return found


def counts_ours(quota: Mapping[str, Any]) -> bool:
    """Return whether a quota counts Pods such as ours, by its scopes."""
    spec = quota.get("spec") or {}
    selected = (spec.get("scopeSelector") or {}).get("matchExpressions") or ()
    matched = {one["scopeName"] for one in selected if one.get("operator") not in _NOT}
    return {*(spec.get("scopes") or ()), *matched} <= _SCOPES_OF_OURS


def total(*needs: Amounts) -> dict[str, float]:
    """Return the sum of needs."""
    return {name: sum(need.get(name, 0) for need in needs) for name in dict.fromkeys(n for need in needs for n in need)}


def left_of(need: Amounts, made: Amounts) -> dict[str, float]:
    """Return what of a need is not made yet."""
    return {name: max(0.0, value - made.get(name, 0)) for name, value in need.items()}

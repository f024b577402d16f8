"""Which part of an environment takes how long, read off the engine's events."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from pulumi.automation.events import EngineEvent

STAGES = {
    "IsolatedNetwork": "network",
    "PostgresDatabase": "database",
    "Broker": "broker",
    "Gateway": "gateway",
    "DynamicSecrets": "secrets",
}
"""The stage that each component of an environment stands for."""

_COLOURS = re.compile(r"<\{%[^%]*%\}>")
"""What Pulumi writes for colours in a message (`pulumi/sdk`, colors)."""

WAITS = "waiting"
"""Begins what components of ours tell; providers tell much else."""

_LOOKS = ("same", "read", "refresh")


def stage_of(urn: str) -> str | None:
    """Return the stage that a resource belongs to, or None if it is a component or belongs to none.

    Args:
        urn: ``urn:pulumi:stack::project::type$type$...::name`` (Pulumi manual, URNs).
    """
    types = urn.split("::")[2].split("$") if urn.count("::") >= 3 else []  # noqa: PLR2004
    for parent in types[:-1]:
        component = parent.rpartition(":")[2]
        if component in STAGES:
            return STAGES[component]
    return None


@dataclass
class StageClock:
    """Takes engine events and adds up for how long each stage was at work.

    Attributes:
        clock: Tells the time in seconds.
        on_stage: Called with a stage's name when its first resource starts.
        on_note: Called with what a resource of a stage waits for.
    """

    clock: Callable[[], float] = time.monotonic
    on_stage: Callable[[str], None] = lambda stage: None
    on_note: Callable[[str], None] = lambda note: None
    seconds: dict[str, float] = field(default_factory=dict)
    _busy: dict[str, set[str]] = field(default_factory=dict)
    _since: dict[str, float] = field(default_factory=dict)

    def observe(self, event: EngineEvent) -> None:
        """Take one event; meant as `on_event` of Pulumi's Automation API."""
        told = event.diagnostic_event
        said = _COLOURS.sub("", told.message).strip() if told and told.severity == "info" else ""
        if told and said.startswith(WAITS) and stage_of(told.urn or ""):
            self.on_note(said)
        outcome = event.resource_pre_event or event.res_outputs_event
        if outcome is None or outcome.metadata.op.value in _LOOKS:
            return
        urn = outcome.metadata.urn
        if stage := stage_of(urn):
            if event.resource_pre_event:
                self._start(stage, urn)
            else:
                self._end(stage, urn)

    def _start(self, stage: str, urn: str) -> None:
        if stage not in self.seconds:
            self.seconds[stage] = 0.0
            self.on_stage(stage)
        busy = self._busy.setdefault(stage, set())
        if not busy:
            self._since[stage] = self.clock()
        busy.add(urn)

    def _end(self, stage: str, urn: str) -> None:
        busy = self._busy.get(stage, set())
        if busy == {urn}:
            self.seconds[stage] += self.clock() - self._since[stage]
        busy.discard(urn)

    def __str__(self) -> str:
        return ", ".join(f"{stage} {seconds:.1f} s" for stage, seconds in self.seconds.items())

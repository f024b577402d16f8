"""The drill for a run's certificate authority: another one, trusted beside the old one first, and then alone."""

import time
from collections.abc import Callable, Mapping

from pulumi.automation.events import EngineEvent

from ..contract import SIGNING_SETTING, TRUSTED_SETTING
from ..engines.current import current
from ..errors import RunError
from .run import Run
from .teardown import OnEvent

_ENDING = {"delete", "delete-replaced", "replace", "create-replacement"}


def first_step(settings: Mapping[str, str]) -> tuple[int, int]:
    """Return the generations that sign and are trusted in a rotation's first step; one that was cut short is gone on
    with, not begun anew.

    Args:
        settings: The stack's.
    """
    signing = int(settings.get(SIGNING_SETTING, "1"))
    oldest = int(settings.get(TRUSTED_SETTING, str(signing)))
    return (signing, oldest) if oldest < signing else (signing + 1, signing)


def rotate_authority(
    run: Run, grace: float, on_step: Callable[[str], None] = lambda step: None, on_event: OnEvent | None = None
) -> int:
    """Give a run another authority; sessions and leases go on. Return which generation it is.

    In between, both are trusted, so a client loses nothing that reads the file again for each connection, as libpq and
    the broker's clients do. Safe to repeat: a rotation that was cut short is finished.

    Args:
        run: The run.
        grace: How long the old authority is trusted beside the new one, in seconds.
        on_step: Called with what is done next.
        on_event: Takes the engine's events.

    Raises:
        RunError: Its program does not follow, or would end its servers; or Pulumi failed.
        RunBusyError: Another process is changing the run.
    """
    signing, oldest = first_step(run.settings())
    _spare_servers(run)
    on_step(f"the run's authority {signing} signs, and is trusted beside {oldest}")
    run.up({SIGNING_SETTING: str(signing), TRUSTED_SETTING: str(oldest)}, on_event)
    _check(run, signing - oldest + 1)
    on_step(f"both are trusted for {grace:.0f} s")
    time.sleep(grace)
    on_step(f"{signing} alone is trusted")
    run.up({TRUSTED_SETTING: str(signing)}, on_event)
    _check(run, 1)
    return signing


def _check(run: Run, trusted: int) -> None:
    if run.outputs.tls.certificate.count("BEGIN CERTIFICATE") != trusted:
        raise RunError(
            f"The program of run {run.name!r} takes no notice of {SIGNING_SETTING} and {TRUSTED_SETTING}, so its "
            "authority is as it was. Pass them on to the environment as `authority`; `stacks/authority.py` shows how."
        )


def _spare_servers(run: Run) -> None:
    """Refuse to go on if an `up` would replace a server: its data, or its leases, are in memory."""
    ending: list[str] = []

    def take(event: EngineEvent) -> None:
        planned = event.resource_pre_event and event.resource_pre_event.metadata
        if planned and planned.type == current().server_type and planned.op.value in _ENDING:
            ending.append(planned.urn.rpartition("::")[2])

    run.preview(on_event=take)
    if ending:
        raise RunError(
            f"The authority of run {run.name!r} was not rotated: its program or images are no longer what it was made "
            f"from, and an `up` would end {', '.join(sorted(set(ending)))}, with all that is in memory. Use the "
            "program and images that it was made from, or a new run."
        )

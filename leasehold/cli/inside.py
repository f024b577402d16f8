"""A command that works as a lease inside the run's network, where it meets exactly the declared openings."""

import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..contract import DATABASE, DATABASE_PORT
from ..engines.current import current
from ..engines.protocol import File, Running, Workload
from .child import PASSED_ON, revoke

if TYPE_CHECKING:
    from ..leases.issuer import Lease
    from ..runs.run import Run

FOLDER = "/leasehold"
PASSFILE = f"{FOLDER}/pgpass"
AUTHORITY = f"{FOLDER}/authority.crt"


def run_inside(
    run: "Run", role: str, image: str, command: Sequence[str], *, asked: Mapping[str, str] | None = None
) -> int:
    """Run a command as a workload on the run's inner network; return its exit status.

    It finds what `exec` gives on the host, with the servers' names inside. The password file is there before it
    starts, for its user alone.

    Args:
        run: The run.
        role: The role.
        image: The image.
        command: What to run in it; the image's own command when empty.
        asked: Templates of more variables, by name (`leasehold.leases.urls.fill`).

    Raises:
        UnknownRoleError: The run declares no such role.
        BrokerError: The broker refused, or did not answer.
        EngineError: The engine cannot be reached, or has no such image.
    """
    lease = run.issuer.lease(role)
    try:
        with current().start(_workload(run, lease, image, command, asked or {})) as running:
            return _attend(running, run, lease)
    finally:
        revoke(run.issuer, lease)


def _workload(run: "Run", lease: "Lease", image: str, command: Sequence[str], asked: Mapping[str, str]) -> Workload:
    from ..leases.handover import passfile_line, urls, variables  # noqa: PLC0415 - slow to import

    there = replace(lease, host=DATABASE, port=DATABASE_PORT, authority_file=AUTHORITY)
    files = {AUTHORITY: File(run.outputs.tls.certificate, 0o444), PASSFILE: File(passfile_line(there), 0o600)}
    environment = {**variables(there), "PGPASSFILE": PASSFILE, **urls(there, asked, PASSFILE)}
    return Workload(run.name, image, command, environment, files)


def _attend(running: Running, run: "Run", lease: "Lease") -> int:
    """Pass on what a workload prints, and the signals that we get, until it ends."""
    from ..leases.renewal import kept_alive  # noqa: PLC0415 - slow to import

    before = {number: signal.signal(number, lambda got, _: running.signal(got)) for number in PASSED_ON}
    try:
        with kept_alive(run.issuer, lease):
            for out, err in running.output():
                sys.stdout.buffer.write(out)
                sys.stderr.buffer.write(err)
                sys.stdout.flush()
                sys.stderr.flush()
            return running.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

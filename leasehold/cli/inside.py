"""A command that works as a lease inside the run's network, where it meets exactly the declared openings."""

import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..contract import DATABASE, DATABASE_PORT
from ..engines.current import current
from ..engines.protocol import File, Running, Workload
from .child import PASSED_ON, keep_alive, passfile_line, revoke, variables

if TYPE_CHECKING:
    from ..leases.issuer import Lease
    from ..runs.run import Run

FOLDER = "/leasehold"
PASSFILE = f"{FOLDER}/pgpass"
AUTHORITY = f"{FOLDER}/authority.crt"


def run_inside(run: "Run", role: str, image: str, command: Sequence[str]) -> int:
    """Run a command as a workload on the run's inner network; return its exit status.

    It finds what `exec` gives on the host, with the servers' names inside. The password file is there before it
    starts, for its user alone.

    Args:
        run: The run.
        role: The role.
        image: The image.
        command: What to run in it; the image's own command when empty.

    Raises:
        UnknownRoleError: The run declares no such role.
        BrokerError: The broker refused, or did not answer.
        EngineError: The engine cannot be reached, or has no such image.
    """
    lease = run.issuer.lease(role)
    try:
        with current().start(_workload(run, lease, image, command)) as running:
            return _attend(running, run, lease)
    finally:
        revoke(run.issuer, lease)


def _workload(run: "Run", lease: "Lease", image: str, command: Sequence[str]) -> Workload:
    there = replace(lease, host=DATABASE, port=DATABASE_PORT, authority_file=AUTHORITY)
    files = {AUTHORITY: File(run.outputs.tls.certificate, 0o444), PASSFILE: File(passfile_line(there), 0o600)}
    return Workload(run.name, image, command, {**variables(there), "PGPASSFILE": PASSFILE}, files)


def _attend(running: Running, run: "Run", lease: "Lease") -> int:
    """Pass on what a workload prints, and the signals that we get, until it ends."""
    before = {number: signal.signal(number, lambda got, _: running.signal(got)) for number in PASSED_ON}
    ended = threading.Event()
    threading.Thread(target=keep_alive, args=(run.issuer, lease, ended), daemon=True).start()
    try:
        for out, err in running.output():
            sys.stdout.buffer.write(out)
            sys.stderr.buffer.write(err)
            sys.stdout.flush()
            sys.stderr.flush()
        return running.wait()
    finally:
        ended.set()
        for number, handler in before.items():
            signal.signal(number, handler)

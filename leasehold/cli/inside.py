"""A command that works as a lease inside the run's network, where it meets exactly the declared openings."""

import io
import signal
import sys
import tarfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import docker
import docker.errors
from docker.models.containers import Container

from ..engines import labelled as engine
from ..errors import EngineError
from ..runs.run import Run
from .child import PASSED_ON, keep_alive, passfile_line, revoke, variables

if TYPE_CHECKING:
    from ..leases.issuer import Lease

FOLDER = "/leasehold"
PASSFILE = f"{FOLDER}/pgpass"
AUTHORITY = f"{FOLDER}/authority.crt"


def run_inside(run: Run, role: str, image: str, command: Sequence[str]) -> int:
    """Run a command in a new container on the run's inner network; return its exit status.

    It finds what `exec` gives on the host, with the servers' names inside. The password file is uploaded before it
    starts, for its user alone. The container is the run's own: whatever ends the run removes it.

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
        with engine.connected() as client, _container(client, run, lease, image, command) as container:
            return _attend(container, run, lease)
    finally:
        revoke(run.issuer, lease)


@contextmanager
def _container(
    client: docker.DockerClient, run: Run, lease: "Lease", image: str, command: Sequence[str]
) -> Iterator[Container]:
    there = replace(lease, host="database", port=5432, authority_file=AUTHORITY)
    try:
        made = client.containers.create(
            image,
            list(command) or None,
            environment={**variables(there), "PGPASSFILE": PASSFILE},
            network=f"leasehold-{run.name}-inner",
            labels={**engine.labels_beside(client, f"leasehold-{run.name}-inner"), "dev.leasehold.part": "inside"},
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            dns=["127.0.0.1"],
            dns_opt=["timeout:1", "attempts:1"],
        )
    except docker.errors.ImageNotFound:
        raise EngineError(f"There is no image {image!r}. Build or pull it first (`docker pull {image}`).") from None
    try:
        user = str(made.attrs["Config"].get("User") or "0").partition(":")[0]
        made.put_archive("/", _archive(run, there, _uid(made, user)))
        yield made
    finally:
        made.remove(force=True)


def _archive(run: Run, lease: "Lease", uid: int) -> bytes:
    """Return what is uploaded: the authority's certificate for all, the password file for one."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, mode, content in (
            (AUTHORITY, 0o444, run.outputs.tls.certificate),
            (PASSFILE, 0o600, passfile_line(lease)),
        ):
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.mode, entry.uid, entry.size = mode, uid, len(content.encode())
            archive.addfile(entry, io.BytesIO(content.encode()))
    return packed.getvalue()


def _uid(container: Container, user: str) -> int:
    """Return the uid of a user of the image's."""
    if user.isdigit():
        return int(user)
    stream, _ = container.get_archive("/etc/passwd")
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as archive:
        found = archive.extractfile("passwd")
        lines = found.read().decode().splitlines() if found else []
    uids = {fields[0]: fields[2] for fields in (line.split(":") for line in lines) if len(fields) > 2}  # noqa: PLR2004
    if user not in uids:
        raise EngineError(f"The image runs as {user!r}, who is not in its /etc/passwd. Name the user by number.")
    return int(uids[user])


def _attend(container: Container, run: Run, lease: "Lease") -> int:
    """Start a container and pass on what it prints, and the signals that we get, until it ends."""
    output = container.attach(stream=True, demux=True)
    container.start()
    before = {number: signal.signal(number, lambda got, _: container.kill(got)) for number in PASSED_ON}
    ended = threading.Event()
    threading.Thread(target=keep_alive, args=(run.issuer, lease, ended), daemon=True).start()
    try:
        for out, err in output:
            sys.stdout.buffer.write(out or b"")
            sys.stderr.buffer.write(err or b"")
            sys.stdout.flush()
            sys.stderr.flush()
        return int(container.wait()["StatusCode"])
    finally:
        ended.set()
        for number, handler in before.items():
            signal.signal(number, handler)

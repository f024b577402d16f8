"""What several integration tests use: Pulumi's command line, and a look from inside networks."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker
import hvac
import psutil
from docker.models.containers import Container

from leasehold import LeaseIssuer, Outputs, Run, paths
from leasehold.engines.docker import execs
from leasehold.engines.labelled import take_inventory
from leasehold.leases.authority import authority_files
from leasehold.pulumi.programs import Source
from leasehold.runs import name_locks
from leasehold.runs.inventory import RunInventory
from leasehold.runs.lookup import stack_of
from tests import preloaded
from toolchain.images import FOR_TESTS, IMAGES, present

PROJECT = Path(__file__).parents[2]
PROJECTS = Path(__file__).parent / "projects"
COMMAND = [str(Path(sys.executable).with_name("leasehold"))]
"""The command as it is installed: it finds nothing of the checkout that a user would not find."""
PARTS = ("database", "broker", "gateway")
LOOK_UP = (
    "socat -u UDP-RECV:53,bind=127.0.0.1 OPEN:/tmp/asked,creat,append & "
    "hears() {{ until grep -aqs $1 /tmp/asked; do echo $1 | socat -u - UDP:127.0.0.1:53; sleep 0.1; done; }}; "
    "until nslookup {other} >/dev/null; do sleep 0.1; done; hears first; "
    "timeout 20 nslookup {word}.example.org >/tmp/said && echo found || status=refused; "
    "hears last; grep -aq {word} /tmp/asked && echo heard; echo $status"
)
"""Looks up a name of the run's own, and one outside; tells whether the question came to the container itself."""


@dataclass(frozen=True)
class Live:
    run: Run
    outputs: Outputs
    issuer: LeaseIssuer

    def container(self, part: str) -> str:
        return f"leasehold-{self.run.name}-{part}"


def leasehold(
    *words: str, cwd: Path = PROJECT, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run our own command line, as a user would."""
    return preloaded.run([*COMMAND, *words], cwd=cwd, env=env)


def until(holds: Callable[[], object], pause: float = 0.05) -> None:
    """Wait until something is so. What never becomes so ends with the test's own limit (pytest-timeout).

    Args:
        holds: Whether it is so.
        pause: Seconds between two looks; longer where a look keeps the machine busy, as those at the engine do.
    """
    while not holds():
        time.sleep(pause)


def name_of(process: psutil.Process) -> str:
    """Return the name of a process; nothing for one that has ended meanwhile."""
    try:
        return str(process.name())
    except psutil.NoSuchProcess:
        return ""


def broker_client(outputs: Outputs) -> hvac.Client:
    """Return a client of a run's broker that nobody has logged in."""
    return hvac.Client(url=outputs.broker.address, verify=outputs.tls.file)


def pulumi(*words: str, project: Path = PROJECT, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run Pulumi's own command line, as a user would."""
    command = ["pulumi", *words, "--non-interactive", "--color", "never"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def exported(stack: str, *, secrets: bool = False) -> Any:
    return json.loads(pulumi("stack", "export", "--stack", stack, *(["--show-secrets"] if secrets else [])).stdout)


def generated(stack: str, name: str) -> str:
    """Return what a RandomPassword of the stack holds."""
    resources = exported(stack, secrets=True)["deployment"]["resources"]
    made = next(resource for resource in resources if resource["urn"].endswith(f"::{name}"))
    return str(json.loads(made["outputs"]["result"]["plaintext"]))


def image_of(part: str) -> str:
    """Return the image that this machine has for a part."""
    name = next((present(image) for image in (*IMAGES, *FOR_TESTS) if image.name == part), None)
    assert name, f"the image of the {part} is missing; `make setup` provides it"
    return name


def look(engine: docker.DockerClient, command: str, **where: Any) -> tuple[int, str]:
    """Run a shell command in a probe container; return its exit status and what it printed."""
    container = engine.containers.run(
        image_of("probe"),
        ["-c", command],
        entrypoint="sh",
        detach=True,
        labels={"dev.leasehold.test": "probe"},
        **where,
    )
    try:
        status = int(container.wait(timeout=600)["StatusCode"])
        return status, container.logs().decode(errors="replace")
    finally:
        container.remove(force=True)


def read(engine: docker.DockerClient, name: str, command: str) -> str:
    """Run a shell command in a running container; return what it printed."""
    status, output = execs.run(engine.containers.get(name), ["sh", "-c", command])
    assert status == 0, output
    return output.decode(errors="replace")


@contextmanager
def container(engine: docker.DockerClient, command: str, **where: Any) -> Iterator[Container]:
    """Keep a probe container running."""
    made = engine.containers.run(
        image_of("probe"),
        ["-c", command],
        entrypoint="sh",
        detach=True,
        labels={"dev.leasehold.test": "probe"},
        **where,
    )
    try:
        yield made
    finally:
        made.remove(force=True)


@contextmanager
def network(engine: docker.DockerClient, name: str) -> Iterator[str]:
    """Keep another Docker network."""
    made = engine.networks.create(name, labels={"dev.leasehold.test": "network"})
    try:
        yield name
    finally:
        made.remove()


def address(engine: docker.DockerClient, name: str, network_name: str) -> str:
    attributes = engine.containers.get(name).attrs
    return str(attributes["NetworkSettings"]["Networks"][network_name]["IPAddress"])


def inspect_run(name: str) -> RunInventory:
    """Look for everything of a run's name, whoever made it: of a run that is gone there is no name lock to go by."""
    carried, stack = take_inventory(name), stack_of(name, Source(PROJECT))
    printed = paths.endings().glob(f"{name}.*")
    homes = [*paths.homes().glob(f"{name}.*"), *name_locks.half_written(name), *authority_files(name), *printed]
    return RunInventory(
        servers=carried.servers,
        others=carried.others,
        stacks=tuple(map(str, stack.files())),
        temporary_files=tuple(map(str, homes)),
    )


def stack_files(name: str) -> list[Path]:
    """Return the files of a stack of this project in the backend of these tests."""
    return stack_of(name, Source(PROJECT)).files()


@contextmanager
def unharmed(engine: docker.DockerClient, run: str) -> Iterator[None]:
    """Hold a run to have the servers that it had before a block, all of them running."""
    before = {name: engine.containers.get(name).id for name in take_inventory(run).servers}
    yield
    after = {name: engine.containers.get(name) for name in take_inventory(run).servers}
    assert {name: container.id for name, container in after.items()} == before
    assert {container.status for container in after.values()} == {"running"}

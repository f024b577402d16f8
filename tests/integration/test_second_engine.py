"""Two engines on one machine: a run lives on the one that the shell meant; and an engine that ends, and comes back."""

import hashlib
import json
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from leasehold.engines.labelled import take_inventory
from leasehold.runs import name_locks

from .lifecycle import run_through
from .second_engine import SecondEngine, second_engine
from .support import COMMAND, PARTS, PROJECT, inspect_run, leasehold, until

PORT = 2376
CONTEXT = {"DOCKER_CONTEXT": "second"}
TLS = {"DOCKER_CONTEXT": "secured"}
FAR = {"DOCKER_CONTEXT": "far"}


@pytest.fixture(scope="module")
def second() -> Iterator[SecondEngine]:
    """It listens on a socket, and with TLS on loopback and on its way to this machine; a context names each."""
    files = ["--tlscacert={folder}/ca.pem", "--tlscert={folder}/cert.pem", "--tlskey={folder}/key.pem"]
    hosts = [f"--host=tcp://{host}:{PORT}" for host in ("127.0.0.1", "{address}")]
    with second_engine(*hosts, "--tlsverify", *files) as engine:
        describe(engine, "second", engine.host)
        for name, host in (("secured", "127.0.0.1"), ("far", engine.address)):
            shutil.copytree(engine.folder / "tls", describe(engine, name, f"tcp://{host}:{PORT}"))
        yield engine


def describe(engine: SecondEngine, name: str, host: str) -> Path:
    """Write a context down; return where its certificates go."""
    key = hashlib.sha256(name.encode()).hexdigest()
    meta = engine.configuration / "contexts" / "meta" / key / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": host}}}))
    return engine.configuration / "contexts" / "tls" / key / "docker"


def state(second: SecondEngine, run: str) -> str:
    rows = json.loads(second.run(*COMMAND, "list", "--json", shell=CONTEXT).stdout)
    return next((str(row["state"]) for row in rows if row["run"] == run), "none")


def parts(run: str) -> list[str]:
    return sorted(f"leasehold-{run}-{part}" for part in PARTS)


@pytest.mark.parametrize(
    "shell", [CONTEXT, pytest.param(TLS, marks=pytest.mark.soak)], ids=["context", "context with TLS"]
)
def test_a_run_lives_on_the_engine_of_the_context_alone(
    second: SecondEngine, shell: dict[str, str], new_name: Callable[[], str]
) -> None:
    name = new_name()
    made = second.run(*COMMAND, "up", name, shell=shell)
    assert made.returncode == 0, made.stderr
    assert second.names() == parts(name)
    assert take_inventory(name).empty
    for refused in (leasehold("down", name), leasehold("show", name)):
        assert refused.returncode == 8, refused.stderr
        assert f"Run {name!r} was made on another engine" in refused.stderr
    assert name not in leasehold("sweep").stdout
    here = {row["run"]: row["state"] for row in json.loads(leasehold("list", "--json").stdout)}
    assert here[name] == "on another engine"
    assert state(second, name) == "up"
    ended = second.run(*COMMAND, "down", name, shell=CONTEXT)  # by another way to the same engine
    assert ended.returncode == 0, ended.stderr
    assert second.names() == []
    assert inspect_run(name).empty


@pytest.mark.parametrize(
    "how", [signal.SIGTERM, pytest.param(signal.SIGKILL, marks=pytest.mark.soak)], ids=["ended", "killed"]
)
def test_a_kept_run_whose_engine_was_started_again(
    second: SecondEngine, how: signal.Signals, new_name: Callable[[], str]
) -> None:
    name = new_name()
    assert second.run(*COMMAND, "up", name, shell=CONTEXT).returncode == 0
    second.end(how)
    down = second.run(*COMMAND, "list", shell=CONTEXT)
    assert down.returncode == 8
    assert down.stderr.startswith("leasehold: The Docker Engine does not answer")
    second.start()
    assert state(second, name) == "stopped"
    again = second.run(*COMMAND, "up", name, shell=CONTEXT)
    assert again.returncode == 0, again.stderr
    assert f"Run '{name}' is made anew: its servers have stopped" in " ".join(again.stderr.split())
    assert state(second, name) == "up"
    for one in second.client().containers.list(all=True):  # as `docker system prune` does after the next start
        one.remove(force=True)
    assert state(second, name) == "gone"
    assert second.run(*COMMAND, "down", name, shell=CONTEXT).returncode == 0


def test_an_engine_that_is_killed_while_a_run_is_made(second: SecondEngine, new_name: Callable[[], str]) -> None:
    name = new_name()
    making = subprocess.Popen(
        [*second.inside, *COMMAND, "up", name],
        cwd=PROJECT,
        env=second.shell(CONTEXT),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    until(lambda: f"leasehold-{name}-database" in second.names())
    second.end(signal.SIGKILL)
    _, said = making.communicate()
    assert making.returncode == 8, said
    last = said.splitlines()[-1]
    assert last.startswith("leasehold: The Docker Engine does not answer (Connection refused).")
    assert f"What had been made of run {name!r} is cleared by the next `leasehold up`" in last
    assert "Traceback" not in said
    second.start()
    assert state(second, name) == "abandoned"
    swept = second.run(*COMMAND, "sweep", shell=CONTEXT)
    assert f"{name}: gone" in swept.stdout, swept.stderr
    assert second.names() == []
    assert name_locks.find(name) is None
    assert inspect_run(name).empty


def test_a_run_on_an_engine_that_is_reached_with_tls(second: SecondEngine, new_name: Callable[[], str]) -> None:
    """From another network than the engine's: ports are published on the address by which the engine is reached."""
    name = new_name()
    run_through(lambda *words: told(second, FAR, *words), name, second.address)
    assert second.names() == []
    assert inspect_run(name).empty


def told(second: SecondEngine, shell: Mapping[str, str], *words: str) -> tuple[int, str]:
    done = second.run(*words, shell=shell, inside=False)
    return done.returncode, done.stdout + done.stderr


def test_a_run_whose_ports_cannot_be_published_there(second: SecondEngine, new_name: Callable[[], str]) -> None:
    """As on an engine behind a translation of addresses: its host does not have the one by which it is reached."""
    status, said = told(second, {**FAR, "LEASEHOLD_PUBLISH": str(second.way[0])}, *COMMAND, "up", new_name())
    assert status == 1, said
    assert "The engine's host does not have the address on which ports are to be published" in said
    assert "LEASEHOLD_PUBLISH" in said
    assert second.names() == []


def test_a_firewall_between_here_and_the_ports(second: SecondEngine, new_name: Callable[[], str]) -> None:
    """What a packet does not come back from is told as soon as the gateway is there."""
    rule = ["PREROUTING", "--in-interface", "way", "--protocol", "tcp", "!", "--dport", str(PORT), "--jump", "DROP"]
    subprocess.run([*second.inside, "iptables", "--table=mangle", "--insert", *rule], check=True)
    try:
        status, said = told(second, FAR, *COMMAND, "up", new_name())
    finally:
        subprocess.run([*second.inside, "iptables", "--table=mangle", "--delete", *rule], check=True)
    assert status == 1, said
    assert f"The gateway listens, and nothing here reaches it at {second.address}:" in said
    assert f"(no answer): the engine is on another host (tcp://{second.address}:{PORT})" in said
    assert "LEASEHOLD_GATEWAY" in said
    assert second.names() == []


@pytest.mark.soak
def test_an_engine_whose_published_ports_are_elsewhere(second: SecondEngine, new_name: Callable[[], str]) -> None:
    """As from another machine: the engine answers, and its loopback is not ours."""
    name = new_name()
    made = second.run(*COMMAND, "up", name, shell=CONTEXT, inside=False)
    assert made.returncode != 0
    assert "The gateway listens, and nothing does at 127.0.0.1:" in made.stderr, made.stderr
    assert "name the engine by its host's address (DOCKER_HOST)" in made.stderr
    assert second.names() == []
    assert inspect_run(name).empty

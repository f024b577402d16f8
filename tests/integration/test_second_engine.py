"""Two engines on one machine: a run lives on the one that the shell meant; and an engine that ends, and comes back."""

import hashlib
import json
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from leasehold.engines.labelled import take_inventory
from leasehold.runs import name_locks

from .second_engine import SecondEngine, second_engine, write_certificates
from .support import COMMAND, PARTS, PROJECT, inspect_run, leasehold, until

PORT = 2376
CONTEXT = {"DOCKER_CONTEXT": "second"}
TLS = {"DOCKER_CONTEXT": "secured"}


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecondEngine]:
    """It listens on a socket, and with TLS on its own loopback; a context names each."""
    folder = tmp_path_factory.mktemp("tls")
    write_certificates(folder)
    files = [f"--tlscacert={folder}/ca.pem", f"--tlscert={folder}/cert.pem", f"--tlskey={folder}/key.pem"]
    with second_engine(f"--host=tcp://127.0.0.1:{PORT}", "--tlsverify", *files) as engine:
        describe(engine, "second", engine.host)
        shutil.copytree(folder, describe(engine, "secured", f"tcp://127.0.0.1:{PORT}"))
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


@pytest.mark.soak
def test_an_engine_whose_published_ports_are_elsewhere(second: SecondEngine, new_name: Callable[[], str]) -> None:
    """As from another machine: the engine answers, and its loopback is not ours."""
    name = new_name()
    made = second.run(*COMMAND, "up", name, shell=CONTEXT, inside=False)
    assert made.returncode != 0
    assert "The gateway listens, and nothing does at 127.0.0.1:" in made.stderr, made.stderr
    assert "docker run --network host" in made.stderr
    assert second.names() == []
    assert inspect_run(name).empty

"""The docker command's context says where a run is made, in each way to make one, and where it is looked for."""

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from leasehold import EngineError, Run
from leasehold.engines.docker.engine import DockerEngine
from leasehold.engines.labelled import take_inventory

from .faulty_engine import faulty_engine
from .support import PARTS, PROJECT, inspect_run, leasehold, pulumi

NAME = "elsewhere"


@dataclass
class Context:
    """A context whose engine is the real one, behind a socket that notes what it was asked to change."""

    folder: Path
    host: str
    made: list[str] = field(default_factory=list)

    def variables(self, **more: str) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if not name.startswith("DOCKER_")}
        return {**own, "DOCKER_CONFIG": str(self.folder), **more}


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    made: list[str] = []

    def note(method: str, path: str) -> None:
        if method == "POST":
            made.append(path)

    with faulty_engine(tmp_path, note) as host:
        folder = tmp_path / "config"
        meta = folder / "contexts" / "meta" / hashlib.sha256(NAME.encode()).hexdigest() / "meta.json"
        meta.parent.mkdir(parents=True)
        meta.write_text(
            json.dumps({"Name": NAME, "Metadata": {}, "Endpoints": {"docker": {"Host": host, "SkipTLSVerify": False}}})
        )
        yield Context(folder, host, made)


def choose(context: Context, name: str) -> None:
    (context.folder / "config.json").write_text(json.dumps({"currentContext": name}))


@pytest.mark.parametrize("how", ["chosen", "named"])
def test_a_run_is_made_on_the_engine_of_the_context(
    context: Context, how: str, new_name: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(context, NAME if how == "chosen" else "default")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(context.folder))
    if how == "named":
        monkeypatch.setenv("DOCKER_CONTEXT", NAME)
    name = new_name()
    with Run.create(name, program=PROJECT):
        assert DockerEngine().version()[1] == context.host
        assert context.made.count("/networks/create") == 2
        assert context.made.count("/containers/create") == len(PARTS)
    assert inspect_run(name).empty


@pytest.mark.parametrize("how", ["chosen", "host and context"])
def test_plain_pulumi_makes_it_there_too(context: Context, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the shell names both, the docker command takes the host; Pulumi's provider would take the context."""
    choose(context, NAME if how == "chosen" else "default")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(context.folder))
    if how == "host and context":
        monkeypatch.setenv("DOCKER_HOST", context.host)
        monkeypatch.setenv("DOCKER_CONTEXT", "none-either")
    name = f"t-{secrets.token_hex(4)}"
    pulumi("stack", "init", name)
    try:
        pulumi("up", "--yes", "--skip-preview", "--stack", name)
        assert context.made.count("/containers/create") == len(PARTS)
        choose(context, "default")  # the stack knows where it was made
    finally:
        pulumi("destroy", "--yes", "--skip-preview", "--remove", "--stack", name)
    assert take_inventory(name).empty


def test_docker_host_counts_for_more(
    context: Context, new_name: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(context, "no-such")
    monkeypatch.setenv("DOCKER_CONFIG", str(context.folder))
    monkeypatch.setenv("DOCKER_CONTEXT", "none-either")
    monkeypatch.setenv("DOCKER_HOST", context.host)
    with Run.create(new_name(), program=PROJECT):
        assert context.made.count("/containers/create") == len(PARTS)


def test_a_context_that_is_not_there_is_one_sentence(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(context, "no-such")
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(context.folder))
    with pytest.raises(EngineError, match=r"no Docker context 'no-such'.*docker context use"):
        DockerEngine().version()
    done = leasehold("list", env=context.variables())
    assert done.returncode == 8
    assert "no Docker context 'no-such'" in done.stderr

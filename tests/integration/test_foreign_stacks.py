"""Stacks that are not ours, of the name that a run is to have or has: with the real Pulumi, and byte for byte.

There are two projects and two backends. What Pulumi and their owners have written there is the same after whatever
`leasehold` is told to do, and it says why it did nothing.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest
from pulumi import ComponentResource, automation, export

from leasehold import Run
from leasehold.engines.labelled import take_inventory
from leasehold.runs.sweep import sweep

from .faulty_engine import faulty_engine
from .support import COMMAND, PARTS, PROJECT, inspect_run, leasehold, until

pytestmark = pytest.mark.usefixtures("own_state")

NAME = "dev"


@dataclass(frozen=True)
class Neighbourhood:
    """Folders of a user's own."""

    root: Path

    def project(self, name: str) -> Path:
        return self.root / "projects" / name

    def backend(self, name: str) -> str:
        return (self.root / name).as_uri()

    def variables(self, backend: str = "near") -> dict[str, str]:
        ours = {"PULUMI_BACKEND_URL": self.backend(backend), "XDG_STATE_HOME": str(self.root / "state")}
        return {**os.environ, **ours, "PYTHONPATH": str(PROJECT)}

    def make(self, project: str, backend: str, name: str = NAME) -> None:
        """Make a stack with plain Pulumi, with a setting that is a secret."""
        options = automation.LocalWorkspaceOptions(
            work_dir=str(self.project(project)),
            pulumi_home=str(self.root / "home"),
            env_vars={"PULUMI_BACKEND_URL": self.backend(backend)},
        )
        stack = automation.create_stack(name, project_name=project, program=infrastructure, opts=options)
        stack.set_config("token", automation.ConfigValue("of its owner", secret=True))
        stack.up(color="never")

    def tree(self) -> dict[str, bytes]:
        """Return all that is not ours."""
        kept = [*(self.root / "projects").rglob("*"), *(self.root / "near").rglob("*"), *(self.root / "far").rglob("*")]
        return {str(path): path.read_bytes() for path in kept if path.is_file() and "__pycache__" not in path.parts}

    def leasehold(self, *words: str, backend: str = "near") -> subprocess.CompletedProcess[str]:
        return leasehold(*words, cwd=self.project("tests"), env=self.variables(backend))


def infrastructure() -> None:
    ComponentResource("acme:web:Shop", "shop")
    export("address", "https://shop.example")


@pytest.fixture(scope="module")
def stands(tmp_path_factory: pytest.TempPathFactory) -> Neighbourhood:
    """A stack of one name in this project, in another, and in this project in another backend."""
    here = Neighbourhood(tmp_path_factory.mktemp("neighbourhood"))
    for project in ("tests", "web"):
        here.project(project).mkdir(parents=True)
        (here.project(project) / "Pulumi.yaml").write_text(f"name: {project}\nruntime: python\n")
        (here.project(project) / "__main__.py").write_text("")
    for backend in ("near", "far"):
        (here.root / backend).mkdir()
    here.make("tests", "near")
    here.make("web", "near")
    here.make("web", "near", "only-web")
    here.make("tests", "far", "only-far")
    (here.project("tests") / "infra").mkdir()
    (here.project("tests") / "infra" / "Pulumi.only-web.yaml").write_text("config:\n  infra:size: large\n")
    locks = here.root / "near" / ".pulumi" / "locks" / "organization" / "web" / "locked"
    locks.mkdir(parents=True, exist_ok=True)
    (locks / "x.json").write_text('{"pid": 4194305, "hostname": "somewhere"}')
    return here


@pytest.fixture
def neighbourhood(stands: Neighbourhood) -> Iterator[Neighbourhood]:
    before = stands.tree()
    yield stands
    assert stands.tree() == before
    for kind in ("runs", "homes"):
        assert list((stands.root / "state" / "leasehold" / kind).glob("*")) == [], "nor is anything of ours left"


def refused(done: subprocess.CompletedProcess[str], code: int) -> str:
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_up_over_a_stack_of_this_project(neighbourhood: Neighbourhood) -> None:
    assert "Nothing of it was changed" in refused(neighbourhood.leasehold("up", NAME), 4)


def test_up_over_a_stack_whose_settings_are_in_another_checkout(neighbourhood: Neighbourhood) -> None:
    settings = neighbourhood.project("tests") / f"Pulumi.{NAME}.yaml"
    content = settings.read_text()
    settings.unlink()
    try:
        said = refused(neighbourhood.leasehold("up", NAME), 4)
        assert not settings.exists()
    finally:
        settings.write_text(content)
    assert f"There is a stack '{NAME}' of project 'tests'" in said


def test_up_where_settings_tell_of_a_stack_in_another_backend(neighbourhood: Neighbourhood) -> None:
    said = refused(neighbourhood.leasehold("up", "only-far"), 4)
    assert "Pulumi.only-far.yaml" in said


def test_down_of_a_stack_of_this_project(neighbourhood: Neighbourhood) -> None:
    said = refused(neighbourhood.leasehold("down", NAME), 13)
    assert f"the stack '{NAME}' of project 'tests' in {neighbourhood.backend('near')}" in said
    assert "so nothing was touched" in said


def test_down_of_a_name_that_only_another_project_has(neighbourhood: Neighbourhood) -> None:
    assert "There is no run 'only-web'" in refused(neighbourhood.leasehold("down", "only-web"), 3)


def test_down_of_a_name_that_another_project_has_locked(neighbourhood: Neighbourhood) -> None:
    assert "There is no run 'locked'" in refused(neighbourhood.leasehold("down", "locked"), 3)


def test_down_of_a_name_that_only_another_backend_has(neighbourhood: Neighbourhood) -> None:
    assert "There is no run 'only-far'" in refused(neighbourhood.leasehold("down", "only-far"), 3)


def test_a_sweep_after_a_process_that_was_killed_before_it_made_a_stack(
    neighbourhood: Neighbourhood, tmp_path: Path
) -> None:
    """Its name lock is there, and a stack of the name that it never made."""
    hangs = tmp_path / "pulumi"
    hangs.write_text("#!/bin/sh\nexec sleep 300\n")
    hangs.chmod(0o700)
    variables = {**neighbourhood.variables(), "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    where, name_lock = (
        neighbourhood.project("tests"),
        neighbourhood.root / "state" / "leasehold" / "runs" / f"{NAME}.json",
    )
    settings = where / f"Pulumi.{NAME}.yaml"
    content = settings.read_text()
    settings.unlink()
    try:
        with subprocess.Popen([*COMMAND, "up", NAME], cwd=where, env=variables, start_new_session=True) as creator:
            until(lambda: name_lock.exists() and has_children(creator.pid), pause=0.01)
            os.killpg(creator.pid, signal.SIGKILL)
        done = neighbourhood.leasehold("sweep", "--json")
        assert f'"run": "{NAME}"' in done.stdout
    finally:
        assert not settings.exists()
        settings.write_text(content)
    refused(done, 0)


def has_children(pid: int) -> bool:
    return bool(Path(f"/proc/{pid}/task/{pid}/children").read_text())


# Ours, and what may befall them.


def test_the_project_folder_of_a_run_is_gone(new_name: Callable[[], str], tmp_path: Path) -> None:
    name, folder = new_name(), tmp_path / "worktree"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: worktree\nruntime: python\n")
    (folder / "__main__.py").write_text(
        f"import sys\nsys.path.insert(0, {str(PROJECT)!r})\nfrom stacks.shop import declare\ndeclare()\n"
    )
    done = leasehold("up", name, "--program", str(folder))
    assert done.returncode == 0, done.stderr
    for file in sorted(folder.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    folder.rmdir()
    done = leasehold("down", name)
    assert done.returncode == 0, done.stderr
    assert take_inventory(name).empty


def test_an_engine_that_fails_at_what_it_is_asked(
    new_name: Callable[[], str], engine: docker.DockerClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is one sentence of `down`, and one result of `sweep`."""
    name, healthy = new_name(), new_name()
    for one in (name, healthy):
        code = f"import leasehold, os, signal; leasehold.Run.create({one!r}); os.kill(os.getpid(), signal.SIGKILL)"
        subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False, capture_output=True)
    stuck = engine.containers.get(f"leasehold-{name}-database")

    def fails(method: str, path: str) -> str | None:
        gone = method == "DELETE" and path in (f"/containers/{stuck.name}", f"/containers/{stuck.id}")
        return "driver failed to remove root filesystem" if gone else None

    with faulty_engine(tmp_path, fails) as host:
        done = leasehold("down", name, env={**os.environ, "DOCKER_HOST": host})
        assert done.returncode == 8, done.stderr
        assert "Traceback" not in done.stderr
        assert "driver failed to remove root filesystem" in done.stderr.splitlines()[-1]
        monkeypatch.setenv("DOCKER_HOST", host)
        swept = {one.run: one.error for one in sweep() if one.run in (name, healthy)}
    assert swept[healthy] == ""
    assert "driver failed" in swept[name]


def test_a_name_that_is_taken_anew_while_it_is_swept(new_name: Callable[[], str]) -> None:
    name = new_name()
    code = f"import leasehold, os, signal; leasehold.Run.create({name!r}); os.kill(os.getpid(), signal.SIGKILL)"
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=False, capture_output=True)
    taken: list[Run] = []

    def take_anew(run: str, reason: str) -> None:
        if run == name:
            assert leasehold("down", name).returncode == 0
            taken.append(Run.create(name, program=PROJECT))

    sweep(take_anew)
    assert take_inventory(name).running == len(PARTS), "the living run was swept"
    taken[0].destroy()
    assert inspect_run(name).empty

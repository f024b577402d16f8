"""A Pulumi that follows a script: it writes the files that the real one does, and puts resources into an engine.

What it writes was copied from what Pulumi 3.259 leaves in a file backend: state, backup, attributes, history, locks,
and the salt in state and settings. `tests/integration/test_foreign_stacks.py` holds the real one to the same rules.
"""

import json
import os
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import yaml
from pulumi import automation

from leasehold.contract import EXPIRES_LABEL, NAME_LOCK_LABEL, NAME_LOCK_SETTING, OWNER_LABEL, RUN_LABEL
from leasehold.engines.memory import SERVER, MemoryEngine
from leasehold.pulumi.stack_id import StackId
from leasehold.runs.processes import this_process
from leasehold.runs.workspace import Workspace

PARTS = ("database", "broker", "gateway")
ATTRIBUTES = '{"user.content_type": "text/plain"}\n'


class ScriptedPulumi:
    """Makes and destroys stacks.

    Attributes:
        engine: Where what it makes is.
        outputs: Outputs of every run.
        at: Called at each point at which a process may be killed, with the point's name.
        failing: Name of the point at which it fails next; empty for none.
    """

    POINTS = ("init", "init half", "init done", "locked", "network", "server", "up done", "destroy half", "removed")

    def __init__(self, engine: MemoryEngine, outputs: dict[str, Any]) -> None:
        self.engine, self._outputs = engine, outputs
        self.at: Callable[[str], None] = lambda point: None
        self.failing = ""

    def point(self, name: str) -> None:
        self.at(name)
        if name == self.failing:
            self.failing = ""
            raise failure(automation.CommandError, f"Diagnostics:\n  error: it failed at {name}\n")

    def init(self, stack: StackId, settings: Path) -> None:
        self.point("init")
        if stack.exists():
            raise failure(automation.StackAlreadyExistsError, "already exists")
        self._write(state_of(stack), json.dumps({"version": 0, "checkpoint": {"stack": stack.name}}))
        self.point("init half")
        held = yaml.safe_load(settings.read_text()) if settings.exists() else {}
        held.setdefault("encryptionsalt", f"v1:{secrets.token_urlsafe(8)}:v1:{secrets.token_urlsafe(16)}")
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(yaml.safe_dump(held))
        self._save(stack, held["encryptionsalt"], [])
        self.point("init done")

    def up(self, stack: StackId, settings: Path, *, environment: bool = True) -> None:
        """Make what a program declares: an environment, or something of the world's that is no run."""
        held = yaml.safe_load(settings.read_text())
        name_lock = (held.get("config") or {}).get(NAME_LOCK_SETTING)
        labels = {RUN_LABEL: stack.name, OWNER_LABEL: "somebody@here", EXPIRES_LABEL: str(int(time.time()) + 600)}
        labels |= {NAME_LOCK_LABEL: name_lock} if name_lock else {}
        prefix = f"leasehold-{stack.name}" if environment else f"{stack.project}-{stack.name}-{secrets.token_hex(3)}"
        made: list[dict[str, Any]] = []
        with _Locked(stack, self):
            try:
                network = self.engine.put("network", f"{prefix}-inner", labels if environment else {})
                made.append({"type": "network", "id": network.id, "labels": dict(network.labels)})
                self.point("network")
                for part in PARTS:
                    one = self.engine.put(SERVER, f"{prefix}-{part}", labels if environment else {}, on=network)
                    made.append({"type": "server", "id": one.id, "labels": dict(one.labels)})
                    self.point("server")
            except ValueError as error:
                raise failure(automation.CommandError, f"Diagnostics:\n  error: {error}\n") from None
            finally:
                self._save(stack, held["encryptionsalt"], made)
            self.point("up done")

    def destroy(self, stack: StackId) -> None:
        with _Locked(stack, self):
            content = json.loads(state_of(stack).read_text())
            latest = content["checkpoint"].get("latest", {})
            there = {resource.id: resource for resource in self.engine.every()}
            for resource in reversed(latest.get("resources", [])):
                if resource["id"] in there:
                    try:
                        self.engine.remove(there[resource["id"]])
                    except ValueError as error:
                        raise failure(automation.CommandError, f"Diagnostics:\n  error: {error}\n") from None
                self.point("destroy half")
            self._save(stack, latest.get("secrets_providers", {}).get("state", {}).get("salt", ""), [])

    def remove(self, stack: StackId, settings: Path) -> None:
        """Forget a stack, as `pulumi stack rm` does: its backup stays, and its backups."""
        state = state_of(stack)
        for end in ("", ".attrs"):
            os.replace(f"{state}{end}", f"{state}.bak{end}")
        settings.unlink(missing_ok=True)
        for folder in stack.folders():
            if folder.parts[-3] == "history":
                for file in folder.iterdir():
                    file.unlink()
                folder.rmdir()
        self.point("removed")

    def locked(self, stack: StackId) -> AbstractContextManager[None]:
        """Hold the lock on a stack, as a Pulumi does that changes it."""
        return _Locked(stack, self)

    def _save(self, stack: StackId, salt: str, resources: list[dict[str, Any]]) -> None:
        latest = {"secrets_providers": {"type": "passphrase", "state": {"salt": salt}}}
        if resources:
            latest["resources"] = cast(Any, resources)
        content = json.dumps({"version": 3, "checkpoint": {"stack": stack.name, "latest": latest}})
        if stack.folder is None:
            raise AssertionError("only file backends are scripted")
        self._write(state_of(stack), content)
        for kind in ("backups", "history"):
            folder = stack.folder / kind / stack.project / stack.name
            self._write(folder / f"{stack.name}.{time.time_ns()}.json", content, keep=False)

    def _write(self, path: Path, content: str, *, keep: bool = True) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if keep and path.exists():
            os.replace(path, f"{path}.bak")
            Path(f"{path}.bak.attrs").write_text(ATTRIBUTES)
        path.write_text(content)
        Path(f"{path}.attrs").write_text(ATTRIBUTES)

    def open(self, workspace: Workspace, create: bool) -> automation.Stack:
        """Stand in for `Workspace._open`."""
        made = cast(automation.Stack, _Stack(self, workspace))
        if create:
            self.init(workspace.stack_id, cast(_Stack, made).settings)
        elif not workspace.stack_id.exists():
            raise failure(automation.StackNotFoundError, "no stack named")
        return made

    def outputs(self, run: str) -> dict[str, automation.OutputValue]:
        return {key: automation.OutputValue(value, False) for key, value in (self._outputs | {"run": run}).items()}


class _Stack:
    """What runs use of `automation.Stack`."""

    def __init__(self, pulumi: ScriptedPulumi, workspace: Workspace) -> None:
        from leasehold.pulumi.settings import settings_file  # noqa: PLC0415

        self._pulumi, self._id = pulumi, workspace.stack_id
        self.settings = settings_file(workspace.source.folder or workspace.home / "work", workspace.run)
        self.workspace = SimpleNamespace(remove_stack=lambda name, force: pulumi.remove(self._id, self.settings))

    def up(self, **_: Any) -> Any:
        self._pulumi.up(self._id, self.settings)
        return SimpleNamespace(outputs=self.outputs())

    def outputs(self) -> dict[str, automation.OutputValue]:
        broken = [file for file in self._id.state_files() if file.suffix == ".attrs" and file.read_text() != ATTRIBUTES]
        if broken:
            raise failure(automation.CommandError, f"error: could not read {broken[0]}")
        return self._pulumi.outputs(self._id.name) if '"resources"' in state_of(self._id).read_text() else {}

    def destroy(self, *, remove: bool, **_: Any) -> None:
        self._pulumi.destroy(self._id)
        if remove:
            self._pulumi.remove(self._id, self.settings)


class _Locked:
    """Pulumi's lock on a stack; whoever is killed leaves it."""

    def __init__(self, stack: StackId, pulumi: ScriptedPulumi) -> None:
        if stack.folder is None:
            raise AssertionError("only file backends are scripted")
        self._pulumi = pulumi
        self._folder = stack.folder / "locks" / "organization" / stack.project / stack.name

    def __enter__(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if any(self._folder.iterdir()):
            raise failure(automation.CommandError, "error: the stack is currently locked by 1 lock(s)")
        self._file = self._folder / f"{secrets.token_hex(8)}.json"
        self._file.write_text(json.dumps({"hostname": this_process().host, "pid": os.getpid()}))
        try:
            self._pulumi.point("locked")
        except automation.CommandError:
            self._file.unlink()
            raise

    def __exit__(self, *_: object) -> None:
        self._file.unlink()


def state_of(stack: StackId) -> Path:
    if stack.folder is None:
        raise AssertionError("only file backends are scripted")
    return stack.folder / "stacks" / stack.project / f"{stack.name}.json"


def failure(kind: type[automation.CommandError], text: str) -> automation.CommandError:
    return kind(automation.CommandResult(stdout="", stderr=text, code=255))

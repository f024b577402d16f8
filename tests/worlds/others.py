"""What others have beside the user's runs: `held` tells it byte for byte, to show that it is as it was."""

import json
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from leasehold.contract import EXPIRES_LABEL, RUN_LABEL
from leasehold.engines.memory import SERVER
from leasehold.engines.resources import Resource
from leasehold.pulumi.settings import settings_file
from leasehold.pulumi.stack_id import StackId
from leasehold.runs.name_lock import NameLock
from leasehold.runs.processes import this_process

if TYPE_CHECKING:
    from .world import Place, World


@dataclass
class Others:
    """Whoever has stacks and containers beside the user's runs.

    Attributes:
        world: Where.
        stacks: Their stacks, and the settings of each.
        files: Their files, as they left them.
        resources: Ids of what they have on the engine.
        not_theirs: What a run has left where their stack is: backups.
    """

    world: "World"
    stacks: dict[StackId, Path] = field(default_factory=dict)
    files: dict[Path, bytes] = field(default_factory=dict)
    resources: dict[str, Resource] = field(default_factory=dict)
    not_theirs: set[Path] = field(default_factory=set)

    def has(self, stack: StackId) -> bool:
        return stack in self.stacks

    def up(self, name: str, place: "Place", *, environment: bool, only_init: bool = False) -> None:
        """Make a stack with plain Pulumi, of an environment or of something else, with settings of its own."""
        stack = self.world.stack(name, place)
        settings = settings_file(self.world.folder(place.program), name)
        self.not_theirs |= {file for file in stack.files() if file not in self.files}
        self.world.pulumi.init(stack, settings)
        self.stacks[stack] = settings
        settings.write_text(f"# mine\n{settings.read_text()}config:\n  {stack.project}:size: large\n")
        before = {resource.id for resource in self.world.engine.every()}
        try:
            if not only_init:
                self.world.pulumi.up(stack, settings, environment=environment)
        finally:
            self.resources |= {
                resource.id: resource for resource in self.world.engine.every() if resource.id not in before
            }
            self.take(stack)

    def down(self, stack: StackId) -> None:
        """Destroy one of their stacks with plain Pulumi."""
        settings = self.stacks.pop(stack)
        self.world.pulumi.destroy(stack)
        self.world.pulumi.remove(stack, settings)
        there = {resource.id for resource in self.world.engine.every()}
        self.resources = {key: resource for key, resource in self.resources.items() if key in there}
        self.forget(stack, settings)
        left = [file for folder in stack.folders() for file in folder.iterdir()]
        self.files |= {file: file.read_bytes() for file in left if self._theirs(file)}

    def remove_ours(self, name_lock: NameLock) -> None:
        """Destroy a run's stack with plain Pulumi, as a user may who does not know that it is a run's."""
        self.world.pulumi.destroy(name_lock.stack)
        self.world.pulumi.remove(name_lock.stack, Path(name_lock.settings))

    def lock(self, stack: StackId) -> None:
        """Leave a lock on one of their stacks, as a killed Pulumi does."""
        if stack.folder:
            path = stack.folder / "locks" / "organization" / stack.project / stack.name / f"{secrets.token_hex(8)}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"hostname": this_process().host, "pid": 2**22 + 1}))
            self.take(stack)

    def cut_attributes(self, stack: StackId) -> None:
        """Leave the attributes of one of their states cut off, as a killed Pulumi does."""
        for file in stack.state_files():
            if file.name.endswith(".json.attrs"):
                file.write_text("{")
        self.take(stack)

    def join(self, network: Resource, run: str) -> None:
        """Put a container of theirs on a network, under a run's label but on no name lock."""
        labels = {RUN_LABEL: run, EXPIRES_LABEL: str(int(time.time()) + 600)}
        made = self.world.engine.put(SERVER, f"stranger-{secrets.token_hex(3)}", labels, on=network)
        self.resources[made.id] = made

    def take(self, stack: StackId) -> None:
        """Take note of a stack of theirs as it is now."""
        self.forget(stack, self.stacks[stack])
        files = [*stack.files(), self.stacks[stack]]
        self.files |= {file: file.read_bytes() for file in files if file.is_file() and self._theirs(file)}

    def forget(self, stack: StackId, settings: Path) -> None:
        gone = {settings, *self._of(stack)}
        self.files = {file: content for file, content in self.files.items() if file not in gone}

    def _theirs(self, file: Path) -> bool:
        return file not in self.not_theirs or ".bak" in file.name or file.parent.parent.name == "stacks"

    def _of(self, stack: StackId) -> list[Path]:
        """Return those of their files that belong to a stack."""
        state = f"{stack.folder}/stacks/{stack.project}/{stack.name}."
        folders = [f"{stack.folder}/{kind}/{stack.project}/{stack.name}" for kind in ("backups", "history")]
        locks = f"{stack.folder}/locks/organization/{stack.project}/{stack.name}"
        return [
            file
            for file in self.files
            if (str(file).startswith(state) and file.name.removeprefix(f"{stack.name}.").startswith("json"))
            or str(file.parent) in (*folders, locks)
        ]

    def harmed(self) -> list[str]:
        """Tell what of theirs is not as they left it; what has outlived its term may go."""
        there = {resource.id: resource for resource in self.world.engine.every()}
        return [
            *(
                f"{path} is changed"
                for path, content in self.files.items()
                if not path.is_file() or path.read_bytes() != content
            ),
            *(
                f"{resource} is gone"
                for key, resource in self.resources.items()
                if key not in there and not resource.expired
            ),
        ]

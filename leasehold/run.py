"""A run by name, over Pulumi's Automation API."""

from collections.abc import Callable
from pathlib import Path

from pulumi import automation
from pulumi.automation.events import EngineEvent

from .errors import RunError
from .outputs import Outputs

OnEvent = Callable[[EngineEvent], None]


class Run:
    """One named Pulumi stack of a project folder, created and destroyed by that name.

    Pulumi's backend, passphrase and home are the process environment's, as for `pulumi` itself.

    Attributes:
        name: The run's name, also the stack's.
        project: Folder with the ``Pulumi.yaml``.
    """

    def __init__(self, name: str, project: Path) -> None:
        self.name, self.project = name, project

    def up(self, on_event: OnEvent | None = None) -> Outputs:
        """Create the run, or bring it to what its program declares.

        Raises:
            RunError: Pulumi failed; the message holds its diagnostics.
            OutputsError: The program does not export an environment.
        """
        try:
            stack = automation.create_or_select_stack(self.name, work_dir=str(self.project))
            result = stack.up(on_event=on_event, color="never", suppress_outputs=True)
        except automation.CommandError as error:
            raise RunError(f"Run {self.name!r} could not be created: {diagnostics(error)}") from None
        return Outputs.parse({name: output.value for name, output in result.outputs.items()})

    def down(self, on_event: OnEvent | None = None) -> None:
        """Destroy the run and forget its stack.

        Raises:
            RunError: There is no such run, or Pulumi failed; the message holds its diagnostics.
        """
        try:
            stack = automation.select_stack(self.name, work_dir=str(self.project))
            stack.destroy(on_event=on_event, color="never", suppress_outputs=True, remove=True)
        except automation.StackNotFoundError:
            raise RunError(f"There is no run {self.name!r}. `pulumi stack ls` lists those there are.") from None
        except automation.CommandError as error:
            raise RunError(f"Run {self.name!r} could not be destroyed: {diagnostics(error)}") from None

    @property
    def exists(self) -> bool:
        """Whether there is a stack of this name."""
        workspace = automation.LocalWorkspace(work_dir=str(self.project))
        return any(stack.name == self.name for stack in workspace.list_stacks())


def diagnostics(error: automation.CommandError) -> str:
    """Return what a person needs of a failed command: the errors among Pulumi's diagnostics, or its standard error."""
    _, found, rest = str(error).partition("Diagnostics:")
    if not found:
        return str(error).rpartition("stderr:")[2].strip()
    paragraphs = rest.partition("\nResources:")[0].partition("\nOutputs:")[0].split("error: ")[1:]
    told = [" ".join(paragraph.split("\n\n")[0].split()) for paragraph in paragraphs]
    return "\n".join(line for line in told if not line.startswith(_ECHOES))


_ECHOES = ("update failed", "an unhandled error occurred", "preview failed")
"""What Pulumi adds to an error that it has already told."""

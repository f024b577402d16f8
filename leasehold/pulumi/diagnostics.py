"""Errors of a failed Pulumi command, without its repetitions, and advice."""

from pulumi import automation

from ..engines.current import current

_ECHOES = ("update failed", "an unhandled error occurred", "preview failed", "destroy failed")
"""Lines in which Pulumi repeats an error."""


def diagnostics(error: automation.CommandError) -> str:
    """Return the errors among Pulumi's diagnostics, or else its standard error."""
    _, found, rest = str(error).partition("Diagnostics:")
    if not found:
        return str(error).rpartition("stderr:")[2].strip()
    paragraphs = rest.partition("\nResources:")[0].partition("\nOutputs:")[0].split("error: ")[1:]
    told = [" ".join(paragraph.split("\n\n")[0].split()) for paragraph in paragraphs]
    said = "\n".join(line for line in told if not line.startswith(_ECHOES))
    return " ".join(filter(None, [said, current().advice(said)]))

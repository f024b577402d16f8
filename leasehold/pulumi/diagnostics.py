"""What a person needs of a failed Pulumi command."""

from pulumi import automation

_ECHOES = ("update failed", "an unhandled error occurred", "preview failed", "destroy failed")
"""What Pulumi adds to an error that it has already told."""

_ADVICE = {
    "IPv4 address pool": "Remove networks that nobody uses (`docker network prune`, `leasehold sweep`), or give the "
    "engine more (`default-address-pools` in its daemon.json).",
    "predefined address pools": "Remove networks that nobody uses (`docker network prune`, `leasehold sweep`), or give "
    "the engine more (`default-address-pools` in its daemon.json).",
    "no space left on device": "Make room where the engine keeps its data (`docker system df` tells what takes it).",
    "Cannot connect to the Docker daemon": "Start the engine (`sudo systemctl start docker`), or point DOCKER_HOST at "
    "one.",
}
"""What to do, by words of an error of the engine's."""


def diagnostics(error: automation.CommandError) -> str:
    """Return the errors among Pulumi's diagnostics, or else its standard error."""
    _, found, rest = str(error).partition("Diagnostics:")
    if not found:
        return str(error).rpartition("stderr:")[2].strip()
    paragraphs = rest.partition("\nResources:")[0].partition("\nOutputs:")[0].split("error: ")[1:]
    told = [" ".join(paragraph.split("\n\n")[0].split()) for paragraph in paragraphs]
    said = "\n".join(line for line in told if not line.startswith(_ECHOES))
    return " ".join([said, *(advice for words, advice in _ADVICE.items() if words in said)])

"""Handing on images of the Docker Engine."""

import subprocess
from collections.abc import Sequence

import docker.errors

from leasehold.engines.docker.client import connected

from ..errors import SetupError


def save(image: str, command: Sequence[str]) -> None:
    """Give a program the archive of an image on its standard input.

    Args:
        image: The image's name; it keeps it.
        command: The program.

    Raises:
        SetupError: The engine does not have the image, or the program failed.
    """
    with connected() as engine:
        try:
            archive = engine.images.get(image).save(named=image)
        except docker.errors.ImageNotFound:
            raise SetupError(
                f"The Docker Engine has no image {image}. Pull it with `docker pull {image}`, or, if it is one of "
                "ours, build it with `make setup`."
            ) from None
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            assert process.stdin  # noqa: S101 - it is a pipe
            try:
                for chunk in archive:
                    process.stdin.write(chunk)
                process.stdin.close()
            except BrokenPipeError:
                pass  # its last words say why
            said = process.stdout.read().decode(errors="replace") if process.stdout else ""
        if process.returncode:
            raise SetupError(f"The image {image} could not be loaded: {said.strip()}")

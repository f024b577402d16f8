"""The command `pool`: runs that are kept ready for sessions of tests."""

import os
import sys
from typing import Annotated

import typer


def pool(
    context: typer.Context,
    size: Annotated[int, typer.Option(min=1, help="How many runs are kept ready.")] = 1,
    idle: Annotated[int | None, typer.Option(min=1, help="Stop when nobody has asked for so long, in seconds.")] = None,
    shared: Annotated[
        str | None, typer.Option(metavar="NAME", help="Share them, under this name, with jobs anywhere: in a cluster.")
    ] = None,
    stop: Annotated[bool, typer.Option("--stop", help="Stop whoever keeps them, and destroy what is ready.")] = False,
) -> None:
    """Keep runs ready, so that sessions of the project's tests begin at once; what follows goes to pytest.

    It reads the project's settings as pytest does in the current folder, and goes on until Ctrl-C, or until nobody has
    asked for long; a shared pool, as long as no `--idle` is named. What is ready is destroyed then.
    """
    words = [f"--leasehold-keep-pool={0 if stop else size}"]
    words += [f"--leasehold-pool-idle={idle}"] if idle else []
    words += [f"--leasehold-shared-pool={shared}"] if shared else []
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *words, *context.args])  # noqa: S606 - pytest takes the place of this process

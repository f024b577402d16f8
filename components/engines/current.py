"""Which engine components are declared on. A further engine is a folder beside this file, and a row in `ENGINES`."""

import os
from importlib import import_module

from leasehold.contract import DEFAULT_ENGINE, ENGINE_VARIABLE, KUBERNETES

from ..declared.errors import DeclarationError
from .protocol import Engine

ENGINES = {DEFAULT_ENGINE: ".docker.engine:DockerEngine", KUBERNETES: ".kubernetes.engine:KubernetesEngine"}
"""Class of each engine, by the name that ``LEASEHOLD_ENGINE`` has for it."""


def current() -> Engine:
    """Return the engine: Docker, if ``LEASEHOLD_ENGINE`` names no other.

    Raises:
        DeclarationError: There is no engine of the name, or a package that it needs is not installed.
    """
    name = os.environ.get(ENGINE_VARIABLE) or DEFAULT_ENGINE
    if name not in ENGINES:
        raise DeclarationError(f"{ENGINE_VARIABLE} is {name!r}; it can be {', '.join(sorted(ENGINES))}.")
    module, _, kind = ENGINES[name].partition(":")
    try:
        made: Engine = getattr(import_module(module, __package__), kind)()
    except ModuleNotFoundError as error:
        raise DeclarationError(
            f"{ENGINE_VARIABLE} is {name!r}, which needs a package that is not installed here ({error.name}). Install "
            f"it with `pip install 'leasehold-testing[{name}]'`."
        ) from None
    return made

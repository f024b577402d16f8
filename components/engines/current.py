"""Which engine components are declared on. A further engine is a folder beside this file, and a row in `ENGINES`."""

import os
from importlib import import_module

import pulumi

from leasehold.contract import DEFAULT_ENGINE, ENGINE_KEY, ENGINE_VARIABLE, KUBERNETES, SETTINGS

from ..declared.errors import DeclarationError
from .protocol import Engine

ENGINES = {DEFAULT_ENGINE: ".docker.engine:DockerEngine", KUBERNETES: ".kubernetes.engine:KubernetesEngine"}
"""Class of each engine, by the name that users have for it."""


def current() -> Engine:
    """Return the engine: ``LEASEHOLD_ENGINE``'s, or else that of the setting ``leasehold:engine``, or Docker.

    Raises:
        DeclarationError: There is no engine of the name, or a package that it needs is not installed.
    """
    name = os.environ.get(ENGINE_VARIABLE) or pulumi.Config(SETTINGS).get(ENGINE_KEY) or DEFAULT_ENGINE
    if name not in ENGINES:
        raise DeclarationError(f"There is no engine {name!r}; it can be {', '.join(sorted(ENGINES))}.")
    module, _, kind = ENGINES[name].partition(":")
    try:
        made: Engine = getattr(import_module(module, __package__), kind)()
    except ModuleNotFoundError as error:
        raise DeclarationError(
            f"The engine {name!r} needs a package that is not installed here ({error.name}). Install it with "
            f"`pip install 'leasehold-testing[{name}]'`."
        ) from None
    return made

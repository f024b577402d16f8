"""Which engine this process works on. A further engine is a folder beside this file, and a row in `ENGINES`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from ..contract import DEFAULT_ENGINE, ENGINE_VARIABLE, KUBERNETES
from ..errors import EngineError
from .protocol import Engine

ENGINES = {DEFAULT_ENGINE: ".docker.engine:DockerEngine", KUBERNETES: ".kubernetes.engine:KubernetesEngine"}
"""Class of each engine, by the name that ``LEASEHOLD_ENGINE`` has for it."""

_in_use: list[Engine] = []


@contextmanager
def use(engine: Engine) -> Iterator[None]:
    """Have this process work on another engine for the length of a block."""
    _in_use.append(engine)
    try:
        yield
    finally:
        _in_use.remove(engine)


def current() -> Engine:
    """Return the engine that this process works on: Docker, if ``LEASEHOLD_ENGINE`` names no other.

    Raises:
        EngineError: There is no engine of the name, or a package that it needs is not installed.
    """
    if _in_use:
        return _in_use[-1]
    name = os.environ.get(ENGINE_VARIABLE) or DEFAULT_ENGINE
    if name not in ENGINES:
        raise EngineError(f"{ENGINE_VARIABLE} is {name!r}; it can be {', '.join(sorted(ENGINES))}.")
    module, _, kind = ENGINES[name].partition(":")
    try:
        made: Engine = getattr(import_module(module, __package__), kind)()
    except ModuleNotFoundError as error:
        raise EngineError(
            f"{ENGINE_VARIABLE} is {name!r}, which needs a package that is not installed here ({error.name}). Install "
            f"it with `pip install 'leasehold-testing[{name}]'`."
        ) from None
    return made

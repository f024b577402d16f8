"""Which engine this process works on. A further engine is a folder beside this file, and a row in `ENGINES`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from ..contract import DEFAULT_ENGINE, ENGINE_VARIABLE, KUBERNETES
from ..errors import EngineError
from .protocol import Engine

ENGINES = {DEFAULT_ENGINE: ".docker.engine:DockerEngine", KUBERNETES: ".kubernetes.engine:KubernetesEngine"}
"""Class of each engine, by the name that users have for it."""

_declared: list[str] = []
_in_use: list[Engine] = []


@contextmanager
def use(engine: Engine) -> Iterator[None]:
    """Have this process work on another engine for the length of a block."""
    _in_use.append(engine)
    try:
        yield
    finally:
        _in_use.remove(engine)


def check(name: str) -> str:
    """Return the name of an engine.

    Raises:
        EngineError: There is none of the name.
    """
    if name not in ENGINES:
        raise EngineError(f"There is no engine {name!r}; it can be {', '.join(sorted(ENGINES))}.")
    return name


def choose(declared: str) -> None:
    """Have this process, and those that it starts, work on the engine that a project or a run is declared on.

    What the user names in ``LEASEHOLD_ENGINE`` goes before.

    Args:
        declared: The engine's name; empty for the default one.

    Raises:
        EngineError: There is none of the name, or this process works on another already, for another project.
    """
    named, wanted = os.environ.get(ENGINE_VARIABLE), check(declared or DEFAULT_ENGINE)
    if named and named not in _declared:
        return
    if _declared not in ([], [wanted]):
        raise EngineError(
            f"This is declared on the engine {wanted!r}, and this process works on {_declared[0]!r} already, for "
            f"another project or run. Use a process for each, or name one engine in {ENGINE_VARIABLE}."
        )
    _declared[:] = [wanted]
    if wanted != chosen():
        os.environ[ENGINE_VARIABLE] = wanted


def chosen() -> str:
    """Return the name of the engine that this process works on."""
    return os.environ.get(ENGINE_VARIABLE) or DEFAULT_ENGINE


def current() -> Engine:
    """Return the engine that this process works on: Docker, if nothing names another.

    Raises:
        EngineError: There is no engine of the name, or a package that it needs is not installed.
    """
    if _in_use:
        return _in_use[-1]
    name = check(chosen())
    module, _, kind = ENGINES[name].partition(":")
    try:
        made: Engine = getattr(import_module(module, __package__), kind)()
    except ModuleNotFoundError as error:
        raise EngineError(
            f"The engine {name!r} needs a package that is not installed here ({error.name}). Install it with "
            f"`pip install 'leasehold-testing[{name}]'`."
        ) from None
    return made

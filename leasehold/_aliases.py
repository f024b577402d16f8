"""A package under two names: the same modules, so that a class is the same class however it was imported."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType


def alias(name: str, real: str) -> bool:
    """Make a name stand for another package; return False if there is no such package.

    Args:
        name: The name, whose package is just being imported.
        real: The package that it is to stand for.
    """
    if find_spec(real) is None:
        return False
    sys.modules[name] = import_module(real)
    sys.meta_path.insert(0, _Finder(name, real))
    return True


class _Finder(MetaPathFinder, Loader):
    """Finds modules below the alias: they are those below the real package."""

    def __init__(self, name: str, real: str) -> None:
        self._name, self._real = name, real
        self._specs: dict[str, ModuleSpec | None] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return a spec for a module below the alias, and None for any other."""
        if not fullname.startswith(f"{self._name}."):
            return None
        real = find_spec(self._real + fullname.removeprefix(self._name))
        return real and ModuleSpec(fullname, self, origin=real.origin)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Return the real module."""
        module = import_module(self._real + spec.name.removeprefix(self._name))
        self._specs[spec.name] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its own spec back, which the import has replaced; it has been executed already."""
        if module.__spec__ and module.__spec__.name in self._specs:
            module.__spec__ = self._specs[module.__spec__.name]

"""Which files of a project a file imports, directly or not: they say what it does as much as itself."""

import ast
import sys
from collections.abc import Iterable, Iterator
from importlib.util import resolve_name
from pathlib import Path


def with_imported(root: Path, files: Iterable[Path]) -> set[Path]:
    """Return files, and those below a folder that they import: modules that this process has loaded.

    Args:
        root: The folder.
        files: Where to begin.
    """
    loaded = {Path(str(module.__file__)): name for name, module in list(sys.modules.items()) if _is_below(module, root)}
    found: set[Path] = set()
    waiting = set(files)
    while waiting:
        path = waiting.pop()
        found.add(path)
        if path.suffix == ".py" and path.is_file():
            named = {file for name in _names(path, loaded.get(path, "")) if (file := _file(name)) in loaded}
            waiting |= {file for file in named if file} - found
    return found


def _is_below(module: object, root: Path) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and Path(file).is_relative_to(root) and "site-packages" not in Path(file).parts


def _file(name: str) -> Path | None:
    file = getattr(sys.modules.get(name), "__file__", None)
    return Path(file) if isinstance(file, str) else None


def _names(path: Path, module: str) -> Iterator[str]:
    """Yield the names of modules that a file may import, also inside functions; some of them name no module."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _parents(alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                if not package:
                    continue
                base = resolve_name("." * node.level + base, package)
            yield from _parents(base)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _parents(name: str) -> Iterator[str]:
    """Yield a module's name and those of the packages that it is in: they are imported, too."""
    while name:
        yield name
        name = name.rpartition(".")[0]

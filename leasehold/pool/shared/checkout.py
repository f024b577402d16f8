"""Where a machine has a project, so that two machines tell its files alike."""

import os
from importlib.util import find_spec
from pathlib import Path

_INSTALLED = "site-packages"


def checkout_of(root: Path, program: str) -> Path:
    """Return the nearest folder that holds pytest's root and a run's program.

    A program that is installed, and one that shares no folder with pytest's root, is in no checkout: then it is
    pytest's root.

    Args:
        root: Pytest's root.
        program: ``module:function``, whose module is found and not imported, or an absolute project folder.
    """
    place = _folder_of(program.partition(":")[0]) if ":" in program else Path(program)
    if place is None or _INSTALLED in place.parts:
        return root
    common = Path(os.path.commonpath([root, place]))
    return root if common == Path(common.anchor) else common


def _folder_of(module: str) -> Path | None:
    try:
        spec = find_spec(module.partition(".")[0])
    except ValueError:
        return None
    if spec is None:
        return None
    places = [*(spec.submodule_search_locations or []), *([spec.origin] if spec.has_location and spec.origin else [])]
    return Path(places[0]).absolute().parent if places else None

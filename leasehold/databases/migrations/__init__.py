"""Migrations: what a folder of SQL files means to the tool that it is of, and running it as one lease.

`folders` recognises a folder's kind. Each kind has a file: which names are of it, in which order they run, and which
part of a file. `splitting` tells statements apart, and `run` runs them.
"""

from .folders import find_scripts
from .run import migrate

__all__ = ["find_scripts", "migrate"]

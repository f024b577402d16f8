"""The network's promises, tried from inside: who reaches whom, beside what was declared."""

from .matrix import Cell, Matrix
from .run import probe

__all__ = ["Cell", "Matrix", "probe"]

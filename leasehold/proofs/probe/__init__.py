"""The network's promises, tried from inside: who reaches whom, beside what was declared."""

from .attempts import probe
from .matrix import Cell, Matrix

__all__ = ["Cell", "Matrix", "probe"]

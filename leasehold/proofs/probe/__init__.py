"""The probe: tries connections from each server of a run, and compares them with the declared ones."""

from .attempts import probe
from .matrix import Cell, Matrix

__all__ = ["Cell", "Matrix", "probe"]

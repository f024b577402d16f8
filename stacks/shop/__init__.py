"""The default stack program: a small shop with a payroll that only the auditor may read."""

from .program import declare

__all__ = ["declare"]

"""The command line: the same runs and leases, for people and pipelines."""

from .app import main

__all__ = ["main"]

"""The parts of an environment, put together by hand."""

from .program import declare

__all__ = ["declare"]

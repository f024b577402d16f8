"""Reports of a session's denials: a module a format, each a pure function from the session to text."""

from .errors import ReportError
from .explained import explained, section
from .junit import properties, system_out
from .locations import Locations
from .terminal import Line, summary
from .write import publish, write_reports

__all__ = [
    "Line",
    "Locations",
    "ReportError",
    "explained",
    "properties",
    "publish",
    "section",
    "summary",
    "system_out",
    "write_reports",
]

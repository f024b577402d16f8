"""Libraries that the server may load when it starts (``shared_preload_libraries``), and their settings.

What is loaded runs in every session with the server's rights and sees every statement, the broker's too, in which
passwords of leases stand. So the list is of what is known: of each it is known where it keeps what it sees.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .errors import DeclarationError

PRELOADED = "shared_preload_libraries"


class Library(NamedTuple):
    """One library.

    Attributes:
        settings: Those of its settings that may be declared, without its name.
        locked: Settings that are ours, by name: bound values are no business of a log.
        blind: Settings under which it sees nothing, for the broker's own login: its statements hold passwords.
    """

    settings: str
    locked: dict[str, str] = {}  # noqa: RUF012 - read only
    blind: dict[str, str] = {}  # noqa: RUF012 - likewise


LIBRARIES = {
    # It keeps the text of utility statements as it is.
    "pg_stat_statements": Library("max|track|track_utility|track_planning|save", blind={"track": "none"}),
    # It explains no utility statements, so no password is among them; its plans stand in the server's log.
    "auto_explain": Library(
        "log_min_duration|log_analyze|log_buffers|log_wal|log_timing|log_triggers|log_verbose|log_settings|log_format"
        "|log_level|log_nested_statements|sample_rate",
        locked={"log_parameter_max_length": "0"},
    ),
    "pg_hint_plan": Library("enable_hint|enable_hint_table|parse_messages|message_level|debug_print"),
    "pg_wait_sampling": Library("history_size|history_period|profile_period|profile_pid|profile_queries"),
    "pg_cron": Library("database_name|log_run|log_statement|max_running_jobs|timezone|use_background_workers"),
    "pgaudit": Library(
        "log|log_catalog|log_level|log_relation|log_rows|log_statement|log_statement_once|role",
        locked={"log_client": "off", "log_parameter": "off"},
        blind={"log": "none"},
    ),
    "timescaledb": Library("max_background_workers|telemetry_level|license|enable_\\w+"),
}
"""What may be loaded, as each one's manual has it. An extension's settings begin with its name; pg_cron's with cron."""

_PREFIX = {"pg_cron": "cron"}


def check_libraries(declared: object) -> tuple[str, ...]:
    """Return declared libraries, from the value of ``shared_preload_libraries`` or a list of names.

    Raises:
        DeclarationError: One is not known, or is named twice.
    """
    if declared is None:
        return ()
    names = [name.strip() for name in declared.split(",")] if isinstance(declared, str) else declared
    if not isinstance(names, list | tuple):
        raise DeclarationError(f"The setting '{PRELOADED}' is {declared!r}; it is a list, or names with commas.")
    for name in names:
        if name not in LIBRARIES:
            raise DeclarationError(
                f"The setting '{PRELOADED}' names {name!r}. What is loaded there runs with the server's rights and "
                f"sees every password that is set; known are {', '.join(sorted(LIBRARIES))}."
            )
    if len(set(names)) < len(names):
        raise DeclarationError(f"The setting '{PRELOADED}' names a library twice.")
    return tuple(names)


def library_of(setting: str) -> str | None:
    """Return the library that a setting is of, if it may be declared."""
    prefix, _, rest = setting.partition(".")
    for name, library in LIBRARIES.items():
        if _PREFIX.get(name, name) == prefix and re.fullmatch(library.settings, rest):
            return name
    return None


def locked(libraries: str) -> Iterator[tuple[str, str]]:
    """Yield settings of loaded libraries that are ours."""
    for name in _named(libraries):
        yield from ((f"{name}.{setting}", value) for setting, value in LIBRARIES[name].locked.items())


def blind(libraries: str) -> Iterator[tuple[str, str]]:
    """Yield settings of loaded libraries under which they see nothing of a login's."""
    for name in _named(libraries):
        yield from ((f"{name}.{setting}", value) for setting, value in LIBRARIES[name].blind.items())


def _named(libraries: str) -> Iterable[str]:
    return filter(None, libraries.split(","))

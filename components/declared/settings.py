"""Settings of the database server that a run may declare: those that change how it works, and no lock."""

import re
from collections.abc import Mapping

from .errors import DeclarationError
from .libraries import PRELOADED, check_libraries, library_of

Value = str | int | float | bool

FREE = re.compile(
    r"""enable_\w+|\w+_cost|\w+_cost_limit|\w+_cost_delay|(auto)?vacuum(_\w+)?|(work|maintenance_work|autovacuum_work)_mem
    |hash_mem_multiplier|logical_decoding_work_mem|shared_buffers|temp_buffers|temp_file_limit|max_stack_depth
    |effective_(cache_size|io_concurrency)|maintenance_io_concurrency|io_(method|workers|max_\w+|combine_limit)
    |(statement|lock|deadlock|transaction|idle_session|idle_in_transaction_session)_timeout
    |max_(connections|worker_processes|parallel_\w+|locks_per_transaction|pred_locks_per_\w+|prepared_transactions)
    |max_files_per_process|min_parallel_\w+|parallel_leader_participation|debug_parallel_query
    |jit(_\w*above_cost)?|geqo(_\w+)?|(from|join)_collapse_limit|plan_cache_mode|cursor_tuple_fraction
    |default_statistics_target|constraint_exclusion|recursive_worktable_factor|commit_(delay|siblings)|bgwriter_\w+
    |default_transaction_(isolation|deferrable|read_only)|default_toast_compression|default_text_search_config
    |datestyle|intervalstyle|timezone|lc_(monetary|numeric|time)|bytea_output|extra_float_digits|xml(binary|option)
    |standard_conforming_strings|escape_string_warning|backslash_quote|quote_all_identifiers|array_nulls
    |transform_null_equals|gin_\w+|track_(functions|counts|activity_query_size|commit_timestamp|\w+_timing)
    |compute_query_id|stats_fetch_consistency|check_function_bodies|default_table_access_method
    |huge_pages|(shared|dynamic_shared)_memory_type|min_dynamic_shared_memory
    |(commit_timestamp|multixact_\w+|notify|serializable|(sub)?transaction)_buffers|(backend|bgwriter)_flush_after
    |log_(lock_waits|temp_files|autovacuum_min_duration|min_duration_statement)
    |tcp_(keepalives_\w+|user_timeout)|client_connection_check_interval""",
    re.VERBOSE,
)
"""What may be declared (PostgreSQL 18 manual, chapter 19): memory, the planner, vacuum, limits, time-outs, formats, and
what the log tells beside what we read there.

The list is of what may be: a setting that a later PostgreSQL brings is refused until somebody has thought about it.
"""

_LOCKS = {
    r"ssl\w*|listen_addresses|port|unix_socket\w*|bonjour\w*": "who reaches the server, and how",
    r"password_encryption|authentication_timeout|(scram|krb|gss|oauth|md5|createrole)\w*": "how people log in",
    r"hba_file|ident_file|config_file|data_directory|external_pid_file": "which files the server reads",
    r"(log|syslog|debug|backtrace|trace)\w*|lc_messages|event_source|client_min_messages|(application|cluster)_name": (
        "what stands in the log"
    ),
    r"event_triggers|session_replication_role|row_security|lo_compat_privileges|allow_\w+|role|search_path": (
        "what a login may do"
    ),
    r"(local|session)_preload\w*|dynamic_library_path|extension_control_path|jit_provider|archive\w*|restore\w*": (
        "which code the server runs"
    ),
    r"wal\w*|m(ax|in)_wal\w*|checkpoint\w*|fsync|synchronous\w*|full_page_writes|max_(slot|replication|notify)\w*": (
        "how much the server's own files take"
    ),
}
"""What may not, by what it decides."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def check_settings(declared: Mapping[str, Value] | None) -> dict[str, str]:
    """Return declared settings as the server's configuration has them.

    Whether the server takes a value, it says itself when it starts.

    Raises:
        DeclarationError: A setting is one of the run's locks, is unknown here, or has a value that is none.
    """
    if declared is not None and not isinstance(declared, Mapping):
        raise DeclarationError(f"The settings are {declared!r}; they are declared by name, as {{'work_mem': '64MB'}}.")
    settings = {_check_name(name): value for name, value in (declared or {}).items()}
    libraries = check_libraries(settings.pop(PRELOADED, None))
    for name in settings:
        if (library := library_of(name)) and library not in libraries:
            raise DeclarationError(
                f"The setting {name!r} is of the library {library!r}, which is not loaded. Declare the setting "
                f"'{PRELOADED}' with it, too."
            )
    texts = {name: _text(name, value) for name, value in settings.items()}
    return {**texts, **({PRELOADED: ",".join(libraries)} if libraries else {})}


def _check_name(name: object) -> str:
    known = name.lower() if isinstance(name, str) else ""
    if known == PRELOADED or library_of(known) or (_NAME.fullmatch(known) and FREE.fullmatch(known)):
        return known
    decides = next((what for names, what in _LOCKS.items() if re.fullmatch(names, known)), "")
    if decides:
        raise DeclarationError(
            f"The setting {name!r} decides {decides}: it is one of the run's locks and cannot be declared."
        )
    raise DeclarationError(
        f"The setting {name!r} is none that a run can declare: those of memory, planner, vacuum, limits, time-outs, "
        f"formats and of libraries in '{PRELOADED}' can be."
    )


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float) or (isinstance(value, str) and value.isprintable()):
        return str(value)
    raise DeclarationError(f"The setting {name!r} has the value {value!r}; it is a number, a truth value or one line.")


ROLES_OWN = re.compile(r"role|row_security|client_encoding|client_min_messages|application_name")
"""What a role may set for its own sessions beside: no lock of the run's, since each session may set it anyway."""


def check_role_settings(declared: object, where: str) -> dict[str, str]:
    """Return the declared settings of a role's sessions.

    Args:
        declared: By name.
        where: Whose they are, such as ``Role 'reader'``.

    Raises:
        DeclarationError: A setting is one of the run's locks, is unknown here, or has a value that is none.
    """
    if declared is None:
        return {}
    if not isinstance(declared, Mapping):
        raise DeclarationError(f"{where} has the settings {declared!r}; they are declared by name.")
    found = {}
    for name, value in declared.items():
        known = name.lower() if isinstance(name, str) else ""
        if known == "search_path":
            raise DeclarationError(f"{where} has the setting 'search_path'; declare `search_path`, a list of schemas.")
        custom = re.fullmatch(r"[a-z_]\w*(\.[a-z_]\w*)+", known)  # manual, 19.16
        found[known if custom or ROLES_OWN.fullmatch(known) else _check_name(name)] = _text(name, value)
    return found

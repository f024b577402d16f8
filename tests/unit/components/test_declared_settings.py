"""Settings of the server: those that change how it works can be declared, and those that are a lock cannot."""

from typing import Any

import pytest

from components.declared.errors import DeclarationError
from components.declared.settings import check_settings
from components.postgresql.bootstrap import cluster_script
from components.postgresql.config import SETTINGS, settings_file

OWN = {"max_connections", "max_locks_per_transaction", "shared_buffers"}
"""Settings of ours that are no lock."""


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("work_mem", "64MB", "64MB"),
        ("Work_Mem", "64MB", "64MB"),
        ("enable_seqscan", False, "off"),
        ("jit", True, "on"),
        ("random_page_cost", 1.1, "1.1"),
        ("max_parallel_workers_per_gather", 4, "4"),
        ("max_locks_per_transaction", 1024, "1024"),
        ("statement_timeout", "30s", "30s"),
        ("TimeZone", "Europe/Vienna", "Europe/Vienna"),
        ("log_min_duration_statement", "250ms", "250ms"),
        ("log_lock_waits", True, "on"),
        ("track_io_timing", True, "on"),
        ("track_commit_timestamp", True, "on"),
        ("huge_pages", "try", "try"),
    ],
)
def test_a_setting(name: str, value: Any, text: str) -> None:
    assert check_settings({name: value}) == {name.lower(): text}


@pytest.mark.parametrize("name", sorted({*SETTINGS} - OWN))
def test_none_of_the_locks_can_be_declared(name: str) -> None:
    for spelled in (name, name.upper()):
        with pytest.raises(DeclarationError, match="one of the run's locks"):
            check_settings({spelled: "off"})


@pytest.mark.parametrize(
    ("name", "decides"),
    [
        ("ssl_ciphers", "who reaches the server"),
        ("port", "who reaches the server"),
        ("hba_file", "which files"),
        ("scram_iterations", "how people log in"),
        ("log_parameter_max_length_on_error", "what stands in the log"),
        ("log_min_error_statement", "what stands in the log"),
        ("lc_messages", "what stands in the log"),
        ("debug_print_parse", "what stands in the log"),
        ("event_triggers", "what a login may do"),
        ("session_replication_role", "what a login may do"),
        ("lo_compat_privileges", "what a login may do"),
        ("allow_system_table_mods", "what a login may do"),
        ("session_preload_libraries", "which code"),
        ("archive_command", "which code"),
        ("min_wal_size", "how much the server's own files take"),
    ],
)
def test_what_would_weaken_a_lock(name: str, decides: str) -> None:
    with pytest.raises(DeclarationError, match=f"'{name}' decides {decides}"):
        check_settings({name: "on"})


@pytest.mark.parametrize(
    "name",
    [
        "",
        "no_such_setting",
        "work_mem\nssl",
        "a b",
        "auto_explain.log_parameter_max_length",
        "pgaudit.log_parameter",
        7,
    ],
)
def test_an_unknown_setting(name: Any) -> None:
    with pytest.raises(DeclarationError, match="none that a run can declare"):
        check_settings({name: "on"})


@pytest.mark.parametrize("value", ["64MB'\nssl = 'off", "a\0b", None, ["64MB"]])
def test_a_value_that_is_none(value: Any) -> None:
    with pytest.raises(DeclarationError, match="a number, a truth value or one line"):
        check_settings({"work_mem": value})


def test_a_declared_setting_comes_before_ours_and_is_quoted() -> None:
    lines = settings_file(check_settings({"shared_buffers": "1GB", "lc_time": "it's \\ here"})).splitlines()
    assert [line for line in lines if line.startswith("shared_buffers")] == ["shared_buffers = '1GB'"]
    assert "lc_time = 'it''s \\\\ here'" in lines
    assert "ssl = 'on'" in lines


@pytest.mark.parametrize("value", ["pg_stat_statements, auto_explain", ["pg_stat_statements", "auto_explain"]])
def test_libraries_that_are_known_may_be_loaded_and_set(value: Any) -> None:
    declared = check_settings({"shared_preload_libraries": value, "Auto_Explain.Log_Analyze": True})
    assert declared == {
        "shared_preload_libraries": "pg_stat_statements,auto_explain",
        "auto_explain.log_analyze": "on",
    }
    lines = settings_file(declared).splitlines()
    assert "auto_explain.log_parameter_max_length = '0'" in lines, "data is no business of a log"


@pytest.mark.parametrize("value", ["no_such", "/tmp/mine.so", ["pg_stat_statements", 7], "pg_stat_statements,"])
def test_libraries_that_are_not_known(value: Any) -> None:
    with pytest.raises(DeclarationError, match=r"names .* known are auto_explain, "):
        check_settings({"shared_preload_libraries": value})


@pytest.mark.parametrize("value", [7, {"pgaudit": 1}])
def test_libraries_that_are_no_names(value: Any) -> None:
    with pytest.raises(DeclarationError, match="it is a list, or names with commas"):
        check_settings({"shared_preload_libraries": value})


def test_a_library_twice() -> None:
    with pytest.raises(DeclarationError, match="names a library twice"):
        check_settings({"shared_preload_libraries": "pgaudit,pgaudit"})


def test_a_setting_of_a_library_that_is_not_loaded() -> None:
    with pytest.raises(DeclarationError, match=r"'cron\.timezone' is of the library 'pg_cron', which is not loaded"):
        check_settings({"cron.timezone": "UTC", "shared_preload_libraries": "pgaudit"})


def test_no_library_sees_the_admins_passwords() -> None:
    script = cluster_script("app", (), "x", settings={"shared_preload_libraries": "pg_stat_statements,pgaudit"})
    assert 'ALTER ROLE "leasehold_admin" SET "pg_stat_statements"."track" = \'none\';' in script
    assert 'ALTER ROLE "leasehold_admin" SET "pgaudit"."log" = \'none\';' in script
    assert "pg_stat_statements" not in cluster_script("app", (), "x")

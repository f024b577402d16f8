"""The plugin's options: flags of one session, and lines of ``pytest.ini`` or ``pyproject.toml`` for all of them."""

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ..contract import ENGINE_VARIABLE
from ..engines.current import ENGINES, check
from ..errors import LeaseholdError
from ..runs import names
from ..runs.waiting import is_wanted

SCOPES = ("function", "module", "session")
VERDICTS = ("fail", "warn", "off")
SHORT_NAMES = "leasehold_short_names"
ALLOW_LIST = "leasehold-allow.toml"
MARKER = "expect_denial"
POOL_IDLE = 1800
"""So long a keeper goes on while nobody asks, in seconds."""
MOST_READY = 16
"""So many runs one keeper keeps ready at most: each has servers, and storage in memory."""


@dataclass(frozen=True)
class Options:
    """What a session was asked for.

    Attributes:
        run: Name of a run to reuse, or to create and keep; empty for one of the session's own.
        keep: Whether the session's own run is kept.
        keep_failed: Whether the databases of tests that fail are kept, and the run with them.
        program: ``module:function`` or project folder; empty for the current folder's project.
        migrations: Folder of SQL files, such a file, or ``module:function`` taking a lease; empty for none.
        migrator: Role that runs them.
        scope: How long a database lives: for a test, a module or the session.
        audit: Whether roles are audited at the end.
        term: How long the run may live, in seconds; None for what its program says.
        denials: What an unexpected denial does to its test: ``fail`` it, ``warn``, or ``off`` for nothing.
        allowed: File with denials that are allowed for a while.
        report: Folder for reports of denials; empty for none.
        migrate_command: A command that migrates, in place of `migrations`; empty for none.
        migration_files: Files and folders that the command reads, relative to pytest's root.
        migrate_env: Templates of variables for it, each ``NAME=TEMPLATE``.
        password_in_environment: Whether the command finds the password there.
        wait: Whether the session's end waits until its own run is destroyed.
        ahead: Whether databases and logins are made while the test before runs.
        pool: How many runs are kept ready for sessions such as this one; 0 for none that this one asks for.
        pool_idle: How long a keeper of them goes on while nobody asks, in seconds; 0 for ever.
        shared_pool: The pool of the cluster's that the session takes its run from; empty for none.
    """

    run: str
    keep: bool
    keep_failed: bool
    program: str
    migrations: str
    migrator: str
    scope: str
    audit: bool
    term: int | None
    denials: str
    allowed: str
    report: str
    migrate_command: str = ""
    migration_files: tuple[str, ...] = ()
    migrate_env: tuple[str, ...] = ()
    password_in_environment: bool = False
    wait: bool = False
    ahead: bool = True
    pool: int = 0
    pool_idle: int = POOL_IDLE
    shared_pool: str = ""

    @classmethod
    def parse(cls, told: Mapping[str, Any]) -> "Options":
        """Read what `asdict` gave, from JSON."""
        lists = {name: tuple(told[name]) for name in ("migration_files", "migrate_env")}
        return cls(**{**told, **lists})


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("leasehold", "a run per session, a database and leases per test")
    group.addoption("--leasehold-run", metavar="NAME", help="reuse the run of this name; create and keep it if need be")
    group.addoption("--leasehold-keep", action="store_true", help="keep the session's run until its term ends")
    group.addoption(
        "--leasehold-keep-failed", action="store_true", help="keep the databases of tests that fail, to look at them"
    )
    group.addoption(
        "--leasehold-wait", action="store_true", help="wait at the end until the session's own run is destroyed"
    )
    group.addoption("--leasehold-program", metavar="PROGRAM", help="module:function or project folder of the run")
    group.addoption("--leasehold-engine", choices=sorted(ENGINES), help="engine on which runs are made")
    group.addoption("--leasehold-database-scope", choices=SCOPES, help="how long a database lives (default: function)")
    group.addoption("--leasehold-no-audit", action="store_true", help="do not audit what roles can do at the end")
    group.addoption("--leasehold-denials", choices=VERDICTS, help="what an unexpected denial does (default: fail)")
    group.addoption("--leasehold-report", metavar="DIR", help="write reports of denials into this folder")
    parser.addini("leasehold_denials", "what an unexpected denial does: fail, warn or off", default="fail")
    parser.addini("leasehold_allow", "file with denials that are allowed for a while", default=ALLOW_LIST)
    parser.addini("leasehold_report", "folder for reports of denials")
    parser.addini("leasehold_audit", "whether roles are audited at the end of a session", type="bool", default=True)
    parser.addini("leasehold_run", "reuse the run of this name; create and keep it if need be")
    parser.addini("leasehold_program", "module:function or project folder of the run")
    parser.addini("leasehold_engine", f"engine on which runs are made, where {ENGINE_VARIABLE} names none")
    parser.addini("leasehold_migrations", "folder of SQL files, such a file, or module:function taking a lease")
    parser.addini("leasehold_migrate_command", "command that migrates, with a lease as its environment; no shell")
    parser.addini("leasehold_migration_files", "files and folders that the command reads", type="args", default=[])
    parser.addini(
        "leasehold_migrate_env", "more variables for it, a line NAME=TEMPLATE each", type="linelist", default=[]
    )
    parser.addini(
        "leasehold_password_in_environment",
        "give the command PGPASSWORD, which other processes of this user can read, in place of PGPASSFILE",
        type="bool",
        default=False,
    )
    parser.addini("leasehold_migrator", "role that runs the migrations", default="migrator")
    parser.addini("leasehold_database_scope", "function, module or session", default="function")
    parser.addini(
        "leasehold_wait",
        "whether the end waits until the session's own run is destroyed (default: where CI is set)",
        type="bool",
        default=None,
    )
    parser.addini(
        "leasehold_ahead",
        "whether the next tests' databases and logins are made while one runs",
        type="bool",
        default=True,
    )
    group.addoption("--leasehold-pool", metavar="N", help="keep so many runs ready, behind the session, for the next")
    group.addoption("--leasehold-keep-pool", metavar="N", help=argparse.SUPPRESS)  # what `leasehold pool` runs
    group.addoption("--leasehold-pool-idle", metavar="S", help=argparse.SUPPRESS)
    parser.addini("leasehold_pool", "how many runs are kept ready for the next sessions", default="0")
    parser.addini(
        "leasehold_pool_idle", "how long they are kept ready if nobody asks, in seconds", default=str(POOL_IDLE)
    )
    group.addoption(
        "--leasehold-shared-pool", metavar="NAME", help="take the run from the pool of this name, in a cluster"
    )
    parser.addini("leasehold_shared_pool", "take the run from the pool of this name, which jobs share, in a cluster")
    parser.addini("leasehold_term", "how long the run may live, in seconds")
    parser.addini(
        SHORT_NAMES, "also give fixtures without their prefix: connect, lease, ...", type="bool", default=False
    )


def engine_of(config: pytest.Config) -> str:
    """Return the engine that a flag names, or else the user's variable, or a line; empty if nothing does.

    Raises:
        pytest.UsageError: There is no such engine.
    """
    named = config.getoption("leasehold_engine") or os.environ.get(ENGINE_VARIABLE) or config.getini("leasehold_engine")
    try:
        return check(str(named)) if named else ""
    except LeaseholdError as error:
        raise pytest.UsageError(str(error)) from None


def allow_list_file(config: pytest.Config, settings: Options) -> Path | None:
    """Return the file with the denials that are allowed; None where none is named and there is none of its usual name.

    Args:
        config: Pytest's.
        settings: What the session was asked for.
    """
    path = config.rootpath / settings.allowed
    return path if path.exists() or settings.allowed != ALLOW_LIST else None


def options(config: pytest.Config) -> Options:
    """Return what this session was asked for; flags come before lines.

    Raises:
        pytest.UsageError: A line cannot be understood.
    """
    scope = config.getoption("leasehold_database_scope") or config.getini("leasehold_database_scope")
    if scope not in SCOPES:
        raise pytest.UsageError(f"leasehold_database_scope is {scope!r}; it can be {', '.join(SCOPES)}.")
    denials = config.getoption("leasehold_denials") or config.getini("leasehold_denials")
    if denials not in VERDICTS:
        raise pytest.UsageError(f"leasehold_denials is {denials!r}; it can be {', '.join(VERDICTS)}.")
    term = str(config.getini("leasehold_term") or "")
    if term and not term.isdigit():
        raise pytest.UsageError(f"leasehold_term is {term!r}; it is a whole number of seconds.")
    return Options(
        run=str(config.getoption("leasehold_run") or config.getini("leasehold_run") or ""),
        keep=bool(config.getoption("leasehold_keep")),
        keep_failed=bool(config.getoption("leasehold_keep_failed")),
        program=str(config.getoption("leasehold_program") or config.getini("leasehold_program") or ""),
        migrations=str(config.getini("leasehold_migrations") or ""),
        migrate_command=str(config.getini("leasehold_migrate_command") or ""),
        migration_files=tuple(config.getini("leasehold_migration_files")),
        migrate_env=tuple(config.getini("leasehold_migrate_env")),
        password_in_environment=bool(config.getini("leasehold_password_in_environment")),
        migrator=str(config.getini("leasehold_migrator")),
        scope=str(scope),
        ahead=bool(config.getini("leasehold_ahead")),
        pool=number(_asked(config, "leasehold_pool"), "leasehold_pool", MOST_READY),
        pool_idle=number(_asked(config, "leasehold_pool_idle"), "leasehold_pool_idle"),
        shared_pool=_pool_name(_asked(config, "leasehold_shared_pool")),
        audit=bool(config.getini("leasehold_audit")) and not config.getoption("leasehold_no_audit"),
        term=int(term) if term else None,
        denials=str(denials),
        allowed=str(config.getini("leasehold_allow")),
        wait=is_wanted(True if config.getoption("leasehold_wait") else config.getini("leasehold_wait")),
        report=str(config.getoption("leasehold_report") or config.getini("leasehold_report") or ""),
    )


def _asked(config: pytest.Config, name: str) -> Any:
    """Return what a flag says, or else a line."""
    return config.getoption(name) or config.getini(name)


def _pool_name(given: Any) -> str:
    """Return the name of a pool that was asked for; empty for none.

    Raises:
        pytest.UsageError: It cannot be one.
    """
    try:
        return names.check(str(given)) if given else ""
    except LeaseholdError as error:
        raise pytest.UsageError(f"leasehold_shared_pool: {error}") from None


def number(given: Any, name: str, most: int | None = None) -> int:
    """Return a whole number that was asked for; 0 for nothing.

    Raises:
        pytest.UsageError: It is none, or more than there may be.
    """
    text = str(given or 0)
    if not text.isdigit() or (most is not None and int(text) > most):
        raise pytest.UsageError(f"{name} is {text!r}; it is a whole number{'' if most is None else f' up to {most}'}.")
    return int(text)

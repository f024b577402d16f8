"""The database server's configuration: ``postgresql.conf`` and ``pg_hba.conf``."""

from collections.abc import Mapping

from leasehold.contract import ADMIN, LOGS

from ..declared.libraries import PRELOADED, locked
from ..servers.logs import FILE_SIZE
from ..servers.start import CERTIFICATE, DATABASE_KEY

OWN_SIZE = 1024
"""Size of the storage of what is no database, in MiB. It is in memory, and takes what is used: 20, and what the log of
changes has."""

SETTINGS = {
    "listen_addresses": "*",
    "unix_socket_directories": "/var/run/postgresql",
    "password_encryption": "scram-sha-256",
    "ssl": "on",
    "ssl_cert_file": CERTIFICATE,
    "ssl_key_file": DATABASE_KEY,
    "ssl_min_protocol_version": "TLSv1.3",
    # Every refusal must be attributable: who, from where, to which database, with which SQLSTATE. Logins are logged
    # too, which each version calls by its own name (versions.py).
    # The audit tells from them which grants no test needed.
    "log_statement": "all",
    # Of what was bound to a statement nothing: data is no business of a log.
    "log_parameter_max_length": "0",
    # Each clone that is made or dropped is several, two lines each, and they refuse nobody.
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    # A record is one line of JSON: nothing that a client chooses, its name included, can pass for another record.
    # All of them go through one pipe to one writer, in the order in which they came about (manual, 19.8.1).
    "log_destination": "jsonlog",
    "logging_collector": "on",
    "log_directory": LOGS,
    "log_filename": "%Y%m%dT%H%M%S.log",  # ends in .json for this kind of log
    "log_file_mode": "0600",
    "log_rotation_age": "0",
    "log_rotation_size": f"{FILE_SIZE}MB",
    # The data ends with the run, so durability would only cost time.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    # A full write-ahead log ends the server, so it stays well inside its storage: a checkpoint begins at a quarter of
    # that and takes no longer than it must, nobody can have more kept (manual, 28.5), and nothing else there grows.
    "max_wal_size": f"{OWN_SIZE // 4}MB",
    "checkpoint_completion_target": "0",
    "wal_keep_size": "0",
    "max_replication_slots": "0",
    # Thousands of tables are made in one transaction: each takes three or four of these.
    "max_locks_per_transaction": "256",
    "max_connections": "200",
    "shared_buffers": "64MB",
}
"""What differs from PostgreSQL's defaults, and why."""


def settings_file(declared: Mapping[str, str] | None = None) -> str:
    """Return ``postgresql.conf``.

    Args:
        declared: Checked settings that come before ours.
    """
    declared = declared or {}
    settings = {**SETTINGS, **declared, **dict(locked(declared.get(PRELOADED, "")))}
    return "".join(f"{name} = '{_quoted(value)}'\n" for name, value in settings.items())


def _quoted(value: str) -> str:
    """Quote a value as the file has it (PostgreSQL 18 manual, 19.1.2; a backslash begins an escape)."""
    return value.replace("\\", "\\\\").replace("'", "''")


# First match decides (PostgreSQL 18 manual, 20.1): no line trusts anybody, and what matches none is refused.
_HBA = """\
# TYPE   DATABASE  USER      ADDRESS  METHOD
local    all       postgres           peer
local    all       all                reject
host     all       postgres  all      reject
hostssl  all       {admin}   {neighbours}  scram-sha-256
hostssl  all       all       {neighbours}  scram-sha-256
"""


def hba_file(neighbours: str = "samenet") -> str:
    """Return ``pg_hba.conf``.

    Args:
        neighbours: From which addresses logins are taken, as the file calls them: those of the inner network.
    """
    return _HBA.format(admin=ADMIN, neighbours=neighbours)

"""Facts that the components and the harness share: labels, names, ports, limits, logins. Each stands here alone.

This module imports nothing, so that both sides can import it.
"""

import hashlib
import re

CONTRACT = 1
"""The contract's version. One more, whenever a run that was made before would not do for those who use it."""

# Labels of every resource of a run.
LABEL_PREFIX = "dev.leasehold."
RUN_LABEL = f"{LABEL_PREFIX}run"
OWNER_LABEL = f"{LABEL_PREFIX}owner"
EXPIRES_LABEL = f"{LABEL_PREFIX}expires"
NAME_LOCK_LABEL = f"{LABEL_PREFIX}claim"
"""Id of the name lock under which a run was made. Plain Pulumi's runs have none."""
HOST_LABEL = f"{LABEL_PREFIX}host"
"""The address, or name, at which whoever made a run reaches what its gateway publishes."""
PUBLISHED_LABEL = f"{LABEL_PREFIX}published"
"""The address of the engine's host on which it publishes that."""
PART_LABEL = f"{LABEL_PREFIX}part"
"""What a resource is that joins a run for a while."""

# Settings of a stack, as ``<namespace>:<key>``.
SETTINGS = "leasehold"
NAME_LOCK_KEY, TERM_KEY, SIGNING_KEY, TRUSTED_KEY = "claim", "term", "authority", "trusted"
NAME_LOCK_SETTING = f"{SETTINGS}:{NAME_LOCK_KEY}"
"""Id of the name lock; the components put it on every label."""
TERM_SETTING = f"{SETTINGS}:{TERM_KEY}"
"""How long the run may live, in seconds; it comes before what the program declares."""
SIGNING_SETTING = f"{SETTINGS}:{SIGNING_KEY}"
"""Generation of the certificate authority that signs; 1 when not set."""
TRUSTED_SETTING = f"{SETTINGS}:{TRUSTED_KEY}"
"""Oldest generation that is trusted; the one that signs, when not set."""

# Names and terms of runs.
MAX_NAME_LENGTH = 40
"""Longest run name, in characters: with our prefix and suffix it stays within a DNS label (RFC 1035, 63)."""
RUN_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
"""What a run's name is made of."""
MAX_TERM = 24 * 3600
"""Longest term of a run, in seconds."""
DEFAULT_TERM = 3600
"""Term of a run that declares none, in seconds."""

# Which engine runs stand on.
ENGINE_VARIABLE = "LEASEHOLD_ENGINE"
ENGINE_KEY = "engine"
ENGINE_SETTING = f"{SETTINGS}:{ENGINE_KEY}"
DEFAULT_ENGINE, KUBERNETES = "docker", "kubernetes"
ENGINES_OWN = "DOCKER_"
"""Begins variables by which an engine is found."""

# Parts of a run: its servers, and its networks.
DATABASE, BROKER, GATEWAY = "database", "broker", "gateway"
SERVERS = (DATABASE, BROKER, GATEWAY)
INNER, EDGE = "inner", "edge"
"""The network without a way out, and the one on which the gateway is reached."""
DATABASE_PORT = 5432
BROKER_PORT = 8200
FILES = "/leasehold"
"""Folder of a server's files, which its own user may read and write; in a cluster it is in memory."""
LOGS = "/tmp/leasehold-logs"  # noqa: S108 - in a server's own file system, made for its user alone
"""Folder of a server's log."""
KEPT = f"{LOGS}/connections.kept"
"""File with what is kept of files of the database's log that were removed: who came from where."""
STORAGE = "/var/lib/postgresql"
"""Where the databases are. It is a folder that the image gives to the server's user (``postgres:18``'s volume)."""
CLONES_SINCE = 18
"""First version of PostgreSQL that has files cloned where it copies a database: a kernel copies them by itself then
and a file system with reflinks (btrfs, XFS) shares their blocks (PostgreSQL 18 manual, file_copy_method)."""
DATABASES = f"{STORAGE}/base"
"""Folder of the databases, a folder of each by its oid (PostgreSQL 18 manual, 66.1)."""
OWN_STORAGE = f"{STORAGE}/own"
"""Where the database server keeps what is no database: the write-ahead log, logins, which transactions committed. In
memory it is storage of its own, so that a database that fills theirs ends no server: only its own statements fail."""
DATA = f"{OWN_STORAGE}/data"
"""The server's data folder."""

# Logins that are no leases of declared roles.
TEMPLATE_ADMIN = "leasehold_template_admin"
"""The test harness's own role: makes and drops clones of the run's database."""
END_SESSIONS = "leasehold.end_sessions"
"""The function by which it ends the sessions in a clone, where there are static logins."""
ADMIN = "leasehold_admin"
"""The broker's login to the database: makes and drops leases, and nothing else."""
OPERATOR = "leasehold_operator"
"""The login that rotates the admin's password and ends leases. It has no lease of its own."""
ORCHESTRATOR = "leasehold_orchestrator"
"""The harness's login: it has single-use logins of roles made (Vault manual, AppRole usage best practices: trusted
orchestrator)."""
PROVISIONER = "provisioner"
"""The login that sets the broker up."""
RESERVED_PREFIX = "leasehold_"
"""Begins the names of our own logins; no declared role has such a name."""

# What PUBLIC may have revoked of PostgreSQL's own default, as it is declared.
TEMPORARY, USE_PUBLIC = "TEMPORARY", "USAGE ON SCHEMA public"
ROUTINES, TYPES = "EXECUTE ON ROUTINES", "USAGE ON TYPES"

# The broker's paths and names.
DATABASE_MOUNT = "database"
CONNECTION = "run"
ROTATE_ADMIN = f"{DATABASE_MOUNT}/rotate-root/{CONNECTION}"
REVOKE = "sys/leases/revoke"
LEASE_POLICY = "lease-"
"""Begins the names of policies, one a role."""
LEASE_SUFFIX = "_[a-z0-9]{16}"
"""Ends a lease's user name, after what the broker calls its role. Nobody has to quote such a name."""
LEASE_NAME = f"[a-z][a-z0-9_]*{LEASE_SUFFIX}"
"""A lease's whole user name. No declared role has one."""
LARGE_OBJECT_MAKERS = {"lo_creat": "int", "lo_create": "oid", "lo_from_bytea": "oid, bytea"}
"""What makes large objects, by name, with its arguments (PostgreSQL 18 manual, 33.4). Whoever reads from files of the
server's is a superuser."""
CLIENT_HEADER = "X-Leasehold-Client"
"""Header of a request to the broker that its audit log shows: for which test it was made."""


def resource_name(run: str, part: str) -> str:
    """Return the physical name of one part of a run."""
    return f"leasehold-{run}-{part}"


_PLAIN_ROLE = re.compile(r"[a-z][a-z0-9_]{0,29}")


def broker_name(role: str) -> str:
    """Return what the broker calls a role, and what its leases' logins begin with: its own name if that is plain, of
    `a-z`, `0-9` and `_` and at most 30 characters; else what is plain of it, and a checksum."""
    if _PLAIN_ROLE.fullmatch(role):
        return role
    plain = re.sub(r"[^a-z0-9]+", "_", role.lower()).strip("_")[:20]
    return f"r_{plain}_{hashlib.sha256(role.encode()).hexdigest()[:6]}"

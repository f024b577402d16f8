"""Errors that users meet. Each says what happened, what it means and what to do."""

from collections.abc import Iterator


def within(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that it came from.

    That is its causes, the members of a group, and what libraries keep of another's: SQLAlchemy in ``orig``, requests
    and urllib3 among the arguments.
    """
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [getattr(one, "orig", None), one.__cause__, one.__context__, *one.args]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions


class LeaseholdError(Exception):
    """Base of all of Leasehold's errors.

    Attributes:
        exit_code: What a command of ours exits with; 2 is wrong usage.
    """

    exit_code = 1


class OutputsError(LeaseholdError):
    """A stack's outputs do not fit the contract."""


class OtherVersionError(OutputsError):
    """Another version of Leasehold made a run, which does not fit this one."""


class BrokerError(LeaseholdError):
    """The broker refused a request, or did not answer."""

    exit_code = 7


class DatabaseError(LeaseholdError):
    """A test's database could not be made or dropped."""


class MigrationError(DatabaseError):
    """A migration was refused, or it is not known what runs."""


class AuditError(LeaseholdError):
    """A role can do more, or less, than was declared."""

    exit_code = 10


class LeakError(LeaseholdError):
    """A secret stands somewhere in plaintext."""

    exit_code = 11


class NetworkError(LeaseholdError):
    """A connection is possible that was not declared, or one that was declared is not."""

    exit_code = 12


class UnknownRoleError(LeaseholdError):
    """The run declares no role of that name."""

    exit_code = 6


class EngineError(LeaseholdError):
    """The engine that runs stand on cannot be reached, or fails."""

    exit_code = 8


class LogError(LeaseholdError):
    """A server's log cannot be read to the end, so it is unknown what was refused."""


class LogCutError(LogError):
    """A server's log was cut before it was read."""


class RunError(LeaseholdError):
    """A run could not be created, found or destroyed."""


class RunExistsError(RunError):
    """There is a run of that name already."""

    exit_code = 4


class RunNotFoundError(RunError):
    """There is no run of that name."""

    exit_code = 3


class NotOursError(RunError):
    """What has the run's name cannot be proven to be a run of ours, and was left alone."""

    exit_code = 13


class RunBusyError(RunError):
    """Another process is creating, changing or destroying the run."""

    exit_code = 5


class LeftBehindError(RunError):
    """Something of a destroyed run is still there."""

    exit_code = 9

from pulumi.automation import CommandError

from leasehold.pulumi.diagnostics import diagnostics

STDOUT = """Updating (x):
Diagnostics:
  pulumi:pulumi:Stack (leasehold-x):
    error: The run's name cannot be used.

    error: an unhandled error occurred: program exited with non-zero exit code: 1

Resources:
    1 errored
"""


class Failed(CommandError):
    def __init__(self, text: str) -> None:
        Exception.__init__(self, text)


def test_a_person_reads_pulumis_diagnostics_and_nothing_around_them() -> None:
    assert diagnostics(Failed(f"code: 255\nstdout: {STDOUT}\nstderr: ")) == "The run's name cannot be used."


def test_without_diagnostics_it_is_the_standard_error() -> None:
    assert diagnostics(Failed("code: 255\nstdout: \nstderr: no such backend\n")) == "no such backend"

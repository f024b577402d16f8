"""What a person reads when Pulumi has failed: the cause, once, what to do, and where all of the output is."""

import re
import stat
from pathlib import Path

import pytest
from pulumi.automation import CommandError

from leasehold import paths
from leasehold.pulumi.diagnostics import KEPT, diagnostics


class Failed(CommandError):
    def __init__(self, text: str) -> None:
        Exception.__init__(self, text)


def printed(diagnosed: str, after: str = "Resources:\n    1 errored\n\nDuration: 5s\n") -> Failed:
    """Return an error as the Automation API has it, after a line of progress that repeats what went wrong."""
    progress = " +  pulumi:pulumi:Stack x creating (4s) error: something went wrong"
    return Failed(f"code: 255\n stdout: Updating (x):\n{progress}\nDiagnostics:\n{diagnosed}\n{after}\n stderr: \n")


def said(error: Failed) -> str:
    """Return what is told, without its last sentence, which names the file."""
    text, _, file = diagnostics(error, "x").rpartition(" All that Pulumi printed is in ")
    assert Path(file.removesuffix(".")).read_text() == str(error)
    return text


DECLARED = """  pulumi:pulumi:Stack (leasehold-x):
    error: The run's name cannot be used.

    error: an unhandled error occurred: program exited with non-zero exit code: 1
"""
RAISED = """  pulumi:pulumi:Stack (leasehold-x):
    error: python inline source runtime error: of my own
    Traceback (most recent call last):
      File "/x/.venv/lib/python3.11/site-packages/pulumi/automation/_server.py", line 95, in run
        loop.run_until_complete(run_in_stack(self.program))
               ^^^^^^^^^^^^^^^
      File "/home/ada/shop/infra.py", line 11, in declare
        raise RuntimeError("of my own")
      File "/usr/lib/python3.11/json/decoder.py", line 5, in decode
        raise
    RuntimeError: of my own
    error: an unhandled error occurred: python inline source runtime error: of my own
    Traceback (most recent call last):
      File "/home/ada/shop/infra.py", line 11, in declare
    RuntimeError: of my own
"""
FROM_A_FOLDER = """  pulumi:pulumi:Stack (leasehold-x):
    error: Program failed with an unhandled exception:
    Traceback (most recent call last):
      File "/home/ada/shop/__main__.py", line 3, in <module>
        import pulumi_dockr
    ModuleNotFoundError: No module named 'pulumi_dockr'
"""
PULLED = """  pulumi:pulumi:Stack (leasehold-x):
    error: update failed

  docker:index:Container (e-database-server):
    error:   sdk-v2/provider2.go:571: sdk.helper_schema: Unable to create container with image no/such:1: unable to pull
    error: 1 error occurred:
    \t* Unable to create container with image no/such:1: unable to pull: provider=docker@5.2.0

  docker:index:Container (e-broker-server):
    warning: this is no error
"""
TWO = """  vault:index:Mount (a):
    error: the first

  vault:index:Mount (b):
    error: the second
"""


@pytest.mark.parametrize(
    ("diagnosed", "told"),
    [
        (DECLARED, "The run's name cannot be used."),
        (RAISED, "The program raised RuntimeError: of my own (/home/ada/shop/infra.py, line 11)."),
        (
            FROM_A_FOLDER,
            "The program raised ModuleNotFoundError: No module named 'pulumi_dockr' "
            "(/home/ada/shop/__main__.py, line 3).",
        ),
        (PULLED, "Unable to create container with image no/such:1: unable to pull."),
        (TWO, "the first\nthe second."),
    ],
)
def test_the_cause_is_told_once_and_nothing_around_it(diagnosed: str, told: str) -> None:
    assert said(printed(diagnosed)) == told


def test_what_to_do_follows_the_cause() -> None:
    error = printed("  pulumi:pulumi:Stack (x):\n    error: incorrect passphrase\n")
    assert re.match("incorrect passphrase. The stack's secrets .* Set PULUMI_CONFIG_PASSPHRASE", said(error))
    assert "Name an image" in said(printed(PULLED.replace("unable to pull", "unable to pull image")))


INTERRUPTED = """  pulumi:pulumi:Stack (leasehold-x):
    error: Program failed with an unhandled exception:
    Traceback (most recent call last):
      File "/home/ada/bin/pulumi-language-python-exec", line 232, in <module>
        loop.run_until_complete(coro)
    KeyboardInterrupt
"""
REFUSED = """  x:Policy (x-{0}):
    error: policies "{0}" is forbidden: User "ada" cannot create resource "policies"
"""


def test_a_program_that_is_interrupted_is_no_cause() -> None:
    assert said(printed(INTERRUPTED + REFUSED.format("inner"))).startswith('policies "inner" is forbidden')
    assert "KeyboardInterrupt" in said(printed(INTERRUPTED))


def test_what_differs_by_names_alone_is_told_once_and_counted() -> None:
    told = said(printed("".join(map(REFUSED.format, ("inner", "closed", "gateway")))))
    assert told.startswith(
        'policies "inner" is forbidden: User "ada" cannot create resource "policies" (and 2 more like'
    )
    assert "closed" not in told


def test_without_diagnostics_it_is_the_standard_error() -> None:
    assert said(Failed("code: 255\nstdout: \nstderr: no such backend\n")) == "no such backend."


def test_a_traceback_that_ends_at_once() -> None:
    error = printed("  x:\n    error: Traceback (most recent call last):\n")
    assert diagnostics(error, "x").startswith("All that Pulumi printed is in ")


def test_files_are_their_owners_alone_and_few() -> None:
    for _ in range(KEPT + 3):
        diagnostics(printed(DECLARED), "x")
    files = list(paths.outputs_of_pulumi().iterdir())
    assert len(files) == KEPT
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}

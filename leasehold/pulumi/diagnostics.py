"""Errors of a failed Pulumi command: what went wrong, once each, with advice; all that it printed goes to a file."""

import re
from collections.abc import Iterator
from pathlib import Path

from pulumi import automation

from .. import paths
from ..clock import moment
from ..engines.current import current

KEPT = 20
"""How many files with what Pulumi printed are kept."""

_ECHOES = (
    "update failed",
    "an unhandled error occurred",
    "preview failed",
    "destroy failed",
    "Its network could not be made:",
)
"""Begins errors in which Pulumi, or a server of a run, repeats another."""

_INTERRUPTED = "The program raised KeyboardInterrupt"
_NAMED = re.compile(r'"[^"]*"')
_ERROR = re.compile(r"^ {4}error: +(.*)$")
_ENDS = re.compile(r"^\S|^ {2}\S.*:$|^ {4}(?:warning|info|debug): ")
_HOOK = re.compile(r'^(?:after|before) hook "[^"]*" failed: ')
_PROVIDERS_PLACE = re.compile(r"^(?:\S+\.go:\d+: |sdk\.helper_schema: )+")
_PROVIDER = re.compile(r": provider=\S+$")
_COUNT = re.compile(r"^\d+ errors? occurred: \* ")
_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')
_TRACEBACK = "Traceback (most recent call last):"

_ADVICE = {
    "incorrect passphrase": "The stack's secrets are encrypted with another passphrase. Set PULUMI_CONFIG_PASSPHRASE "
    "or PULUMI_CONFIG_PASSPHRASE_FILE to the one that it was made with.",
    "passphrase must be set": "Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE.",
    "no resource plugin": "Install it with `pulumi plugin install`; in a checkout, `make setup` does.",
}


def diagnostics(error: automation.CommandError, run: str) -> str:
    """Return what went wrong, what to do about it, and which file has all that Pulumi printed.

    Args:
        error: The failed command.
        run: The run's name.
    """
    text = str(error)
    said = "\n".join(_errors(text)) or text.rpartition("stderr:")[2].strip()
    advice = [current().advice(said), *(advice for words, advice in _ADVICE.items() if words in said)]
    sentence = said if not said or said.endswith((".", "!", "?")) else f"{said}."
    return " ".join(filter(None, [sentence, *advice, f"All that Pulumi printed is in {_kept(text, run)}."]))


def _errors(text: str) -> list[str]:
    """Return the errors among Pulumi's diagnostics, each once."""
    told: list[str] = []
    for paragraph in _paragraphs(text):
        said = _essence(paragraph)
        if said and not said.startswith(_ECHOES) and not any(said in other for other in told):
            told.append(said)
    # Pulumi interrupts a program when something else has failed.
    causes = [said for said in told if not said.startswith(_INTERRUPTED)]
    return list(_alike(causes or told))


def _alike(told: list[str]) -> Iterator[str]:
    """Yield the first of those that differ in what they name alone, and how many more there are."""
    kinds: dict[str, list[str]] = {}
    for said in told:
        kinds.setdefault(_NAMED.sub('""', said), []).append(said)
    for first, *more in kinds.values():
        yield f"{first} (and {len(more)} more like it)" if more else first


def _paragraphs(text: str) -> Iterator[list[str]]:
    """Yield the lines of each error below "Diagnostics:"."""
    lines: list[str] = []
    for line in text.partition("\nDiagnostics:\n")[2].splitlines():
        begins = _ERROR.match(line)
        if (begins or _ENDS.match(line)) and lines:
            yield lines
            lines = []
        if begins:
            lines = [begins[1]]
        elif lines:
            lines.append(line)
    if lines:
        yield lines


def _essence(lines: list[str]) -> str:
    """Return one error on one line; of a program's exception what was raised and where, without the way there."""
    for at, line in enumerate(lines):
        if _TRACEBACK in line:
            return _raised([one for one in lines[at + 1 :] if one.strip()])
    line = " ".join(" ".join(lines).split())
    return _PROVIDER.sub("", _COUNT.sub("", _PROVIDERS_PLACE.sub("", _HOOK.sub("", line))))


def _raised(trace: list[str]) -> str:
    if not trace:
        return ""
    frames = [frame for line in trace if (frame := _FRAME.search(line))]
    own = [frame for frame in frames if not re.search(r"site-packages|/lib/python\d", frame["file"])]
    last = next((at for at in reversed(range(len(trace))) if _FRAME.search(trace[at])), -1)
    indent = min(len(line) - len(line.lstrip()) for line in trace)
    words = [line.strip() for line in trace[last + 1 :] if len(line) - len(line.lstrip()) == indent]
    raised = " ".join(words) or trace[-1].strip()
    where = f" ({own[-1]['file']}, line {own[-1]['line']})" if own else ""
    return f"The program raised {raised}{where}."


def _kept(text: str, run: str) -> Path:
    """Write down what Pulumi printed, for its owner alone; return the file."""
    path = paths.outputs_of_pulumi() / f"{moment():%Y%m%dT%H%M%S.%f}.{run}.log"
    paths.write_atomically(path, text, 0o600)
    for old in sorted(path.parent.glob("*.log"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return path

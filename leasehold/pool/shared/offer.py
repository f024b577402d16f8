"""What a ready run offers: how it was made, where it is, and the harness's login to it.

It is no object of the engine's: it lies in memory of the run's broker, which knows the login anyway, and is put and
read by running commands there. Who may do that may use the run. The login goes with whoever takes it.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ...clock import steady
from ...contract import BROKER, FILES, resource_name
from ...engines.current import current
from ...errors import EngineError
from ...inputs import ProgramInputs
from ...outputs import Outputs

OFFER, LOGIN = f"{FILES}/pool.offer", f"{FILES}/pool.login"

# Each is a line, so that both sides know its end. A file is never there by half; the login is taken once, and is gone
# before it is told: the shell may be ended as soon as it has printed.
_PUT = (
    f"umask 077; IFS= read -r login && printf '%s\\n' \"$login\" >{LOGIN}.new && "
    f"IFS= read -r offer && printf '%s\\n' \"$offer\" >{OFFER}.new && "
    f"mv {LOGIN}.new {LOGIN} && mv {OFFER}.new {OFFER} && echo done"
)
_READ = f"read -r go; cat {OFFER} || echo"
_TAKE = (
    f"read -r go; mv {LOGIN} {LOGIN}.$$ && login=$(cat {LOGIN}.$$) && rm {LOGIN}.$$ {OFFER} && "
    "printf '%s\\n' \"$login\" || echo"
)
_PATIENCE = 60.0
"""How long a command may take, in seconds."""


@dataclass(frozen=True)
class Offer:
    """What may be known of a ready run before it is taken; no secret.

    Attributes:
        outputs: Its outputs, without the harness's login.
        inputs: What its program has read, relative to the checkout.
        shell: Fingerprints of the variables that decide about any program, in the keeper's shell.
        made: When it was ready, in seconds since the epoch.
        ends: When its term is over, in seconds since the epoch.
    """

    outputs: Mapping[str, Any]
    inputs: ProgramInputs
    shell: Mapping[str, str]
    made: float
    ends: float


def put(run: str, offer: Offer, login: str) -> None:
    """Put an offer into a run that is there.

    Args:
        run: The run's name.
        offer: The offer.
        login: The harness's login: the secret of it.

    Raises:
        EngineError: It could not be put there.
    """
    told = json.dumps(login), json.dumps(asdict(offer))
    if _run(run, _PUT, "".join(f"{one}\n" for one in told)) != "done":
        raise EngineError(f"Run {run!r} cannot be offered: nothing could be written into its broker's memory.")


def read(run: str) -> Offer | None:
    """Return what a run offers; None for nothing.

    Raises:
        EngineError: Its broker cannot be asked.
    """
    said = _run(run, _READ, "\n")
    if not said:
        return None
    told = json.loads(said)
    return Offer(**{**told, "inputs": ProgramInputs.parse(told["inputs"])})


def take(run: str, offer: Offer) -> Outputs | None:
    """Take the login out of a run, whose lock the caller holds; return the run's outputs with it, or None if it is not
    there.

    Raises:
        EngineError: Its broker cannot be asked.
    """
    said = _run(run, _TAKE, "\n")
    return Outputs.model_validate(with_login(offer.outputs, json.loads(said))) if said else None


def with_login(outputs: Mapping[str, Any], login: str) -> dict[str, Any]:
    """Return outputs, as JSON, with another secret of the harness's login."""
    return {**outputs, "orchestrator": {**outputs["orchestrator"], "secret_id": login}}


def _run(run: str, script: str, given: str) -> str:
    """Run a shell's script in a run's broker; return the line that it prints."""
    pipe = current().open_pipe(resource_name(run, BROKER), ["sh", "-c", script])
    said, ends = b"", steady() + _PATIENCE
    try:
        pipe.send(given.encode())
        while not said.endswith(b"\n") and (more := pipe.receive(max(0.1, ends - steady()))):
            said += more
    except OSError as error:  # a timeout, too
        raise EngineError(f"The broker of run {run!r} could not be asked what the run offers ({error}).") from None
    finally:
        pipe.close()
    return said.decode().strip()

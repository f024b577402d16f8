"""What a script prints in a running server, for whoever wants all of it at once."""

import secrets

from ..errors import EngineError
from .current import current
from .protocol import Pipe

# A pipe's command is silent until it is sent something. Its last word says that it came to its end, and how.
_WHOLE = 'read -r go && {{ {script}; }}; printf "\\n%s %s" {word} "$?"'


def output_of(server: str, script: str, *words: str, patience: float) -> str:
    """Run a shell's script in a server; return what it prints.

    Args:
        server: The server's name.
        script: What its shell runs.
        words: The script's arguments.
        patience: How long to wait for something, in seconds.

    Raises:
        EngineError: There is no such server, it does not run, it says nothing for so long, or the script did not come
            to its end, or failed.
    """
    pipe: Pipe | None = None
    said, word = b"", secrets.token_hex(8)
    try:
        pipe = current().open_pipe(server, ["sh", "-c", _WHOLE.format(script=script, word=word), "sh", *words])
        pipe.send(b"go\n")
        while piece := pipe.receive(patience):
            said += piece
    except OSError as error:
        raise EngineError(f"Server {server} does not tell what it was asked ({error}).") from None
    finally:
        if pipe:
            pipe.close()
    output, _, last = said.rpartition(b"\n")
    if last != f"{word} 0".encode():
        raise EngineError(f"Server {server} does not tell all that it was asked. Try again.")
    return output.decode(errors="replace")

"""A command in a running container, run to its end.

The library's own `exec_run` loses what a quick command prints: the engine's answer and the output are one stream, and
what comes with the answer's head stays in the buffer that the head was read through (docker-py, issues 2042 and 3332).
It loses the more, the slower the client is. So the command waits for a word, which is sent once the head is read.
"""

import secrets
import socket
from collections.abc import Mapping, Sequence
from typing import Any

import docker
from docker.models.containers import Container
from docker.utils.socket import consume_socket_output, frames_iter

# Nothing is run when the word does not come: then whoever asked is gone. The status is told in the stream, too: engines
# may not know it yet when the stream ends, and without it the output is known not to be whole.
_TOLD = '{{ read -r go && {{ "$@" </dev/null; printf "\\n%s %s" {word} "$?"; }}; }} {errors}'


def start(api: docker.APIClient, container: str, command: Sequence[str], **how: Any) -> tuple[Any, socket.socket]:
    """Start a command in a container; return its stream, which keeps the connection, and the connection itself.

    Args:
        api: The engine's.
        container: Its id, or its name.
        command: Program and arguments. It has to be silent until it is sent something.
        how: What else there is of `docker.APIClient.exec_create`.

    Raises:
        docker.errors.APIError: The container does not run, or the engine refuses.
    """
    made = api.exec_create(container, list(command), stdin=True, stdout=True, stderr=False, **how)
    stream: Any = api.exec_start(made["Id"], socket=True)
    return stream, getattr(stream, "_sock", stream)


def run(
    container: Container,
    command: Sequence[str],
    *,
    user: str = "",
    errors: bool = True,
    environment: Mapping[str, str] | None = None,
) -> tuple[int, bytes]:
    """Run a command in a container to its end, without standard input; return its exit status and what it wrote.

    Args:
        container: A running one, which has a shell.
        command: Program and arguments.
        user: Who runs it; the container's own user when empty.
        errors: Whether what it wrote to standard error is returned, too, in its order.
        environment: Variables beside the container's own.

    Raises:
        docker.errors.APIError: The container does not run, or the engine refuses.
        ConnectionError: It is not known how the command ended.
    """
    client: Any = container.client
    word = secrets.token_hex(8)
    script = _TOLD.format(word=word, errors="2>&1" if errors else "2>/dev/null")
    how = {"user": user, "environment": dict(environment or {})}
    stream, connection = start(client.api, str(container.id), ["sh", "-c", script, "sh", *command], **how)
    try:
        connection.sendall(b"go\n")
        written: bytes = consume_socket_output(data for _, data in frames_iter(stream, tty=False))  # type: ignore[no-untyped-call]
    finally:
        connection.close()
        stream.close()
    output, _, last = written.rpartition(b"\n")
    told, _, status = last.decode(errors="replace").partition(" ")
    if told != word or not status:
        raise ConnectionError(
            f"In container {container.name}, `{command[0]}` was cut short, and it is not known how far it came. Try "
            "again."
        )
    return int(status), output

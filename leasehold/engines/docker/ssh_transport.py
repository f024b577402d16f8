"""Requests to an engine over ssh: each connection is a process of ssh's, at the other end of a socket.

docker-py has such a transport; it needs paramiko, and its connections cannot be taken over for an exec. Over a socket
all works that works over the engine's own.
"""

import errno
import socket
import subprocess
import threading
from typing import Any

import docker
from docker.transport.unixconn import UnixHTTPAdapter, UnixHTTPConnection, UnixHTTPConnectionPool

from .ssh import engine_command, last_line

PLACEHOLDER = "unix:///ssh"
"""The address by which docker-py makes a client whose requests go through an adapter of ours."""

_LAST_WORDS = 5.0  # seconds that ssh has to end in, once it has closed its end


class _Socket(socket.socket):
    """The near end of an ssh process, which ends with it."""

    process: "subprocess.Popen[bytes]"

    def close(self) -> None:
        """Close it, once nobody reads from it any more."""
        super().close()
        if self.fileno() == -1:  # else a response is still being read
            self.process.terminate()


class _Connection(UnixHTTPConnection):
    """One connection."""

    def connect(self) -> None:
        near, far = socket.socketpair()
        with far:
            try:
                command, end = engine_command(self.unix_socket), far.fileno()
                process = subprocess.Popen(command, stdin=end, stdout=end, stderr=subprocess.PIPE)
            except OSError:
                near.close()
                raise
        made = _Socket(fileno=near.detach())
        made.process = process
        made.settimeout(self.timeout)
        self.sock, self._said = made, b""
        self._ends = threading.Thread(target=self._watch, args=(process,), daemon=True)
        self._ends.start()

    def getresponse(self) -> Any:
        try:
            return super().getresponse()
        except ConnectionError:
            self._ends.join(_LAST_WORDS)
            said = last_line(self._said.decode(errors="replace"))
            raise ConnectionAbortedError(errno.ECONNABORTED, f"ssh: {said}") from None

    def _watch(self, process: "subprocess.Popen[bytes]") -> None:
        """Read what ssh has to say, until it ends."""
        assert process.stderr  # noqa: S101 - for the type checker
        with process.stderr as stderr:
            for line in stderr:
                self._said = line
        process.wait()


class _Pool(UnixHTTPConnectionPool):
    def _new_conn(self) -> Any:
        return _Connection(self.base_url, self.socket_path, self.timeout)  # type: ignore[arg-type] # as its base does


class _Adapter(UnixHTTPAdapter):
    """One pool for all requests, so that the next takes the connection of the last; docker-py has a pool an address."""

    def __init__(self, url: str, timeout: int) -> None:
        super().__init__(PLACEHOLDER, timeout)
        self._pool = _Pool(url, url, timeout, maxsize=self.max_pool_size)

    def get_connection(self, url: str | bytes, proxies: Any = None) -> _Pool:
        return self._pool

    def close(self) -> None:
        self._pool.close()
        super().close()


def over_ssh(client: docker.APIClient, url: str) -> None:
    """Have a client's requests go over ssh.

    Args:
        client: It is made with `PLACEHOLDER` for its address.
        url: The engine's.
    """
    client.mount("http+docker://", _Adapter(url, client.timeout))

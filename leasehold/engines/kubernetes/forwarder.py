"""The process that forwards ports of this machine to a run's gateway, for as long as the run is there.

It is run as a module by `forward`, which hands on the sockets that listen, and the lock that says that it is there.
Each connection has a tunnel of its own, so one that breaks takes no other with it, and the next is made anew. It ends
when the gateway's Service is gone, or the run's term is over; until then it goes on however long the cluster cannot be
asked.
"""

import json
import math
import sys
import threading
import time
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from socket import IPPROTO_TCP, TCP_NODELAY, socket

from ...clock import now
from ...contract import EXPIRES_LABEL
from ...errors import EngineError
from .api import Api, Object, connect
from .names import labels_of, namespace_of, service_path
from .tunnel import carry, opened

PAUSE, LONG_PAUSE = 1.0, 30.0
"""Time between two looks at whether the run is there, and where the API does not remember enough, in seconds."""

WATCHED = 300.0
"""So long at most does one request watch it, in seconds."""


def main() -> None:
    """Forward as the one argument tells, in JSON: server, its Service's uid, files that go, and sockets by port."""
    told = json.loads(sys.argv[1])
    api, server = connect(), str(told["server"])
    for port, listening in told["listening"].items():
        accepting = socket(fileno=int(listening))
        threading.Thread(target=_accept, args=(api, server, accepting, int(port)), daemon=True).start()
    _until_gone(api, server, str(told["uid"]))
    for file in told["files"]:
        Path(file).unlink(missing_ok=True)


def _accept(api: Api, server: str, listening: socket, port: int) -> None:
    """Serve each connection in a thread of its own."""
    while True:
        with suppress(ConnectionError):  # whoever came is gone again
            local, _ = listening.accept()
            threading.Thread(target=_serve, args=(api, server, local, port), daemon=True).start()


def _serve(api: Api, server: str, local: socket, port: int) -> None:
    with local:
        local.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
        try:
            with closing(opened(api, (namespace_of(server), server), port)) as tunnel:
                carry(local, tunnel.sock)
                local.close()  # nobody there waits until the tunnel has closed in good order
        except (EngineError, OSError) as error:
            _tell(f"A connection to port {port} ended: {error}")


def _until_gone(api: Api, server: str, uid: str) -> None:
    """Return once the Service of a server is gone, or its term is over."""
    path, expires = service_path(server), float("inf")
    while expires > now():
        try:
            found = api.find(path)
            if found is None or found["metadata"]["uid"] != uid:
                return
            expires = float(labels_of(found).get(EXPIRES_LABEL, expires))
            ended = _watch(api, found, path, min(expires - now(), WATCHED))
            time.sleep(LONG_PAUSE if ended == "ERROR" else PAUSE)
        except EngineError as error:
            _tell(f"Whether the run is there cannot be told: {error}")
            time.sleep(PAUSE)


def _watch(api: Api, found: Object, path: str, seconds: float) -> str:
    """Watch an object until something else is to be told than that it has changed; return what."""
    folder, _, name = path.rpartition("/")
    begin = {"fieldSelector": f"metadata.name={name}", "resourceVersion": found["metadata"]["resourceVersion"]}
    kinds = (str(change["type"]) for change in api.watch(folder, max(1, math.ceil(seconds)), **begin))
    return next((kind for kind in kinds if kind != "MODIFIED"), "")


def _tell(line: str) -> None:
    print(f"{datetime.now():%H:%M:%S} {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

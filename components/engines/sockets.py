"""Who listens, by a server's own table of sockets (proc(5), /proc/net/tcp)."""

TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_LOCAL, _STATE = 1, 3  # fields of a line
_LISTENING = "0A"


def listens(table: str, port: int) -> bool:
    """Return whether a socket listens at a port.

    Args:
        table: What stands in `TABLES`.
        port: The port.
    """
    sockets = [fields for line in table.splitlines() if len(fields := line.split()) > _STATE]
    return any(one[_STATE] == _LISTENING and one[_LOCAL].endswith(f":{port:04X}") for one in sockets)

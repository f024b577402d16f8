"""Locks of files that a process can hand to its child, and that can be asked about without being taken."""

import fcntl
import os
import struct

_FLOCK = "hhqqi0q"  # struct flock: type, whence, start, length, process, padding (fcntl(2))
_WHOLE = (os.SEEK_SET, 0, 0, 0)


def take(file: int) -> bool:
    """Lock an open file, if nobody else has; return whether that was done.

    The lock belongs to the open file (fcntl(2), "Open file description locks"): whoever inherits it has the lock, too.

    Args:
        file: The descriptor, opened for writing.
    """
    try:
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, struct.pack(_FLOCK, fcntl.F_WRLCK, *_WHOLE))
    except BlockingIOError:
        return False
    return True


def wait(file: int) -> None:
    """Lock an open file, once nobody else has."""
    fcntl.fcntl(file, fcntl.F_OFD_SETLKW, struct.pack(_FLOCK, fcntl.F_WRLCK, *_WHOLE))


def taken(file: int) -> bool:
    """Return whether somebody else has locked an open file."""
    told = fcntl.fcntl(file, fcntl.F_OFD_GETLK, struct.pack(_FLOCK, fcntl.F_WRLCK, *_WHOLE))
    return bool(struct.unpack(_FLOCK, told)[0] != fcntl.F_UNLCK)

"""The gateway's log: connections that no server answered (HAProxy 3.2 Configuration Manual, 8.2.6 and 8.5).

A line is a record, in JSON, as `components/gateway/config.py` has it: names of ours, numbers and addresses.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from .entries import Entry, Unanswered

_STATES = {"SC": "the server refused the connection", "sC": "the server did not answer"}


class GatewayLog:
    """Reads the gateway's log. Feed it lines; it yields their entries."""

    def feed(self, line: str) -> Iterator[Entry]:
        """Take the next line; yield the connection that failed, if it is about one."""
        try:
            record = json.loads(line)
        except ValueError:
            return  # a reading began in the middle of it
        if record["state"] in _STATES:
            moment = datetime.fromtimestamp(record["seconds"], UTC) + timedelta(milliseconds=record["milliseconds"])
            yield Unanswered(moment, str(record["service"]), _STATES[record["state"]])

"""The gateway's log: connections that no server answered (HAProxy 3.2 Configuration Manual, 8.2.6 and 8.5).

A record is a line in JSON, as `components/gateway/config.py` has it: names of ours, numbers and addresses. Other lines
are sentences of the gateway's own about its servers.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ...errors import LogError
from .entries import Entry, Unanswered

_STATES = {"SC": "the server refused the connection", "sC": "the server did not answer"}


class GatewayLog:
    """Reads the gateway's log. Feed it lines; it yields their entries."""

    def feed(self, line: str) -> Iterator[Entry]:
        """Take the next line; yield the connection that failed, if it is about one.

        Raises:
            LogError: A record cannot be read, so that an outage would be lost.
        """
        if not line.startswith("{"):
            return
        try:
            record = json.loads(line)
            state = _STATES.get(record["state"])
            moment = datetime.fromtimestamp(record["seconds"], UTC)
            moment += timedelta(milliseconds=int(record["milliseconds"]))
            service = str(record["service"])
        except (ValueError, KeyError) as error:
            raise LogError(f"The gateway's log has a record that cannot be read ({error}): {line}") from None
        if state:
            yield Unanswered(moment, service, state)

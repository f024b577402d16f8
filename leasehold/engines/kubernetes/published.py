"""How a server is reached from outside its run, as its Pod's annotations tell for as long as it is there: whoever comes
to it later, from wherever, finds how it was made. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from ...contract import HOST_LABEL
from .names import ACCESS_ANNOTATION, PORTS_ANNOTATION, labels_of
from .reach import Access


def ports_annotation(ports: Mapping[int, int]) -> str:
    """Return at which port each of a server's own is reached, as `port_of` reads it."""
    return json.dumps({str(own): there for own, there in sorted(ports.items())})


def port_of(annotations: Mapping[str, str], port: int) -> int:
    """Return at which port one of a server's own is reached."""
    return int(json.loads(annotations[PORTS_ANNOTATION])[str(port)])


def access_of(pod: Mapping[str, Any]) -> Access | None:
    """Return the way to a server; None if it is reached from inside its run alone."""
    named = labels_of(pod).get(ACCESS_ANNOTATION)
    return Access(named) if named else None


def reached_as(pod: Mapping[str, Any], port: int) -> tuple[str, int] | None:
    """Return host and port at which whoever made a server reaches one of its own ports; None if nobody does."""
    told = labels_of(pod)
    return (told[HOST_LABEL], port_of(told, port)) if access_of(pod) else None

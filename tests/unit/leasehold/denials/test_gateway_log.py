"""Connections that the gateway could not pass on."""

from datetime import UTC, datetime

import pytest

from leasehold.denials.sources.entries import Unanswered
from leasehold.denials.sources.gateway_log import GatewayLog

GATEWAY = (
    '{{"seconds":1795544287,"milliseconds":741,"client":"172.18.0.1:41234","service":"database","state":"{state}"}}'
)


@pytest.mark.parametrize(("state", "words"), [("SC", "refused"), ("sC", "did not answer")])
def test_connections_that_no_server_answered(state: str, words: str) -> None:
    [found] = GatewayLog().feed(GATEWAY.format(state=state))
    assert isinstance(found, Unanswered)
    assert (found.service, found.time) == ("database", datetime.fromtimestamp(1795544287.741, UTC))
    assert words in found.why


@pytest.mark.parametrize("text", [GATEWAY.format(state="--"), GATEWAY.format(state="CD"), GATEWAY[40:], ""])
def test_other_lines_of_the_gateway(text: str) -> None:
    assert list(GatewayLog().feed(text)) == []

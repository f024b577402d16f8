"""Connections that the gateway could not pass on."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from components.gateway.config import gateway_config
from leasehold.denials.sources.entries import Unanswered
from leasehold.denials.sources.gateway_log import GatewayLog
from leasehold.errors import LogError


def record(state: str, milliseconds: str = "741") -> str:
    """Return what the gateway writes: the format that it is given, filled in as its manual (8.2.6) says."""
    [form] = re.findall(r"log-format '(.*)'", gateway_config("127.0.0.11:53"))
    values = {"Ts": "1795544287", "ms": milliseconds, "ci": "172.18.0.1", "cp": "41234", "b": "database", "ts": state}
    return re.sub("%([A-Za-z]+)", lambda found: values[found[1]], form)


@pytest.mark.parametrize(("state", "words"), [("SC", "refused"), ("sC", "did not answer")])
def test_connections_that_no_server_answered(state: str, words: str) -> None:
    [found] = GatewayLog().feed(record(state))
    assert isinstance(found, Unanswered)
    assert (found.service, found.time) == ("database", datetime.fromtimestamp(1795544287.741, UTC))
    assert words in found.why


@pytest.mark.parametrize("milliseconds", ["000", "007", "045", "100", "999"])
def test_milliseconds_have_leading_zeros(milliseconds: str) -> None:
    [found] = GatewayLog().feed(record("sC", milliseconds))
    moment = datetime.fromtimestamp(1795544287, UTC) + timedelta(milliseconds=int(milliseconds))
    assert isinstance(found, Unanswered)
    assert found.time == moment


@pytest.mark.parametrize(
    "text", [record("--"), record("CD"), record("sC")[40:], "", "server database/database changed its IP"]
)
def test_other_lines_of_the_gateway(text: str) -> None:
    assert list(GatewayLog().feed(text)) == []


@pytest.mark.parametrize("text", [record("sC")[:-9], record("sC").replace('"741"', '"x"'), '{"state":"sC"}', "{}"])
def test_a_record_that_cannot_be_read_is_no_silence(text: str) -> None:
    with pytest.raises(LogError, match="cannot be read"):
        list(GatewayLog().feed(text))

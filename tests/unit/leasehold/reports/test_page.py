"""The page as a file; `tests/browser` opens it."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from leasehold.reports.page import embedded, page
from tests.sessions import denial, sample, session

from .hostile import ALL


class Parts(HTMLParser):
    """The page's elements and the content of its scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.attributes: list[tuple[str, str, str | None]] = []
        self.content: list[tuple[str, str]] = []
        self.title = ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        self.attributes += [(tag, *attribute) for attribute in attrs]

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in ("script", "style"):
            self.content.append((self._inside, data))
        if self._inside == "title":
            self.title += data


def test_the_policy_allows_our_own_script_and_style_and_nothing_else() -> None:
    parts = Parts(page(sample(5, 5)))
    (policy,) = [value for tag, name, value in parts.attributes if tag == "meta" and value and "default-src" in value]
    assert policy.startswith("default-src 'none'; ")
    style, data, script = parts.content
    for kind, content in (style, script):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert json.loads(data[1])["run"] == "t-1"
    assert "unsafe" not in policy


def test_nothing_in_it_is_elsewhere() -> None:
    parts = Parts(page(sample(5, 5)))
    assert not [
        found for found in parts.attributes if found[1] in ("src", "action", "style") or found[1].startswith("on")
    ]
    assert [value for _, name, value in parts.attributes if name == "href"] == ["#denials"]
    text = page(session())
    assert set(re.findall(r"https?://[^\s\"']+", text)) == {"http://www.w3.org/2000/svg"}  # a name, not a place
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|fetch\(|XMLHttp", text)


@pytest.mark.parametrize("text", ALL)
def test_hostile_text_stays_in_the_data(text: str) -> None:
    told = session(denial(message=text, test=text, on=text, role=text), run=text)
    plain, hostile = Parts(page(session())), Parts(page(told))
    assert [(tag, name) for tag, name, _ in hostile.attributes] == [(tag, name) for tag, name, _ in plain.attributes]
    assert hostile.title == f"Denials of run {text}"
    assert len(hostile.content) == 3
    (found,) = json.loads(hostile.content[1][1])["denials"]
    assert {found["message"], found["test"], found["on"], found["role"]} == {text}
    assert not re.search("[<>&\u2028\u2029]", embedded(told))

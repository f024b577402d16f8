"""One HTML file that holds everything: what it shows, how it looks and works. It asks nothing of any network."""

import base64
import hashlib
import json
from html import escape
from importlib.resources import files
from string import Template

from ..denials.model import Session
from .text import GRANTABLE, WARNING

_SCRIPTS = ("dom.js", "table.js", "timeline.js", "page.js")
# In JSON these stand in strings only. Escaped, none can end the script element or start a comment in it (HTML Standard,
# Restrictions for contents of script elements), and no line ends where JSON has none.
_ESCAPES = str.maketrans({character: f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"})


def page(session: Session) -> str:
    """Return the page."""
    style = _asset("page.css")
    script = "\n".join(_asset(name) for name in _SCRIPTS)
    return Template(_asset("page.html")).substitute(
        policy=escape(_policy(style, script)),
        run=escape(session.run),
        style=style,
        script=script,
        data=embedded(session),
    )


def embedded(session: Session) -> str:
    """Return the session as JSON that can stand in a script element; what is empty is left out, it is the most."""
    whole = {**session.model_dump(mode="json"), "grantable": [kind.value for kind in GRANTABLE], "warning": WARNING}
    for name in ("denials", "leases", "notices"):
        whole[name] = [
            {key: value for key, value in item.items() if value not in ("", None, [])} for item in whole[name]
        ]
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)


def _policy(style: str, script: str) -> str:
    """Return the content security policy: our style and our script, and nothing else from anywhere (CSP Level 3)."""
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'"
    )


def _hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


def _asset(name: str) -> str:
    return files(__package__).joinpath("assets", name).read_text(encoding="utf-8")

"""What stands on a template: by which it is known to be what the migrations would make now."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path

from ..inputs import digest


@dataclass(frozen=True)
class Note:
    """What stands on a template: by which it is known again.

    Attributes:
        of: Which migrations it was made with.
        paths: What they were seen to read, relative to the root; empty where that is not known.
        digest: Of those.
        session: The session of tests that made it.
    """

    of: str
    paths: tuple[str, ...]
    digest: str
    session: str

    def __str__(self) -> str:
        """Return it as one word: a login guard takes the words of a database's comment for the names of guests."""
        return "reads:" + base64.urlsafe_b64encode(json.dumps(self.__dict__).encode()).decode()

    @classmethod
    def parse(cls, text: str) -> "Note | None":
        """Return what a comment says; None if it is none of these."""
        try:
            told = json.loads(base64.urlsafe_b64decode(text.removeprefix("reads:")))
            return cls(**{**told, "paths": tuple(told["paths"])})
        except (ValueError, TypeError, KeyError):
            return None

    def is_current(self, root: Path, session: str) -> bool:
        """Return whether a template is what the migrations would make now."""
        if self.session == session:
            return True  # made by another process of the session, a moment ago
        return bool(self.paths) and digest(root, [root / path for path in self.paths]) == self.digest

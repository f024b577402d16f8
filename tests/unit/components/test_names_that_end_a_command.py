"""Names with `;` and an empty line, which end a command of single-user mode: refused in one sentence, with the place.

PostgreSQL takes them; the server's set-up could not say them.
"""

from typing import Any

import pytest

from components import DeclarationError, Environment
from stacks.shop.roles import ROLES
from tests import mocks

ODD = "a;\n\nb"
SHOWN = r"'a;\n\nb'"


def granting(**grant: Any) -> dict[str, Any]:
    told = {"schema": "shop", "privileges": ["SELECT"], **grant}
    return {"roles": [*ROLES, {"name": "odd", "grants": [told]}]}


PLACES: dict[str, dict[str, Any]] = {
    "the name of the database": {"database": ODD},
    "the name of a role": {"roles": [*ROLES, {"name": ODD, "grants": []}]},
    "a schema that role 'odd' owns": {"roles": [*ROLES, {"name": "odd", "owns": [ODD]}]},
    "in the search path of role 'odd'": {"roles": [*ROLES, {"name": "odd", "owns": ["x"], "search_path": [ODD]}]},
    "the schema of Role 'odd', grants[0]": granting(schema=ODD, tables=["*"]),
    "a table of Role 'odd', grants[0]": granting(tables=[ODD]),
    "a column of Role 'odd', grants[0]": granting(tables=["x"], columns=[ODD]),
    "a function of Role 'odd', grants[0]": granting(functions=[ODD], privileges=["EXECUTE"]),
    "the table of row_security[0]": {"row_security": [{"schema": "shop", "table": ODD}]},
    "extensions[1]": {"extensions": ["citext", ODD]},
    "extensions[0].schema": {"extensions": [{"name": "citext", "schema": ODD}]},
}


@pytest.mark.parametrize("place", PLACES)
def test_one_plain_sentence_with_the_place(place: str) -> None:
    args: Any = {"roles": ROLES, **PLACES[place]}

    def program() -> str:
        with pytest.raises(DeclarationError) as refused:
            Environment("environment", args)
        return str(refused.value)

    why = "a semicolon before an empty line ends a command of the server's set-up."
    assert mocks.run(program)[1] == f"{SHOWN} cannot be {place}: {why}"

"""Declared extensions as SQL that the superuser runs once in a new database.

``CREATE EXTENSION IF NOT EXISTS`` then passes for everybody, as on a server whose administrator made them.
"""

from collections.abc import Iterable, Iterator

from psycopg.sql import SQL, Composable, Identifier, Literal

from ..declared.extensions import Extension
from ..declared.validation import Role

# The server would name a file that it could not open. No blank line after a semicolon: that ends a command in
# single-user mode.
_CHECK = """\
DO $check$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_available_extension_versions WHERE name = {name} AND {version} IN (version, '')) THEN
    RAISE undefined_file USING MESSAGE = {message};
  END IF;
END
$check$"""

# Of all that there are by now: the server chooses a schema where none was declared, and adds what an extension needs.
# A schema of the superuser's, or of whoever owns the database (``public``), is open as on any server whose
# administrator made it for extensions; a declared role's schema is that role's to open.
_OPEN = """\
DO $open$
DECLARE
  used name;
BEGIN
  FOR used IN
    SELECT DISTINCT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE pg_get_userbyid(n.nspowner) IN (current_user, 'pg_database_owner') AND n.nspname !~ '^pg_'
  LOOP
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO PUBLIC', used);
  END LOOP;
END
$open$"""


def extension_statements(extensions: Iterable[Extension], roles: Iterable[Role], image: str) -> Iterator[Composable]:
    """Yield what makes declared extensions, and what they need.

    Args:
        extensions: The checked extensions.
        roles: The declared roles; the schemas that they own are there already.
        image: The server's image, for the message that it lacks one.
    """
    extensions = tuple(extensions)
    owned = {schema for role in roles for schema in role.owns}
    for schema in dict.fromkeys(one.schema for one in extensions if one.schema and one.schema not in owned):
        yield SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(schema))
    for one in extensions:
        yield SQL(_CHECK).format(
            name=Literal(one.name), version=Literal(one.version or ""), message=Literal(missing(one, image))
        )
        where = SQL(" SCHEMA {}").format(Identifier(one.schema)) if one.schema else SQL("")
        which = SQL(" VERSION {}").format(Literal(one.version)) if one.version else SQL("")
        yield SQL("CREATE EXTENSION IF NOT EXISTS {}{}{} CASCADE").format(Identifier(one.name), where, which)
    if extensions:
        yield SQL(_OPEN)


def missing(extension: Extension, image: str) -> str:
    """Return what a user reads whose image lacks an extension."""
    version = f" in version {extension.version!r}" if extension.version else ""
    return (
        f"The image {image} does not have the extension {extension.name!r}{version}, which `extensions` declares. "
        "Declare an image that has it (`images`, field `database`), or leave it out; the server's view "
        "`pg_available_extension_versions` lists what an image has."
    )

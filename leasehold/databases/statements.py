"""Statements, as data: what privileges one needs, and what it says without its literals."""

import logging
import re
import string
from collections.abc import Iterator

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from .lexemes import LEXEME, end_of_comment

# It logs whole statements, literals too, when it meets one that it does not know.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

UNREADABLE = "(a statement that could not be read, so it is not shown)"
MASK = "?"

LONGEST = 20_000
"""Most characters of a statement that is analysed; a longer one is mostly data."""


def masked(statement: str) -> str:
    """Return a statement with a question mark for every literal, on one line, without comments.

    A parameter's number (``$1``) stays. What is not terminated is not shown at all. What follows after `LONGEST`
    characters is left out: it is mostly data, and more than anybody shows.
    """
    words: list[str] = []
    place, gap = 0, False
    while place < min(len(statement), LONGEST):
        lexeme = LEXEME.match(statement, place)
        if lexeme is None or lexeme.lastgroup == "unterminated":
            return UNREADABLE
        end = end_of_comment(statement, place) if lexeme["comment"] else lexeme.end()
        if end is None:
            return UNREADABLE
        if lexeme["gap"] or lexeme["comment"]:
            gap = True
        else:
            if gap and words:
                words.append(" ")
            words.append(MASK if lexeme["constant"] is not None else lexeme[0])
            gap = False
        place = end
    return "".join(words)


def command(statement: str) -> str:
    """Return the word that a statement begins with, in capitals; empty if it begins with none."""
    text = masked(statement)
    found = re.match(r"[(;\s]*([A-Za-z]+)", text) if text != UNREADABLE else None
    return found[1].upper() if found else ""


_READING = (exp.Query, exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Copy, exp.TruncateTable)


def needed_privileges(statement: str) -> Iterator[tuple[str, str]]:
    """Yield what a statement needs: table, as the server reads its name, and privilege.

    PostgreSQL manual, 5.8 and SQL commands.
    """
    for tree in _parsed(statement) or ():  # what cannot be read suggests nothing
        if isinstance(tree, _READING):  # of others it cannot be told from the statement alone
            yield from _needed(tree)


_CURSOR = re.compile(
    r"\s*DECLARE\s+(?:\"(?:[^\"]|\"\")+\"|\w+)\s+(?:(?:BINARY|INSENSITIVE|ASENSITIVE|NO\s+SCROLL|SCROLL)\s+)*"
    r"CURSOR\s+(?:(?:WITH|WITHOUT)\s+HOLD\s+)?FOR\s+(?=SELECT|VALUES|WITH|\()",
    re.IGNORECASE,
)
"""Begins the declaration of a cursor, which sqlglot does not read: it needs what its query needs (manual, DECLARE)."""


def _parsed(statement: str) -> list[exp.Expr] | None:
    if len(statement) > LONGEST:
        return None
    try:
        query = statement[begin.end() :] if (begin := _CURSOR.match(statement)) else statement
        trees = [tree for tree in sqlglot.parse(query, dialect="postgres") if tree is not None]
    except (SqlglotError, RecursionError):
        return None
    for tree in trees:
        for name in tree.find_all(exp.Identifier):
            if not name.quoted:
                name.set("this", folded(name.name))
    return trees


_CAPITALS = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def folded(name: str) -> str:
    """Return what the server calls a name that is not quoted: in UTF-8 it folds ASCII's capitals and no others
    (PostgreSQL manual, 4.1.1; src/backend/parser/scansup.c, `downcase_identifier`)."""
    return name.translate(_CAPITALS)


def _needed(tree: exp.Expr) -> Iterator[tuple[str, str]]:
    # What INTO makes, and names in FOR UPDATE OF, which may be aliases.
    unread = {id(table) for part in tree.find_all(exp.Into, exp.Lock) for table in part.find_all(exp.Table)}
    for target, privilege, is_read in _changes(tree):
        yield _name(target), privilege
        if not is_read:
            unread.add(id(target))
    for table in tree.find_all(exp.Table):
        if table.name and id(table) not in unread and not _is_cte(table):
            yield _name(table), "SELECT"
            if _is_locked(table):
                yield _name(table), "UPDATE"


def _changes(tree: exp.Expr) -> Iterator[tuple[exp.Table, str, bool]]:
    """Yield which tables are changed, the privilege for that, and whether columns of theirs are read, too."""
    for kind, privilege in ((exp.Insert, "INSERT"), (exp.Update, "UPDATE"), (exp.Delete, "DELETE")):
        for change in tree.find_all(kind):
            target = _table(change.this) if not isinstance(change.parent, exp.When) else None
            if target is not None:
                yield target, privilege, _reads_its_target(change, target)
                if (conflict := change.args.get("conflict")) and conflict.expressions:
                    yield target, "UPDATE", True
    for truncation in tree.find_all(exp.TruncateTable):
        yield from ((table, "TRUNCATE", False) for table in map(_table, truncation.expressions) if table is not None)
    for copy in tree.find_all(exp.Copy):
        if copy.args.get("kind") and (target := _table(copy.this)) is not None:  # FROM; TO reads
            yield target, "INSERT", False
    for merge in tree.find_all(exp.Merge):
        target = _table(merge.this)
        for when in merge.find_all(exp.When):
            change = when.args["then"]
            if target is not None and (word := change.name if isinstance(change, exp.Var) else change.key):
                yield from ((target, one, True) for one in ("INSERT", "UPDATE", "DELETE") if one == word.upper())


def _table(target: exp.Expr | None) -> exp.Table | None:
    return target.find(exp.Table) if target is not None else None


def _reads_its_target(change: exp.Expr, target: exp.Table) -> bool:
    """Return whether columns of what is changed are read: in WHERE or RETURNING, by ON CONFLICT, for new values."""
    conflict = change.args.get("conflict")
    if change.args.get("where") or change.args.get("returning") or (conflict and conflict.args.get("conflict_keys")):
        return True
    own = {"", target.alias_or_name}
    values = [assigned.expression for assigned in change.expressions] if isinstance(change, exp.Update) else []
    return any(column.table in own for value in values if value for column in _columns(value))


def _columns(value: exp.Expr) -> Iterator[exp.Column]:
    """Yield the columns in an expression, other than those of its subqueries."""
    for node in value.walk(prune=lambda inner: isinstance(inner, exp.Query)):
        if isinstance(node, exp.Column) and node.name.upper() != "DEFAULT":
            yield node


def _is_cte(table: exp.Table) -> bool:
    """Return whether a name stands for a WITH query that is in sight there."""
    inside: exp.Expr = table
    while not table.db and inside.parent is not None:
        inside, below = inside.parent, inside
        clause = inside if isinstance(inside, exp.With) else inside.args.get("with_")
        if not isinstance(clause, exp.With) or below is clause:
            continue
        for cte in clause.expressions:
            if below is cte and not clause.args.get("recursive"):
                break  # a query sees those before it, and not itself
            if cte.alias == table.name:
                return True
    return False


def _is_locked(table: exp.Table) -> bool:
    query = table.find_ancestor(exp.Select)
    locks = query.args.get("locks") if query is not None else None
    for lock in locks or ():
        named = {one.name for one in lock.expressions}
        if not named or table.alias_or_name in named:
            return True
    return False


def _name(table: exp.Table) -> str:
    return f"{table.db}.{table.name}" if table.db else table.name


_NEUTRAL = frozenset(
    {
        *("BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"),
        *("SET", "RESET", "SHOW", "DEALLOCATE", "DISCARD", "CLOSE", "FETCH", "MOVE", "LISTEN", "UNLISTEN"),
    }
)
"""Statements that need no privilege, as drivers send them."""

_HARMLESS = frozenset({"set_config", "current_setting", "version", "txid_current", "to_regclass", "clock_timestamp"})
"""Functions of the server's own, that sqlglot does not know; so are those whose names begin with ``pg_``. Others may
need anything, as ``nextval`` does, and what a team has written."""


_READ = (*_READING, exp.Transaction, exp.Commit, exp.Rollback, exp.Set)


def names_its_tables(statement: str) -> bool:
    """Return whether a statement tells what it needs of the tables that it names: it reads, writes, or needs nothing.

    Functions that it calls may need more, on any table.
    """
    if len(statement) > LONGEST:
        return False
    text = masked(statement)
    if text == UNREADABLE:
        return False
    if _is_neutral(text):
        return True
    parsed = _parsed(statement)
    return parsed is not None and all(isinstance(tree, _READ) for tree in parsed)


def reads_or_writes(statement: str) -> bool:
    """Return whether all that a statement needs can be told from it: it names its tables, and calls no function that
    may need anything."""
    if not names_its_tables(statement):
        return False
    if _is_neutral(masked(statement)):
        return True
    called = {function.name.lower() for tree in _parsed(statement) or () for function in tree.find_all(exp.Anonymous)}
    return all(name.startswith("pg_") for name in called - _HARMLESS)


def _is_neutral(text: str) -> bool:
    return all(command(part) in _NEUTRAL for part in text.split(";") if part.strip())


def constants(statement: str) -> Iterator[str]:
    """Yield the constants in a statement, as they stand there."""
    place = 0
    while (lexeme := LEXEME.match(statement, place)) and lexeme.lastgroup != "unterminated":
        end = end_of_comment(statement, place) if lexeme["comment"] else lexeme.end()
        if end is None:
            return
        if lexeme["constant"] is not None:
            yield lexeme[0]
        place = end

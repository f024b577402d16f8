"""Running a folder of SQL files as one lease, in the order of their names."""

from pathlib import Path

from psycopg import Connection


def migrate(connection: Connection, folder: Path) -> list[str]:
    """Run every ``*.sql`` file of a folder in one transaction; return their names.

    Raises:
        psycopg.Error: A statement failed; nothing was changed.
        FileNotFoundError: The folder holds no such file.
    """
    files = sorted(folder.glob("*.sql"))
    if not files:
        raise FileNotFoundError(f"No migration (*.sql) was found in {folder}.")
    with connection.transaction():
        for file in files:
            connection.execute(file.read_bytes())
    return [file.name for file in files]

"""Every night: stored rows back into the order of their random ids; no file keeps the order they came in.

Owns: what is done to the database's own files. Must not know: what the rows mean. Keys are random and tables
WITHOUT ROWID, and still the order of arrival shows until this has run: SQLite puts what does not fit into a
row's page on the next free page, and its log holds changes in their order; PostgreSQL appends to the heap,
numbers transactions (``xmin``) and numbers large values. Between timed acts of staff that order brackets a
tip's hour. Source: 4-sealing "Compartments of a tip, routing"; docs/threat-model.md says what remains.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, LargeBinary, Table, text

from portal.db import Database
from portal.models import Base
from verification.jobs.errors import LogInUse

#: On PostgreSQL a table that somebody reads for long is left for the next try: nobody waits longer behind us.
LOCK_SECONDS: Final = 5
READERS_MS: Final = 1_000


def reorder(database: Database) -> None:
    """Rewrite the tables whose order tells something. Writers wait meanwhile, readers on SQLite do not.

    Raises LogInUse, or OperationalError where a lock could not be had; then it is tried again.
    """
    with database.upkeep() as connection:
        if database.is_sqlite:
            _vacuum(connection)
        else:
            for table in unordered_tables():
                _rewrite(connection, table)


def unordered_tables() -> list[Table]:
    """The tables in which no order of arrival may show: those that SQLite keeps WITHOUT ROWID."""
    tables = Base.metadata.sorted_tables
    return [table for table in tables if table.dialect_options["sqlite"]["with_rowid"] is False]


def _vacuum(connection: Connection) -> None:
    # In memory the copy would need as much of it as the database is long.
    connection.exec_driver_sql("PRAGMA temp_store = FILE")
    # Writers wait while this waits for readers of the log.
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {READERS_MS}")
    connection.exec_driver_sql("VACUUM")
    if connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]:
        raise LogInUse


def _rewrite(connection: Connection, table: Table) -> None:
    """CLUSTER orders rows by key but keeps each one's transaction number, and large values their own number.

    So the rows are all written anew in one transaction, in the order of the keys, and ordered again.
    """
    connection.execute(text(f"SET lock_timeout = '{LOCK_SECONDS}s'"))
    large = [column.name for column in table.columns if isinstance(column.type, LargeBinary)]
    if large:
        _cluster(connection, table)
    key = next(iter(table.primary_key.columns)).name
    # An empty addition makes a value another one: it is stored, and numbered, again.
    changes = [f"{name} = {name} || ''::bytea" for name in large] or [f"{key} = {key}"]
    connection.execute(text(f"UPDATE {table.name} SET {', '.join(changes)}"))  # noqa: S608  # names of our own tables
    _cluster(connection, table)


def _cluster(connection: Connection, table: Table) -> None:
    own = connection.scalar(text("SELECT to_regprocedure('xiansuo_cluster(text)')"))
    if own is None:
        connection.execute(text(f"CLUSTER {table.name} USING pk_{table.name}"))
    else:
        connection.execute(text("SELECT xiansuo_cluster(:name)"), {"name": table.name})

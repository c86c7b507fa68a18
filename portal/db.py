"""The database session: one engine, a reading and a writing context, safe settings on every connection.

Owns connection settings for SQLite and PostgreSQL. Must not know any table.
SQLite: WAL, synchronous=FULL (acknowledged means durable), secure_delete (deleted pages are overwritten),
foreign keys on. Source: 3-architecture rule 3, 4-sealing "Deleting".
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from portal.turns import WriteTurns

#: How long a writer waits, for turn and lock together, before the page says "busy, nothing was lost".
BUSY_TIMEOUT_MS = 8_000


class Database:
    """One database, opened by URL (``sqlite:///path`` or ``postgresql+psycopg://…``)."""

    def __init__(self, url: str, *, pool_size: int = 16) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        # Values must not reach an error page or a log inside an exception's text.
        options: dict[str, Any] = {
            "pool_size": pool_size,
            "max_overflow": pool_size * 4,
            "hide_parameters": True,
        }
        if not self.is_sqlite:
            options["pool_pre_ping"] = True
        self.engine: Engine = create_engine(self.url, **options)
        self._turns: WriteTurns | None = None
        if self.is_sqlite:
            _configure_sqlite(self.engine)
            self._turns = WriteTurns(self.url.database)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one snapshot and keeps nothing of what is done in it.

        Closing rolls back without expiring: rows that were read stay readable afterwards.
        """
        with Session(self.engine, autoflush=False, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self, *, patience_ms: int | None = None) -> Iterator[Session]:
        """A session whose transaction commits when the block ends well, and leaves nothing otherwise.

        On SQLite the write lock is taken at the start (BEGIN IMMEDIATE), so that a reader never has to be
        promoted halfway and two writers queue instead of failing; whoever waited ``patience_ms`` in all
        (BUSY_TIMEOUT_MS where none is given) gets OperationalError, however many were before them.
        """
        with self._turn(patience_ms) as left_ms:
            engine = self.engine.execution_options(xiansuo_write=True, xiansuo_patience_ms=left_ms)
            with Session(engine, expire_on_commit=False) as session, session.begin():
                yield session

    @contextmanager
    def upkeep(self) -> Iterator[Connection]:
        """A connection outside any transaction, for work on the stored files; SQLite's writers wait.

        Each statement commits by itself. The connection is closed afterwards, its settings with it.
        """
        engine = self.engine.execution_options(isolation_level="AUTOCOMMIT", xiansuo_upkeep=True)
        with self._turn(None), engine.connect() as connection:
            try:
                yield connection
            finally:
                connection.invalidate()

    def _turn(self, patience_ms: int | None) -> AbstractContextManager[int]:
        patience = BUSY_TIMEOUT_MS if patience_ms is None else patience_ms
        return self._turns.turn(patience_ms=patience) if self._turns else nullcontext(patience)

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


#: SQLite says "no such table" with the same class as "locked"; only these pass by themselves.
_SQLITE_PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_INTERRUPT,
    }
)
_POSTGRES_DISK_FULL = "53100"


def is_busy(error: DBAPIError) -> bool:
    """Whether the database refused only because it is locked, full or away: the person can try again."""
    code = _sqlite_code(error)
    return isinstance(error, OperationalError) and (code is None or code in _SQLITE_PASSING)


def is_full(error: DBAPIError) -> bool:
    """Whether what it lacked was room."""
    full = getattr(error.orig, "sqlstate", None) == _POSTGRES_DISK_FULL
    return full or _sqlite_code(error) == sqlite3.SQLITE_FULL


def _sqlite_code(error: DBAPIError) -> int | None:
    code = getattr(error.orig, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _configure_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        # The driver must not open transactions of its own; BEGIN is emitted below.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            f"busy_timeout = {BUSY_TIMEOUT_MS}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "secure_delete = ON",
            "foreign_keys = ON",
            "temp_store = MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("xiansuo_upkeep", False):
            return
        if not options.get("xiansuo_write", False):
            connection.exec_driver_sql("BEGIN")
            return
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {options['xiansuo_patience_ms']}")
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")

"""The database session: one engine, a reading and a writing context, safe settings on every connection.

Owns connection settings for SQLite and PostgreSQL. Must not know any table.
SQLite: WAL, synchronous=FULL (acknowledged means durable), secure_delete (deleted pages are overwritten),
foreign keys on. Source: 3-architecture rule 3, 4-sealing "Deleting".
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

#: How long a writer waits for another writer before the page says "busy, nothing was lost".
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
        self._turns: _WriteTurns | None = None
        if self.is_sqlite:
            _configure_sqlite(self.engine)
            self._turns = _WriteTurns(self.url.database)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that sees one snapshot and keeps nothing of what is done in it.

        Closing rolls back without expiring: rows that were read stay readable afterwards.
        """
        with Session(self.engine, autoflush=False, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session whose transaction commits when the block ends well, and leaves nothing otherwise.

        On SQLite the write lock is taken at the start (BEGIN IMMEDIATE), so that a reader never has to be
        promoted halfway and two writers queue instead of failing.
        """
        turn: AbstractContextManager[None] = self._turns.turn() if self._turns else nullcontext()
        engine = self.engine.execution_options(xiansuo_write=True)
        with turn, Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def upkeep(self) -> Iterator[Connection]:
        """A connection outside any transaction, for work on the stored files; SQLite's writers wait.

        Each statement commits by itself. The connection is closed afterwards, its settings with it.
        """
        turn: AbstractContextManager[None] = self._turns.turn() if self._turns else nullcontext()
        engine = self.engine.execution_options(isolation_level="AUTOCOMMIT", xiansuo_upkeep=True)
        with turn, engine.connect() as connection:
            try:
                yield connection
            finally:
                connection.invalidate()

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


class _WriteTurns:
    """Lets the writers of one SQLite file in one after another, over all threads and processes.

    SQLite has one writer at a time, and those that wait sleep and try again, up to 100 ms apart, with no
    order among them: measured with two processes and eight clients, one tip in a hundred waited 0.8 s, and
    with these turns 0.2 s. A thread waits for its process's lock, then for a lock on a file beside the
    database, which the kernel hands on at once and takes back from a process that dies.
    """

    def __init__(self, database_path: str | None) -> None:
        self._path = f"{database_path}-turn" if database_path and database_path != ":memory:" else None
        self._lock = threading.Lock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold the turn for one transaction. OperationalError, as SQLite's own, after BUSY_TIMEOUT_MS."""
        if not self._lock.acquire(timeout=BUSY_TIMEOUT_MS / 1000):
            raise OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"))
        try:
            with self._among_processes():
                yield
        finally:
            self._lock.release()

    @contextmanager
    def _among_processes(self) -> Iterator[None]:
        if self._path is None:
            yield
            return
        # Opened anew each time: a lock belongs to what was opened, and a fork would share it.
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)


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
        writing = options.get("xiansuo_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

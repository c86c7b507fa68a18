"""The database session: one engine, a reading and a writing context, safe settings on every connection.

Owns connection settings for SQLite and PostgreSQL. Must not know any table.
SQLite: WAL, synchronous=FULL (acknowledged means durable), secure_delete (deleted pages are overwritten),
foreign keys on. Source: 3-architecture rule 3, 4-sealing "Deleting".
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
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
        options: dict[str, Any] = {"pool_size": pool_size, "max_overflow": pool_size * 4}
        if not self.is_sqlite:
            options["pool_pre_ping"] = True
        self.engine: Engine = create_engine(self.url, **options)
        if self.is_sqlite:
            _configure_sqlite(self.engine)

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
        engine = self.engine.execution_options(xiansuo_write=True)
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def dispose(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def is_busy(error: DBAPIError) -> bool:
    """Whether the database refused only because it is locked, full or away: the person can try again."""
    return isinstance(error, OperationalError)


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
        writing = connection.get_execution_options().get("xiansuo_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

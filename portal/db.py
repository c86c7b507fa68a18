"""The database session: one engine, a reading and a writing context, safe settings on every connection.

Owns connection settings for SQLite and PostgreSQL. Must not know any table.
SQLite: WAL, synchronous=FULL (acknowledged means durable), secure_delete (deleted pages are overwritten),
foreign keys on. Source: 3-architecture rule 3, 4-sealing "Deleting".
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from portal.turns import WriteTurns

#: How long a writer waits, for turn and lock together, before the page says "busy, nothing was lost".
BUSY_TIMEOUT_MS = 8_000
#: What every connection to SQLite is set to.
CONNECTION_BUSY_MS: Final = 8_000


T = TypeVar("T")


class _Part:
    """One effect of a transaction that several write together."""

    def __init__(self, effect: Callable[[Session], Any]) -> None:
        self._effect = effect
        self.result: Any = None
        self.error: BaseException | None = None
        self.ended = threading.Event()

    def run(self, session: Session) -> None:
        """Do it, as the only one of its transaction: what goes wrong ends that."""
        self.result = self._effect(session)

    def run_beside_others(self, session: Session) -> None:
        """Do it, or leave nothing of it. Trouble of the database itself ends the whole transaction."""
        try:
            with session.begin_nested():
                self.run(session)
        except OperationalError:
            raise
        except Exception as error:  # noqa: BLE001  # raised again where the effect came from
            self.error = error


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
        self._parts: list[_Part] = []
        self._parts_lock = threading.Lock()
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
        with self._turn(patience_ms) as left_ms, self._writing(left_ms) as session:
            yield session

    @contextmanager
    def _writing(self, left_ms: int) -> Iterator[Session]:
        engine = self.engine.execution_options(xiansuo_write=True, xiansuo_patience_ms=left_ms)
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def write_together(self, effect: Callable[[Session], T]) -> T:
        """What ``effect`` returns, once it is durable; on SQLite in one transaction with others that wait.

        Each effect has a savepoint: what one raises undoes that one alone, and reaches its caller. A commit
        and a change of turns cost more than a tip's rows, so a rush is written a few at a time.
        """
        if self._turns is None:
            with self.write() as session:
                return effect(session)
        mine = _Part(effect)
        with self._parts_lock:
            self._parts.append(mine)
        try:
            with self._turns.turn(patience_ms=BUSY_TIMEOUT_MS, is_needless=mine.ended.is_set) as left_ms:
                if left_ms is not None:
                    self._write_parts(left_ms)
        except OperationalError:
            with self._parts_lock:
                if mine in self._parts:
                    self._parts.remove(mine)
                    raise
        mine.ended.wait()  # whoever took it is writing it now, or has
        if mine.error is not None:
            raise mine.error
        return cast(T, mine.result)

    def _write_parts(self, left_ms: int) -> None:
        with self._parts_lock:
            parts, self._parts = self._parts, []
        if not parts:
            return
        try:
            with self._writing(left_ms) as session:
                for part in parts:
                    if len(parts) == 1:
                        part.run(session)
                    else:
                        part.run_beside_others(session)
        except BaseException as error:
            for part in parts:
                part.error = part.error or error
            if not isinstance(error, Exception):
                raise
        finally:
            for part in parts:
                part.ended.set()

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

    @contextmanager
    def _turn(self, patience_ms: int | None) -> Iterator[int]:
        patience = BUSY_TIMEOUT_MS if patience_ms is None else patience_ms
        if self._turns is None:
            yield patience
            return
        with self._turns.turn(patience_ms=patience) as left_ms:
            assert left_ms is not None  # this turn is never needless
            yield left_ms

    def may_update(self, table: str, column: str) -> bool:
        """Whether this connection's role may change a column; PostgreSQL only."""
        asked = text("SELECT has_column_privilege(:table, :column, 'UPDATE')")
        with self.engine.connect() as connection:
            return bool(connection.scalar(asked, {"table": table, "column": column}))

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
_OVERTAKEN = frozenset(
    {
        sqlite3.SQLITE_CONSTRAINT_UNIQUE,
        sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY,
        "23505",  # unique_violation
        "23503",  # foreign_key_violation
    }
)


def is_busy(error: DBAPIError) -> bool:
    """Whether the database refused only because it is locked, full or away: the person can try again."""
    code = _sqlite_code(error)
    return isinstance(error, OperationalError) and (code is None or code in _SQLITE_PASSING)


def is_overtaken(error: DBAPIError) -> bool:
    """Whether another wrote the same first, or removed what this one names: it is to be looked at again.

    A row that lacks something or breaks a check is a fault of ours and no such thing.
    """
    if not isinstance(error, IntegrityError):
        return False
    code = getattr(error.orig, "sqlite_errorcode", None) or getattr(error.orig, "sqlstate", None)
    return code in _OVERTAKEN


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
            f"busy_timeout = {CONNECTION_BUSY_MS}",
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
        _begin_writing(connection, patience_ms=options["xiansuo_patience_ms"])


def _begin_writing(connection: Connection, *, patience_ms: int) -> None:
    """Whoever holds the turn waits for nobody but a stranger, a backup say; then as long as is left.

    Setting it takes as long as a small statement, so it is not done for the little that most have waited.
    """
    is_short = patience_ms < CONNECTION_BUSY_MS // 2
    if is_short:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {patience_ms}")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        if is_short:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {CONNECTION_BUSY_MS}")

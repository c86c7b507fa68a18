"""The order in which the writers of one SQLite file write: one after another, over all threads and processes.

Owns the wait for a turn and its end. Must not know: SQL, sessions.

SQLite has one writer at a time, and those that wait sleep and try again, up to 100 ms apart: with two
processes and eight clients, one tip in a hundred waited 0.8 s. Here a process takes a lock on a file beside
the database, which the kernel takes back from a process that dies; lets some of its own threads write one
after another under it, because a change of process costs more than a small transaction; and then gives the
others a chance.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from sqlalchemy.exc import OperationalError

#: How many of a process's threads write under one lock while other processes may be waiting.
MOST_IN_A_ROW: Final = 4
#: Between two looks at a lock that another process holds; and how long a process that has more to write stays
#: away after its turns, so that whoever looks in this time gets the lock.
LOOK_SECONDS: Final = 0.0005
STAND_BACK_SECONDS: Final = 0.001


class WriteTurns:
    """The turns of one process."""

    def __init__(self, database_path: str | None) -> None:
        self._path = f"{database_path}-turn" if database_path and database_path != ":memory:" else None
        self._changed = threading.Condition()
        self._is_held = False
        self._waiting: list[Callable[[], bool]] = []
        self._fd: int | None = None
        self._in_a_row = 0
        self._stand_back_until = 0.0

    @contextmanager
    def turn(
        self, *, patience_ms: int, is_needless: Callable[[], bool] = lambda: False
    ) -> Iterator[int | None]:
        """Hold the turn for one transaction; yields what is left of the patience, in milliseconds.

        Yields None, without the turn, where it became needless during the wait: another thread of this
        process wrote what was to be written. Raises OperationalError, as SQLite's own, where no turn came in
        time.
        """
        until = time.monotonic() + patience_ms / 1000
        if not self._take(until, is_needless):
            yield None
            return
        try:
            if self._path is not None and self._fd is None:
                self._fd = self._locked(self._path, until)
            yield max(0, int((until - time.monotonic()) * 1000))
        finally:
            self._pass_on()

    def _take(self, until: float, is_needless: Callable[[], bool]) -> bool:
        """The turn among this process's threads."""
        with self._changed:
            self._waiting.append(is_needless)
            self._changed.wait_for(
                lambda: is_needless() or not self._is_held, timeout=max(0.0, until - time.monotonic())
            )
            self._waiting.remove(is_needless)
            if is_needless():
                return False
            if self._is_held:
                raise _busy()
            self._is_held = True
            return True

    def _locked(self, path: str, until: float) -> int:
        """The turn among processes: the open file whose closing ends it."""
        time.sleep(max(0.0, min(self._stand_back_until, until) - time.monotonic()))
        # Opened anew each time: a lock belongs to what was opened, and a fork would share it.
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return fd
            if time.monotonic() >= until:
                os.close(fd)
                raise _busy()
            time.sleep(LOOK_SECONDS)

    def _pass_on(self) -> None:
        """To another thread that waits here, which then surely takes it; after some of them, to anybody."""
        with self._changed:
            self._in_a_row += 1
            more = any(not is_needless() for is_needless in self._waiting)
            if not more or self._in_a_row >= MOST_IN_A_ROW:
                self._in_a_row = 0
                if more:
                    self._stand_back_until = time.monotonic() + STAND_BACK_SECONDS
                if self._fd is not None:
                    os.close(self._fd)
                    self._fd = None
            self._is_held = False
            self._changed.notify_all()


def _busy() -> OperationalError:
    """What SQLite itself says after waiting in vain."""
    return OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"))

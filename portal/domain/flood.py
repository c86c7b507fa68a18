"""What keeps the site open when too much comes in at once.

Owns: the bounds on costly work in one process. Must not know: who sends (no address, cookie or other mark of
a person is ever counted or kept). Source: 6-peers "Defects" 8 and 9.

There is no limit on tips an hour and no lock on a receipt: with either, anybody could silence the site or one
informant. Instead each costly thing has a bound, and what is cheap goes on when that is reached:

- **Uploads** hold a thread for as long as a slow connection takes. At most ``MAX_UPLOADS`` of a process's
  threads may be receiving files; further ones wait their turn, first come first served, up to
  ``UPLOAD_WAIT_SECONDS``, and are then told to come back, with everything typed kept. Forms without files,
  the form itself and the mailbox need no turn.
- **Disk**: below ``RESERVE_BYTES`` of free space no more files are taken; text tips still are.
- **Writing** to SQLite is one at a time; a writer that waits for eight seconds gives up and says so.
- **Receipts** are not stretched by a slow hash, so trying them is no cheap way to use up the processor.
- Bodies, fields and their number are bounded (``storage.received.Limits``) before anything is sealed.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from portal.storage.errors import Busy, RetryLater

MAX_UPLOADS: Final = 48
"""Of 128 threads: even if every upload stalls, most of the process answers pages."""

UPLOAD_WAIT_SECONDS: Final = 20.0
RESERVE_BYTES: Final = 1024 * 1024 * 1024


class UploadTurns:
    """A counting semaphore that serves in order of arrival; ``threading.Semaphore`` promises none."""

    def __init__(self, *, at_once: int = MAX_UPLOADS, wait_seconds: float = UPLOAD_WAIT_SECONDS) -> None:
        self._free = at_once
        self._wait_seconds = wait_seconds
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    def begin(self) -> None:
        """Take a turn; every ``begin`` that returns needs one ``end``. Raises RetryLater after the wait."""
        with self._lock:
            if self._free and not self._waiting:
                self._free -= 1
                return
            turn = threading.Event()
            self._waiting.append(turn)
        if turn.wait(self._wait_seconds):
            return
        with self._lock:
            # It may have been called up just after the wait was over; then the turn is ours after all.
            if turn.is_set():
                return
            self._waiting.remove(turn)
        raise RetryLater(Busy.UPLOADS)

    def end(self) -> None:
        """Give the turn back, or on to whoever has waited longest."""
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1

    @property
    def waiting(self) -> int:
        """How many are waiting now."""
        return len(self._waiting)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """``begin`` and ``end`` around a block."""
        self.begin()
        try:
            yield
        finally:
            self.end()


def has_room(folder: Path, *, for_bytes: int, reserve_bytes: int = RESERVE_BYTES) -> bool:
    """Whether a file of that size fits on the folder's disk and leaves the reserve for text tips."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize - for_bytes >= reserve_bytes

"""What keeps the site open when too much comes in at once.

Owns: the bounds on costly work in one process. Must not know: who sends (no address, cookie or other mark of
a person is ever counted or kept). Source: 6-peers "Defects" 8 and 9.

There is no limit on tips an hour and no lock on a receipt: with either, anybody could silence the site or one
informant. Instead each costly thing has a bound, and what is cheap goes on when that is reached:

- **Uploads** hold a thread for as long as a slow connection takes. At most ``MAX_UPLOADS`` of a process's
  threads may be receiving files; further ones wait their turn, first come first served, up to
  ``UPLOAD_WAIT_SECONDS``, and are then told to come back, with everything typed kept. A turn that has not
  moved for ``STALL_SECONDS`` while others wait is given to them; the stalled upload queues again when its
  bytes come. Forms without files, the form itself and the mailbox need no turn.
- **Threads** held by connections that stall are beyond an app's reach: the proxy's body timeout ends them.
- **Disk**: below ``RESERVE_BYTES`` of free space no more files are taken; text tips still are.
- **Writing** to SQLite is one at a time; a writer that waits for eight seconds gives up and says so.
- **Receipts** are not stretched by a slow hash, so trying them is no cheap way to use up the processor.
- Bodies, fields and their number are bounded (``storage.received.Limits``) before anything is sealed, and at
  most ``storage.bodies.MAX_DRAINS`` refused bodies are read to their end at a time.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from portal.storage.errors import Busy, RetryLater

MAX_UPLOADS: Final = 48
"""Of 128 threads: even if every upload crawls, most of the process answers pages."""

UPLOAD_WAIT_SECONDS: Final = 20.0
STALL_SECONDS: Final = 30.0
"""One read (128 KiB) in this time: four kilobytes a second, less than the slowest telephone network gives."""

LOOK_SECONDS: Final = 1.0
"""How often somebody who waits looks for a turn that has stalled."""

RESERVE_BYTES: Final = 1024 * 1024 * 1024


class UploadTurn:
    """One upload's turn. ``moved`` when bytes have come, ``end`` when it is over, in any case."""

    def __init__(self, turns: UploadTurns, *, now: float) -> None:
        self._turns = turns
        self.given = threading.Event()
        self.moved_at = now

    def moved(self) -> None:
        """Bytes have come. If the turn was given away meanwhile, wait for another; raises RetryLater."""
        self._turns.keep(self)

    def end(self) -> None:
        """Over; whoever has waited longest goes on. Harmless more than once."""
        self._turns.release(self)


class UploadTurns:
    """So many turns, served in order of arrival (``threading.Semaphore`` promises no order)."""

    def __init__(
        self,
        *,
        at_once: int = MAX_UPLOADS,
        wait_seconds: float = UPLOAD_WAIT_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._at_once = at_once
        self._wait_seconds = wait_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._running: list[UploadTurn] = []
        self._waiting: deque[UploadTurn] = deque()

    @property
    def waiting(self) -> int:
        """How many are waiting now."""
        return len(self._waiting)

    def begin(self) -> UploadTurn:
        """Wait for a turn; ``end`` it. Raises RetryLater after ``wait_seconds``."""
        turn = UploadTurn(self, now=self._monotonic())
        self._queue(turn)
        return turn

    def keep(self, turn: UploadTurn) -> None:
        """See ``UploadTurn.moved``."""
        turn.moved_at = self._monotonic()
        if not turn.given.is_set():
            self._queue(turn)

    def release(self, turn: UploadTurn) -> None:
        """See ``UploadTurn.end``."""
        with self._lock:
            if turn in self._running:
                self._running.remove(turn)
            self._serve()

    def _queue(self, turn: UploadTurn) -> None:
        with self._lock:
            self._waiting.append(turn)
            self._serve()
        until = self._monotonic() + self._wait_seconds
        while not turn.given.wait(LOOK_SECONDS if self._wait_seconds else 0):
            with self._lock:
                self._serve()
                # It may have been served just now, after the wait was over: then it is ours after all.
                if not turn.given.is_set() and self._monotonic() >= until:
                    self._waiting.remove(turn)
                    raise RetryLater(Busy.UPLOADS)

    def _serve(self) -> None:
        """Give turns to those who wait, for as long as there are free or stalled ones."""
        now = self._monotonic()
        while self._waiting:
            if len(self._running) >= self._at_once:
                slowest = min(self._running, key=lambda turn: turn.moved_at)
                if now - slowest.moved_at < STALL_SECONDS:
                    return
                self._running.remove(slowest)
                slowest.given.clear()
            turn = self._waiting.popleft()
            turn.moved_at = now
            self._running.append(turn)
            turn.given.set()


def has_room(folder: Path, *, for_bytes: int, reserve_bytes: int = RESERVE_BYTES) -> bool:
    """Whether a file of that size fits on the folder's disk and leaves the reserve for text tips."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize - for_bytes >= reserve_bytes

"""Writing one file forward past the page cache, one block under way while the next one fills.

Owns the bytes between a writer and the file's own end. Must not know: names, folders, days, what is sealed.

Through the page cache a large file costs the kernel a fresh page for every 4 KiB. Where a machine's memory
is itself lent page by page, that was most of an upload (measured: 260 MB/s instead of 900, the same file).
Here two buffers are used again and again. Where a file system takes no direct writes, the same blocks go the
ordinary way.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from concurrent.futures import Executor, Future
from typing import Final

BLOCK_BYTES: Final = 1024 * 1024
"""How much is handed to the disk at once; each file on its way holds at most two of these."""

_DIRECT: Final[int] = getattr(os, "O_DIRECT", 0)  # not on macOS


class ForwardFile:
    """A new, empty file that is only ever appended to. Not for two threads at once."""

    def __init__(self, fd: int, *, helpers: Executor) -> None:
        """fd: open for writing; stays the caller's to close, after ``settle``. helpers: write full blocks."""
        self._fd = fd
        self._helpers = helpers
        self._block = mmap.mmap(-1, BLOCK_BYTES)
        self._filled = 0
        self._spare: mmap.mmap | None = None
        self._written = 0
        self._under_way: Future[None] | None = None

    def write(self, content: bytes, /) -> None:
        """Append. Raises OSError, also for what was given before."""
        rest = memoryview(content)
        while rest:
            part = rest[: BLOCK_BYTES - self._filled]
            self._block[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            rest = rest[len(part) :]
            if self._filled == BLOCK_BYTES:
                self._hand_over()

    def finish(self) -> None:
        """Write out what is left: then the file holds all that was given. Raises OSError. Does not sync."""
        self._wait()
        _set_direct(self._fd, wanted=False)
        _write_all(self._fd, memoryview(self._block)[: self._filled], at=self._written)
        self._written += self._filled
        self._filled = 0

    def settle(self) -> None:
        """Wait until nothing is being written any more, whether it went well or not. Harmless at any time."""
        if self._under_way is not None:
            self._under_way.exception()
            self._under_way = None

    def _hand_over(self) -> None:
        self._wait()
        if self._spare is None:
            self._spare = mmap.mmap(-1, BLOCK_BYTES)
            _set_direct(self._fd, wanted=True)
        full, self._block, self._filled = self._block, self._spare, 0
        self._spare = full
        self._under_way = self._helpers.submit(_write_all, self._fd, full, at=self._written)
        self._written += BLOCK_BYTES

    def _wait(self) -> None:
        under_way, self._under_way = self._under_way, None
        if under_way is not None:
            under_way.result()


def _write_all(fd: int, content: mmap.mmap | memoryview, *, at: int) -> None:
    """All of ``content`` at one place; once a direct write fails or falls short, the ordinary way."""
    rest = memoryview(content)
    while rest:
        try:
            taken = os.pwrite(fd, rest, at)
        except OSError:
            if not _set_direct(fd, wanted=False):
                raise
            continue
        if taken < len(rest):
            _set_direct(fd, wanted=False)
        rest, at = rest[taken:], at + taken


def _set_direct(fd: int, *, wanted: bool) -> bool:
    """Turn direct writing on or off; whether that changed anything."""
    flags = fcntl.fcntl(fd, fcntl.F_GETFL)
    if not _DIRECT or bool(flags & _DIRECT) is wanted:
        return False
    try:
        fcntl.fcntl(fd, fcntl.F_SETFL, flags ^ _DIRECT)
    except OSError:
        return False
    return True

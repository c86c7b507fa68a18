"""Writing forward only what its writer wants to correct: rehearsed once, then written corrected.

A muxer goes back to fill in lengths it learns at the end, and a sealed object is written forward alone. So
the file is made twice: ``Rehearsal`` keeps only what was written over, ``Performance`` puts that in its place
as it comes. Both runs must write the same, which is checked. A file that is small enough is kept whole by the
first run and needs no second. Must not know: muxers, sealing.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Final

#: A writer that corrects more than this corrects everything, and is no use here.
MAX_CORRECTIONS: Final = 20_000
MAX_CORRECTED_BYTES: Final = 4 * 1024 * 1024
#: A film of four hours in which nothing happens fits, and takes 4 instead of 8 seconds.
KEPT_BYTES: Final = 48 * 1024 * 1024


class TooManyCorrections(Exception):
    """The writer goes back too often for a file that is written forward."""


class TooLong(Exception):
    """The writer writes more than it was allowed."""


class NotTheSame(Exception):
    """The second run wrote something else than the first."""


class Rehearsal:
    """A file that is thrown away, but for what is written over. ``end``: its length.

    ``whole``: its content, as long as it is no longer than ``KEPT_BYTES``, else None.
    """

    def __init__(self, *, max_bytes: int) -> None:
        """max_bytes: how long it may become at most."""
        self._at = 0
        self._corrected_bytes = 0
        self._max_bytes = max_bytes
        self.whole: bytearray | None = bytearray()
        self.end = 0
        self.corrections: list[tuple[int, bytes]] = []

    def write(self, content: bytes) -> int:
        """At the place where it stands."""
        if self._at > self.end:
            raise NotTheSame
        if over := content[: max(self.end - self._at, 0)]:
            self.corrections.append((self._at, over))
            self._corrected_bytes += len(over)
            if len(self.corrections) > MAX_CORRECTIONS or self._corrected_bytes > MAX_CORRECTED_BYTES:
                raise TooManyCorrections
        if self.whole is not None:
            self.whole[self._at : self._at + len(content)] = content
        self._at += len(content)
        self.end = max(self.end, self._at)
        if self.end > self._max_bytes:
            raise TooLong
        if self.end > KEPT_BYTES:
            self.whole = None
        return len(content)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As of a file."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.end}[whence]
        return self._at

    def tell(self) -> int:
        """As of a file."""
        return self._at


class Performance:
    """The same file again, each byte given to ``write`` once and as it is in the end."""

    def __init__(self, rehearsal: Rehearsal, write: Callable[[bytes], object]) -> None:
        self._rehearsal = rehearsal
        self._write = write
        self._at = 0
        self._end = 0
        self._again = hashlib.blake2b()
        self._wanted = hashlib.blake2b()
        for at, content in rehearsal.corrections:
            self._wanted.update(at.to_bytes(8, "big") + content)
        # The last word on a byte counts: where corrections overlap, the later one lies on top.
        self._waiting = sorted(enumerate(rehearsal.corrections), key=lambda one: (one[1][0], one[0]))

    def write(self, content: bytes) -> int:
        """New bytes go on, with their corrections; what goes back was put in already."""
        over = content[: max(self._end - self._at, 0)]
        if over:
            self._again.update(self._at.to_bytes(8, "big") + over)
        fresh = content[len(over) :]
        if fresh and self._at + len(over) != self._end:
            raise NotTheSame
        if fresh:
            self._write(self._corrected(fresh, start=self._end))
            self._end += len(fresh)
        self._at += len(content)
        return len(content)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As of a file."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._end}[whence]
        return self._at

    def tell(self) -> int:
        """As of a file."""
        return self._at

    def check(self) -> None:
        """Raises NotTheSame unless this run wrote what the rehearsal did."""
        if self._end != self._rehearsal.end or self._again.digest() != self._wanted.digest():
            raise NotTheSame

    def _corrected(self, fresh: bytes, *, start: int) -> bytes:
        end = start + len(fresh)
        touching = []
        while self._waiting and self._waiting[0][1][0] < end:
            touching.append(self._waiting.pop(0))
        if not touching:
            return fresh
        corrected = bytearray(fresh)
        for order, (at, content) in sorted(touching):
            # ``at`` is never before ``start``: what began earlier was cut there and left for now.
            inside = content[: end - at]
            corrected[at - start : at - start + len(inside)] = inside
            if rest := content[end - at :]:
                self._waiting.append((order, (end, rest)))
        self._waiting.sort(key=lambda one: (one[1][0], one[0]))
        return bytes(corrected)

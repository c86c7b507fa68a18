"""What a cleaner gives: parts of a clean copy as they are made, then what it found out on the way.

Owns: the order and the bounds of parts. Must not know: formats, sealing, where the bytes go. Runs in the
limited child. Every cleaner is one function, ``(source, *, file_type, out) -> Outcome``; it raises
``NotCleaned``, also after it has given parts, which are then thrown away.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from verification.clean_report import CleanPart, FileType, Listed, PartRole, Reason, Removed


class NotCleaned(Exception):
    """There will be no clean copy, and why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a cleaner found out beside the parts; fields as in ``CleanReport``.

    reason: where there are findings but no clean copy; parts that were given are then thrown away.
    file_type: where it is another than its first bytes showed.
    """

    removed: tuple[Removed, ...] = ()
    frames_total: int = 0
    frames_kept: int = 0
    thumbnail: bytes = b""
    listing: tuple[Listed, ...] = ()
    listed_total: int = 0
    reason: Reason | None = None
    file_type: FileType | None = None


class Parts:
    """The parts given so far. ``write`` takes their bytes, in order."""

    def __init__(self, write: Callable[[bytes | memoryview], object]) -> None:
        self._write = write
        self._end = 0
        self.given: list[CleanPart] = []

    def add(
        self,
        content: bytes | memoryview,
        *,
        role: PartRole,
        media_type: str,
        width: int = 0,
        height: int = 0,
        milliseconds: int = 0,
    ) -> None:
        """Give one whole part."""
        with self.growing(
            role=role, media_type=media_type, width=width, height=height, milliseconds=milliseconds
        ) as write:
            write(content)

    @property
    def end(self) -> int:
        """Where the next byte will lie."""
        return self._end

    def mark(self, part: CleanPart) -> None:
        """Give bytes that lie within another part a name of their own: a page inside a document."""
        self.given.append(part)

    @contextlib.contextmanager
    def growing(
        self, *, role: PartRole, media_type: str, width: int = 0, height: int = 0, milliseconds: int = 0
    ) -> Iterator[Callable[[bytes | memoryview], None]]:
        """Give one part piece by piece; it counts when the block ends without an error."""
        start = self._end

        def write(piece: bytes | memoryview) -> None:
            self._write(piece)
            self._end += len(piece)

        yield write
        self.given.append(
            CleanPart(
                role=role,
                media_type=media_type,
                start=start,
                length=self._end - start,
                width=width,
                height=height,
                milliseconds=milliseconds,
            )
        )


class Clean(Protocol):
    """A cleaner."""

    def __call__(self, source: BinaryIO, *, file_type: FileType, out: Parts) -> Outcome:
        """source: the plaintext, seekable, at its beginning. Raises NotCleaned, MemoryError."""
        ...

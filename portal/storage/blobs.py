"""The blob store as everybody sees it: sealed bytes under random names, written once, whole or not at all.

Owns: the protocol and the form of a name. Must not know: what is sealed, for whom, or where the bytes lie.
Source: 3-architecture rule 3, 4-sealing "Compartments of a tip, routing".

Writing: ``writer = blobs.create(rng=…)``, push sealed bytes into it, then ``writer.keep(day=…)``. Only when
``keep`` has returned are the bytes durable, and only then may a row that names them commit. ``discard`` is
harmless at any time and more than once.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol, Self

from portal.models.base import Rng

NAME_BYTES: Final = 16
_NAME: Final = re.compile(r"[0-9a-f]{32}")


def new_name(rng: Rng) -> str:
    """A random name of 32 hexadecimal characters; says nothing of order, owner or time."""
    return rng(NAME_BYTES).hex()


def checked_name(name: str) -> str:
    """``name``, or ValueError unless it has the form of a blob's name: no path can be smuggled in."""
    if not _NAME.fullmatch(name):
        raise ValueError("not a blob name")
    return name


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A blob as the store lists it. ``stored_on``: the day given to ``keep``, nothing finer."""

    name: str
    stored_on: date


class BlobWriter(Protocol):
    """One blob being written; nobody can open it before ``keep``."""

    @property
    def name(self) -> str:
        """The name it will have."""
        ...

    def write(self, sealed: bytes, /) -> int:
        """Append all of ``sealed``; returns its length. Raises RetryLater when the store is full."""
        ...

    def keep(self, *, day: date) -> None:
        """Make it durable and visible; ``day`` is the only time kept. Raises RetryLater, nothing kept."""
        ...

    def discard(self) -> None:
        """Give it up. Does nothing after ``keep``."""
        ...


class BlobReader(Protocol):
    """A stored blob, open for reading; close it."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move; returns the absolute position."""
        ...

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: types.TracebackType | None,
        /,
    ) -> None: ...


class Blobs(Protocol):
    """A store of sealed blobs."""

    def create(self, *, rng: Rng) -> BlobWriter:
        """Begin a blob under a fresh random name. Raises RetryLater when the store is full."""
        ...

    def open(self, name: str) -> BlobReader:
        """Open a kept blob. Raises BlobMissing; ValueError for what is no name."""
        ...

    def delete(self, name: str) -> None:
        """Remove a kept blob; one that is not there is no error. ValueError for what is no name."""
        ...

    def stored(self) -> Iterator[StoredBlob]:
        """Every kept blob, in no telling order."""
        ...

    def discard_unfinished(self, *, older_than_seconds: int) -> int:
        """Remove what crashed writers left behind; returns how many."""
        ...

    def level_times(self, *, day: date) -> int:
        """Give all blobs of ``day`` one common change time, where the store keeps one; returns how many."""
        ...

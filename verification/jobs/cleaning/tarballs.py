"""Tar archives, packed or not, by the headers of their entries: nothing in them is kept or written anywhere.

Runs in the limited child. A packed one has to be unpacked to be listed, so how much of it is looked at is
bounded: what becomes far larger than it is counts as a bomb. Must not know: keys, sealing.
Source: POSIX.1-2001 pax; gzip, bzip2 and xz by the standard library.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any, BinaryIO, Final

from verification.clean_report import FileType, Listed, Reason
from verification.jobs.cleaning.archives import BOMB_FACTOR, MAX_ENTRIES, MAX_LISTED, is_bomb, shown_name
from verification.jobs.cleaning.output import NotCleaned, Outcome, Parts

#: So much of a packed archive is unpacked, in passing, to find its entries.
MOST_UNPACKED: Final = 256 * 1024 * 1024
XZ_MEMORY_BYTES: Final = 96 * 1024 * 1024

_BROKEN: Final = (tarfile.TarError, OSError, EOFError, ValueError, OverflowError, zlib.error, lzma.LZMAError)


class _TooMuch(Exception):
    """More came out than is looked at."""


class _Bounded(io.RawIOBase):
    """What is unpacked, up to the bound."""

    def __init__(self, source: IO[bytes], *, most: int) -> None:
        super().__init__()
        self._source = source
        self._left = most

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if self._left <= 0:
            raise _TooMuch
        content = self._source.read(min(size, 1 << 20) if size >= 0 else 1 << 20)
        self._left -= len(content)
        return content


def _xz(source: BinaryIO) -> IO[bytes]:
    # The dictionary's length is the sender's choice, up to 4 GiB.
    lzma.LZMADecompressor(memlimit=XZ_MEMORY_BYTES).decompress(source.read(1 << 16), max_length=1)
    source.seek(0)
    return lzma.LZMAFile(source)


_UNPACK: Final[dict[bytes, Callable[[BinaryIO], Any]]] = {
    b"\x1f\x8b": lambda source: gzip.GzipFile(fileobj=source),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ": _xz,
}


def list_tarball(source: BinaryIO, *, file_type: FileType, out: Parts) -> Outcome:  # noqa: ARG001  # as every cleaner
    """What a tar archive holds. Raises NotCleaned for a broken or boundless one, or what is no tar inside."""
    length = source.seek(0, io.SEEK_END)
    source.seek(0)
    head = source.read(6)
    source.seek(0)
    unpack = next((unpack for magic, unpack in _UNPACK.items() if head.startswith(magic)), None)
    entries: list[tarfile.TarInfo] = []
    whole = True
    try:
        for entry in _entries(source, unpack):
            entries.append(entry)
            if len(entries) > MAX_ENTRIES:
                raise NotCleaned(Reason.OVER_LIMITS)
    except _TooMuch:
        whole = False
    except _BROKEN:
        if not (entries or unpack):
            raise NotCleaned(Reason.BROKEN) from None
    if unpack and whole and not entries:
        raise NotCleaned(Reason.TYPE_NOT_CLEANED)
    claimed = sum(entry.size for entry in entries)
    swollen = not whole and length * BOMB_FACTOR < MOST_UNPACKED
    return Outcome(
        reason=Reason.BOMB if swollen or is_bomb(claimed, length) else Reason.LISTED,
        listing=tuple(
            Listed(name=shown_name(entry.name), length=entry.size) for entry in entries[:MAX_LISTED]
        ),
        listed_total=len(entries),
    )


def _entries(source: BinaryIO, unpack: Callable[[BinaryIO], Any] | None) -> Iterator[tarfile.TarInfo]:
    # Names from Chinese systems are often GBK without saying so; escaped bytes are put right when shown.
    naming = {"encoding": "utf-8", "errors": "surrogateescape"}
    if unpack is None:
        with tarfile.open(fileobj=source, mode="r:", **naming) as archive:  # type: ignore[call-overload]  # typed for literals alone
            yield from archive
        return
    with unpack(source) as unpacked:
        stream = _Bounded(unpacked, most=MOST_UNPACKED)
        with tarfile.open(fileobj=stream, mode="r|", **naming) as archive:  # type: ignore[call-overload]  # typed for literals alone
            yield from archive

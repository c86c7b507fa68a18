"""A sealed original as FFmpeg reads it: to and fro between sound and pictures, from few opened blocks.

Old recordings have all sound behind all pictures, so that every packet lies somewhere else than the one
before; without blocks kept, each would open 64 KiB anew. Must not know: containers, keys.
"""

from __future__ import annotations

import io
from collections import OrderedDict
from typing import BinaryIO, Final

from portal.crypto.stream import CHUNK_BYTES

KEPT_BLOCKS: Final = 32


class Blocks:
    """A seekable file of bytes that keeps the blocks it was asked for last."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._length = source.seek(0, io.SEEK_END)
        self._at = 0
        self._kept: OrderedDict[int, bytes] = OrderedDict()

    @property
    def length(self) -> int:
        """Of the whole file, in bytes."""
        return self._length

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As of a file."""
        at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence]
        if at < 0:
            raise OSError("before the beginning")
        self._at = at
        return at

    def tell(self) -> int:
        """As of a file."""
        return self._at

    def read(self, size: int) -> bytes:
        """Some bytes, at most up to the end of a block; empty at the end."""
        number, start = divmod(self._at, CHUNK_BYTES)
        content = self._block(number)[start : start + size]
        self._at += len(content)
        return content

    def _block(self, number: int) -> bytes:
        if (kept := self._kept.get(number)) is not None:
            self._kept.move_to_end(number)
            return kept
        if number * CHUNK_BYTES >= self._length:
            return b""
        self._source.seek(number * CHUNK_BYTES)
        opened = self._source.read(CHUNK_BYTES)
        self._kept[number] = opened
        if len(self._kept) > KEPT_BLOCKS:
            self._kept.popitem(last=False)
        return opened

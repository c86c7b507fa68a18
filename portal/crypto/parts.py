"""One file that arrived in parts: a row of sealed objects, opened as if it were one.

Owns: the key of each part, and the check that all are there, in order, of their length. Must not know: how
parts come to be, where they lie. Source: FORMAT.md §4.7.

    key = part_key(file_key, head=first_id, part=object_id, number=2, is_last=False)     # to seal it
    PartedReader([(first_id, open_first), (second_id, open_second)], kind=…, file_key=…)  # to read them all
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Final, Protocol

from portal.crypto.header import ObjectKind
from portal.crypto.kdf import derive
from portal.crypto.stream import SealedReader, Source
from portal.errors import Tampered

MAX_PARTS: Final = 64


class Reader(Protocol):
    """A sealed object, opened: ``SealedReader``, or ``PartedReader``."""

    true_bytes: int

    def chunks(self) -> Iterator[bytes]:
        """The whole plaintext in pieces of at most 64 KiB. Raises Tampered."""
        ...

    def read_range(self, start: int, length: int) -> Iterator[bytes]:
        """Plaintext bytes start .. start + length, fewer at the end. Raises Tampered."""
        ...

    def close(self) -> None:
        """Let go of what it reads from."""
        ...


def part_key(file_key: bytes, *, head: uuid.UUID, part: uuid.UUID, number: int, is_last: bool) -> bytes:
    """The 32-byte key of one part, 0 … 63. head: the first part's object id. Source: FORMAT.md §4.7."""
    if not 0 <= number < MAX_PARTS:
        raise ValueError("a file has at most 64 parts")
    context = head.bytes + part.bytes + number.to_bytes(4, "big") + bytes([is_last])
    return derive(file_key, label="object/part", context=context)


class PartedReader:
    """Opens a file in parts; first and last at once, which fixes the length, each other when it is read.

    At most three sources are open at a time.
    """

    true_bytes: int

    def __init__(
        self,
        parts: Sequence[tuple[uuid.UUID, Callable[[], Source]]],
        *,
        kind: ObjectKind,
        file_key: bytes,
    ) -> None:
        """parts: object ids in order, the head's first, each with what opens its sealed bytes.

        Raises Tampered for a missing, foreign or moved part, and whatever the sources raise.
        """
        if not 2 <= len(parts) <= MAX_PARTS:
            raise Tampered("parts")
        self._parts = parts
        self._kind = kind
        self._file_key = file_key
        self._between: tuple[int, SealedReader] | None = None
        with ExitStack() as held:
            self._first = self._open(0)
            held.callback(self._first.close)
            self._last = self._open(len(parts) - 1)
            held.callback(self._last.close)
            if not 0 < self._last.true_bytes <= self._first.true_bytes:
                raise Tampered("part length")
            held.pop_all()
        self._part_bytes = self._first.true_bytes
        self.true_bytes = self._part_bytes * (len(parts) - 1) + self._last.true_bytes

    def chunks(self) -> Iterator[bytes]:
        """The whole plaintext in pieces of at most 64 KiB; a part is released as its chunks verify."""
        for number in range(len(self._parts)):
            yield from self._part(number).chunks()

    def read_range(self, start: int, length: int) -> Iterator[bytes]:
        """As ``SealedReader.read_range``, across parts."""
        if start < 0 or length < 0:
            raise ValueError("a range is not negative")
        end = min(start + length, self.true_bytes)
        while start < end:
            number, within = divmod(start, self._part_bytes)
            wanted = min(end - start, self._part_bytes - within)
            yield from self._part(number).read_range(within, wanted)
            start += wanted

    def close(self) -> None:
        """Let go of every source."""
        self._first.close()
        self._last.close()
        self._let_go()

    def _part(self, number: int) -> SealedReader:
        if number == 0:
            return self._first
        if number == len(self._parts) - 1:
            return self._last
        if self._between is not None and self._between[0] == number:
            return self._between[1]
        self._let_go()
        reader = self._open(number)
        self._between = (number, reader)
        if reader.true_bytes != self._part_bytes:
            raise Tampered("part length")
        return reader

    def _let_go(self) -> None:
        between, self._between = self._between, None
        if between is not None:
            between[1].close()

    def _open(self, number: int) -> SealedReader:
        object_id, open_source = self._parts[number]
        key = part_key(
            self._file_key,
            head=self._parts[0][0],
            part=object_id,
            number=number,
            is_last=number == len(self._parts) - 1,
        )
        with ExitStack() as held:
            source = open_source()
            held.callback(source.close)
            reader = SealedReader(source, kind=self._kind, object_id=object_id, file_key=key)
            held.pop_all()
        return reader

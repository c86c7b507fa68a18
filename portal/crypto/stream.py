"""Sealed objects of any size: a push writer, a seeking reader, and both at once for small ones.

Owns: chunks, nonces, padding and the refusal of everything that was not written whole. Memory is one chunk
each way, whatever the object's size. Must not know: storage, grants, or what the plaintext means.
Source: FORMAT.md §4.
"""

from __future__ import annotations

import io
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from portal.crypto.header import (
    CHUNK_BYTES,
    FLOOR_BYTES,
    HEADER_BYTES,
    MAX_FLOOR_BYTES,
    Header,
    ObjectKind,
    open_header,
)
from portal.crypto.kdf import SALT_BYTES, padme
from portal.crypto.suites import TAG_BYTES, u32
from portal.errors import Tampered

__all__ = [
    "CHUNK_BYTES",
    "ObjectKind",
    "SealedReader",
    "SealedSize",
    "SealingWriter",
    "open_bytes",
    "payload_bytes_for",
    "seal_bytes",
    "sealed_bytes_for",
]

MAX_PAYLOAD_BYTES: Final = 1 << 40
TRAILER_BYTES: Final = 8
SEALED_CHUNK_BYTES: Final = CHUNK_BYTES + TAG_BYTES

_ZEROS: Final = bytes(CHUNK_BYTES)


class Sink(Protocol):
    """Where sealed bytes go, in order. Each call gets bytes of its own, which it may keep."""

    def write(self, sealed: bytes, /) -> int | None:
        """Take some or all of the bytes; the number taken, or None for all."""
        ...


class Source(Protocol):
    """Where sealed bytes come from: a seekable binary file or anything that reads like one."""

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move to an offset; whence 2 counts from the end. Returns the absolute position."""
        ...

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; empty only at the end."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


@dataclass(frozen=True, slots=True)
class SealedSize:
    """How long an object is: as its writer gave it, and as it lies in storage."""

    true_bytes: int
    sealed_bytes: int


def payload_bytes_for(true_bytes: int, *, floor_bytes: int) -> int:
    """The padded length ``T`` of FORMAT.md §4.4."""
    return padme(max(true_bytes + TRAILER_BYTES, floor_bytes))


def sealed_bytes_for(true_bytes: int, *, kind: ObjectKind, at_least: int = 0) -> int:
    """How many bytes an object of this length takes in storage. Source: FORMAT.md §4.5."""
    payload = payload_bytes_for(true_bytes, floor_bytes=max(at_least, FLOOR_BYTES[kind]))
    return HEADER_BYTES + payload + TAG_BYTES * -(-payload // CHUNK_BYTES)


def _nonce(index: int, *, is_last: bool) -> bytes:
    return bytes(7) + u32(index) + (b"\x01" if is_last else b"\x00")


class SealingWriter:
    """Seals what is pushed into it, chunk by chunk, into a sink that is only ever written forward.

    After an error, ``abort`` or ``finish`` it refuses every further call: an interrupted object is never
    continued under the same key, a new attempt takes a new object and a new file key.
    """

    def __init__(
        self,
        out: Sink,
        *,
        kind: ObjectKind,
        object_id: uuid.UUID,
        file_key: bytes,
        at_least: int = 0,
        salt: bytes | None = None,
    ) -> None:
        """Write the header.

        out: takes the sealed bytes; not closed here. file_key: 32 random bytes, used for this object alone.
        at_least: least payload bytes, where the kind's own floor is too low. salt: 16 random bytes, given
        only by frozen vectors. Source: FORMAT.md §4.1.
        """
        floor = max(at_least, FLOOR_BYTES[kind])
        salt = secrets.token_bytes(SALT_BYTES) if salt is None else salt
        if floor > MAX_FLOOR_BYTES or len(salt) != SALT_BYTES:
            raise ValueError("the floor is at most 1 GiB and the salt 16 bytes")
        header = Header(kind=kind, object_id=object_id, floor_bytes=floor, salt=salt)
        chunk_key, commitment = header.keys(file_key)
        self._out = out
        self._aead: AESGCM | None = AESGCM(chunk_key)
        self._floor_bytes = floor
        self._buffer = bytearray(CHUNK_BYTES)
        self._filled = 0
        self._chunks = 0
        self._true_bytes = 0
        self._sealed_bytes = 0
        self._emit(header.bound() + commitment)

    def write(self, plaintext: bytes | bytearray | memoryview) -> None:
        """Seal some plaintext of any length; it is not kept after the call.

        ValueError once the writer is closed or the object would pass 2**40 bytes; whatever the sink raises.
        """
        view = memoryview(plaintext).cast("B")
        if self._aead is None:
            raise ValueError("this writer is closed")
        if self._true_bytes + len(view) + TRAILER_BYTES > MAX_PAYLOAD_BYTES:
            self.abort()
            raise ValueError("too long for one object")
        self._true_bytes += len(view)
        self._push(view)

    def finish(self) -> SealedSize:
        """Pad, write the true length and the last chunk; the object is whole only after this returns."""
        if self._aead is None:
            raise ValueError("this writer is closed")
        total = payload_bytes_for(self._true_bytes, floor_bytes=self._floor_bytes)
        padding = total - TRAILER_BYTES - self._true_bytes
        while padding:
            zeros = memoryview(_ZEROS)[:padding]
            self._push(zeros)
            padding -= len(zeros)
        end = self._filled + TRAILER_BYTES
        self._buffer[self._filled : end] = self._true_bytes.to_bytes(TRAILER_BYTES, "big")
        self._seal(memoryview(self._buffer)[:end], is_last=True)
        self.abort()
        return SealedSize(true_bytes=self._true_bytes, sealed_bytes=self._sealed_bytes)

    def abort(self) -> None:
        """Forget the key and what is buffered. What the sink has so far can never be opened as whole."""
        self._aead = None
        self._filled = 0
        self._buffer = bytearray()

    def _push(self, view: memoryview) -> None:
        """Seal every chunk that is full. None of them is the last: the trailer is always still to come."""
        taken = 0
        if self._filled:
            taken = min(CHUNK_BYTES - self._filled, len(view))
            self._buffer[self._filled : self._filled + taken] = view[:taken]
            self._filled += taken
            if self._filled < CHUNK_BYTES:
                return
            self._seal(memoryview(self._buffer), is_last=False)
            self._filled = 0
        while len(view) - taken >= CHUNK_BYTES:
            # Straight from the caller's memory: large writes are not copied first.
            self._seal(view[taken : taken + CHUNK_BYTES], is_last=False)
            taken += CHUNK_BYTES
        self._filled = len(view) - taken
        self._buffer[: self._filled] = view[taken:]

    def _seal(self, chunk: memoryview, *, is_last: bool) -> None:
        aead = self._aead
        if aead is None:
            raise ValueError("this writer is closed")
        sealed = aead.encrypt(_nonce(self._chunks, is_last=is_last), chunk, None)
        self._chunks += 1
        self._emit(sealed)

    def _emit(self, sealed: bytes) -> None:
        """Hand bytes to the sink, which may take them in parts; any failure closes the writer."""
        self._sealed_bytes += len(sealed)
        try:
            while sealed:
                taken = self._out.write(sealed)
                if taken == 0:
                    raise OSError("the sink takes no more bytes")
                sealed = b"" if taken is None else sealed[taken:]
        except BaseException:
            self.abort()
            raise


class SealedReader:
    """Opens a sealed object from a seekable source; refuses it before the first byte unless it is whole.

    The last chunk is authenticated at construction, which fixes the length. ``true_bytes`` is then exact.
    """

    true_bytes: int

    def __init__(self, source: Source, *, kind: ObjectKind, object_id: uuid.UUID, file_key: bytes) -> None:
        """Raises Tampered for a wrong key, object or kind, and for every cut or appended byte. §4.6."""
        sealed_bytes = source.seek(0, io.SEEK_END)
        self._source = source
        self._payload_bytes = _payload_of(sealed_bytes)
        self._last_index = (self._payload_bytes - 1) // CHUNK_BYTES
        header, chunk_key = open_header(
            self._read(0, HEADER_BYTES), kind=kind, object_id=object_id, file_key=file_key
        )
        self._aead = AESGCM(chunk_key)
        self._last = self._open(self._last_index)
        self.true_bytes = int.from_bytes(self._last[-TRAILER_BYTES:], "big")
        if self._payload_bytes != payload_bytes_for(self.true_bytes, floor_bytes=header.floor_bytes):
            raise Tampered("length")
        self._last = self._last[:-TRAILER_BYTES]

    def chunks(self) -> Iterator[bytes]:
        """The whole plaintext in pieces of at most 64 KiB, each released after its tag verifies.

        All padding is verified before the last piece is released. Raises Tampered.
        """
        held = b""
        for index in range(self._last_index + 1):
            piece = self._piece(index)
            if piece:
                if held:
                    yield held
                held = piece
        if held:
            yield held

    def read_range(self, start: int, length: int) -> Iterator[bytes]:
        """Plaintext bytes start .. start + length, fewer at the end of the object; opens only their chunks.

        ValueError for a negative start or length. Raises Tampered.
        """
        if start < 0 or length < 0:
            raise ValueError("a range is not negative")
        end = min(start + length, self.true_bytes)
        if start >= end:
            return
        for index in range(start // CHUNK_BYTES, (end - 1) // CHUNK_BYTES + 1):
            base = index * CHUNK_BYTES
            yield self._piece(index)[max(start - base, 0) : end - base]

    def close(self) -> None:
        """Let go of the source. Whoever streams calls it when the last byte is out, or the reader is gone."""
        self._source.close()

    def _piece(self, index: int) -> bytes:
        """The plaintext part of one chunk, possibly empty, its padding verified to be zero."""
        payload = self._last if index == self._last_index else self._open(index)
        plain = min(max(self.true_bytes - index * CHUNK_BYTES, 0), len(payload))
        if plain == len(payload):
            return payload
        if payload[plain:] != _ZEROS[: len(payload) - plain]:
            raise Tampered("padding")
        return payload[:plain]

    def _open(self, index: int) -> bytes:
        is_last = index == self._last_index
        plain = self._payload_bytes - index * CHUNK_BYTES if is_last else CHUNK_BYTES
        sealed = self._read(HEADER_BYTES + index * SEALED_CHUNK_BYTES, plain + TAG_BYTES)
        try:
            return self._aead.decrypt(_nonce(index, is_last=is_last), sealed, None)
        except InvalidTag:
            raise Tampered("chunk") from None

    def _read(self, offset: int, wanted: int) -> bytes:
        """Exactly that many bytes; a source that has shrunk since it was measured is refused."""
        self._source.seek(offset)
        sealed = self._source.read(wanted)
        while len(sealed) < wanted:
            more = self._source.read(wanted - len(sealed))
            if not more:
                raise Tampered("length")
            sealed += more
        return sealed


def _payload_of(sealed_bytes: int) -> int:
    """The payload length that a sealed size stands for; Tampered if it stands for none."""
    body = sealed_bytes - HEADER_BYTES
    chunks = -(-body // SEALED_CHUNK_BYTES)
    payload = body - chunks * TAG_BYTES
    last = payload - (chunks - 1) * CHUNK_BYTES
    if body <= 0 or last < TRAILER_BYTES or payload > MAX_PAYLOAD_BYTES:
        raise Tampered("length")
    return payload


def seal_bytes(
    plaintext: bytes,
    *,
    kind: ObjectKind,
    object_id: uuid.UUID,
    file_key: bytes,
    at_least: int = 0,
    salt: bytes | None = None,
) -> bytes:
    """A whole sealed object in memory; arguments as for ``SealingWriter``. Source: FORMAT.md §4."""
    out = io.BytesIO()
    writer = SealingWriter(
        out, kind=kind, object_id=object_id, file_key=file_key, at_least=at_least, salt=salt
    )
    writer.write(plaintext)
    writer.finish()
    return out.getvalue()


def open_bytes(sealed: bytes, *, kind: ObjectKind, object_id: uuid.UUID, file_key: bytes) -> bytes:
    """The whole plaintext of a sealed object in memory. Raises Tampered. Source: FORMAT.md §4.6."""
    reader = SealedReader(io.BytesIO(sealed), kind=kind, object_id=object_id, file_key=file_key)
    return b"".join(reader.chunks())

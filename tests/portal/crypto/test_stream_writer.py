"""The sealing writer and whatever it writes into: short takers, failures, memory. FORMAT.md §4."""

from __future__ import annotations

import io
import tracemalloc
import uuid

import pytest

from portal.crypto.header import HEADER_BYTES
from portal.crypto.stream import (
    SEALED_CHUNK_BYTES,
    ObjectKind,
    SealedReader,
    SealingWriter,
    open_bytes,
    seal_bytes,
)
from portal.errors import Tampered
from tests.vectors.object_vectors import plaintext_of

ID = uuid.UUID("00000000-0000-4000-8000-00000000000a")
KEY = bytes(range(32))
SALT = bytes(range(16))
FILE = ObjectKind.ATTACHMENT


def seal(plaintext: bytes) -> bytes:
    return seal_bytes(plaintext, kind=FILE, object_id=ID, file_key=KEY, salt=SALT)


def unseal(sealed: bytes) -> bytes:
    return open_bytes(sealed, kind=FILE, object_id=ID, file_key=KEY)


def writer_to(out: io.RawIOBase | io.BytesIO) -> SealingWriter:
    return SealingWriter(out, kind=FILE, object_id=ID, file_key=KEY, salt=SALT)


class Sink(io.RawIOBase):
    """Takes at most ``takes`` bytes a call; fails after ``room`` bytes; may answer None for all."""

    def __init__(self, *, takes: int = 10**9, room: int = 10**9, silent: bool = False) -> None:
        super().__init__()
        self.taken = b""
        self._takes, self._room, self._silent = takes, room, silent

    def write(self, sealed: bytes, /) -> int | None:  # type: ignore[override]  # bytes are all it is given
        part = sealed[: self._takes]
        if len(self.taken) + len(part) > self._room:
            raise OSError("disk full")
        self.taken += part
        return None if self._silent else len(part)


@pytest.mark.parametrize("sink", [Sink(takes=1000), Sink(takes=65551), Sink(silent=True)])
def test_sink_that_takes_bytes_in_parts_or_tells_nothing_gets_them_all(sink: Sink) -> None:
    writer = writer_to(sink)
    writer.write(plaintext_of(70_000))
    size = writer.finish()
    assert sink.taken == seal(plaintext_of(70_000))
    assert size.sealed_bytes == len(sink.taken)


def test_sink_that_takes_nothing_is_an_error_and_no_endless_loop() -> None:
    with pytest.raises(OSError, match="no more bytes"):
        writer_to(Sink(takes=0))


def test_writer_after_its_sink_failed_is_closed_for_good() -> None:
    sink = Sink(room=HEADER_BYTES + SEALED_CHUNK_BYTES)
    writer = writer_to(sink)
    with pytest.raises(OSError, match="disk full"):
        writer.write(plaintext_of(200_000))
    for call in (lambda: writer.write(b"more"), writer.finish):
        with pytest.raises(ValueError, match="closed"):
            call()
    with pytest.raises(Tampered):
        unseal(sink.taken)


def test_writer_after_abort_or_finish_refuses_more() -> None:
    for close in (SealingWriter.abort, SealingWriter.finish):
        out = io.BytesIO()
        writer = writer_to(out)
        writer.write(plaintext_of(100_000))
        close(writer)
        before = out.getvalue()
        with pytest.raises(ValueError, match="closed"):
            writer.write(b"more")
        with pytest.raises(ValueError, match="closed"):
            writer.finish()
        writer.abort()
        assert out.getvalue() == before
    with pytest.raises(ValueError, match="file key"):
        SealingWriter(io.BytesIO(), kind=FILE, object_id=ID, file_key=b"short")


def test_writer_does_not_keep_the_callers_memory() -> None:
    out = io.BytesIO()
    writer = writer_to(out)
    piece = bytearray(b"a" * 100)
    writer.write(piece)
    piece[:] = b"b" * 100
    writer.finish()
    assert unseal(out.getvalue()) == b"a" * 100


def test_sealing_and_opening_many_megabytes_takes_less_than_one() -> None:
    class Nowhere:
        def write(self, sealed: bytes, /) -> int:
            return len(sealed)

    piece = bytes(100_000)
    tracemalloc.start()
    try:
        writer = SealingWriter(Nowhere(), kind=FILE, object_id=ID, file_key=KEY)
        for _ in range(320):
            writer.write(piece)
        writer.finish()
        _, writing_peak = tracemalloc.get_traced_memory()
        sealed = seal(bytes(8_000_000))
        source = io.BytesIO(sealed)
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        reader = SealedReader(source, kind=FILE, object_id=ID, file_key=KEY)
        assert sum(len(part) for part in reader.chunks()) == 8_000_000
        _, reading_peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert writing_peak < 1 << 20
    assert reading_peak - before < 1 << 20

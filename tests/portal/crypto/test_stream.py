"""Sealed objects: what is written comes back whole, and nothing else comes back at all. FORMAT.md §4."""

from __future__ import annotations

import io
import random
import uuid
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.crypto.header import CHUNK_BYTES, FLOOR_BYTES, HEADER_BYTES, parse_header
from portal.crypto.kdf import padme
from portal.crypto.stream import (
    SEALED_CHUNK_BYTES,
    ObjectKind,
    SealedReader,
    SealedSize,
    SealingWriter,
    open_bytes,
    seal_bytes,
    sealed_bytes_for,
)
from portal.errors import Tampered
from tests.vectors.forge import Forgery, payload_of
from tests.vectors.object_vectors import plaintext_of

ID = uuid.UUID("00000000-0000-4000-8000-00000000000a")
KEY = bytes(range(32))
SALT = bytes(range(16))
FILE = ObjectKind.ATTACHMENT

# Around every place where the layout changes: floor, trailer into the next chunk, chunk, padding step.
EDGES = sorted(
    {
        max(edge + step, 0)
        for edge in (0, 1016, 1024, 65528, 65536, 131064, 131072, 131080, 196600, 196608, 262136, 262144)
        for step in (-1, 0, 1)
    }
)


def seal(plaintext: bytes, *, at_least: int = 0, file_key: bytes = KEY, salt: bytes = SALT) -> bytes:
    return seal_bytes(plaintext, kind=FILE, object_id=ID, file_key=file_key, at_least=at_least, salt=salt)


def unseal(sealed: bytes) -> bytes:
    return open_bytes(sealed, kind=FILE, object_id=ID, file_key=KEY)


def reader_of(sealed: bytes) -> SealedReader:
    return SealedReader(io.BytesIO(sealed), kind=FILE, object_id=ID, file_key=KEY)


def writer_to(out: io.RawIOBase | io.BytesIO, *, at_least: int = 0) -> SealingWriter:
    return SealingWriter(out, kind=FILE, object_id=ID, file_key=KEY, at_least=at_least, salt=SALT)


def forged(payload: bytes, *, floor: int = 1024) -> bytes:
    return Forgery(object_id=ID, file_key=KEY, salt=SALT, payload=payload, floor=floor).sealed()


def is_refused(sealed: bytes) -> bool:
    try:
        unseal(sealed)
    except Tampered:
        return True
    return False


def chunks_of(sealed: bytes) -> list[bytes]:
    body = sealed[HEADER_BYTES:]
    return [body[i : i + SEALED_CHUNK_BYTES] for i in range(0, len(body), SEALED_CHUNK_BYTES)]


# --- whole objects -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", EDGES)
def test_object_at_every_edge_comes_back_and_is_what_the_second_writer_makes(length: int) -> None:
    plaintext = plaintext_of(length)
    sealed = seal(plaintext)
    assert unseal(sealed) == plaintext
    assert sealed == forged(payload_of(plaintext, floor=1024))
    assert len(sealed) == sealed_bytes_for(length, kind=FILE)


@given(length=st.integers(0, 300_000), at_least=st.sampled_from([0, 1, 5000, 65536, 65537, 200_000]))
@settings(deadline=None, max_examples=60)
def test_object_of_any_length_and_floor_comes_back(length: int, at_least: int) -> None:
    plaintext = plaintext_of(length)
    sealed = seal(plaintext, at_least=at_least)
    assert unseal(sealed) == plaintext
    assert sealed == forged(payload_of(plaintext, floor=max(at_least, 1024)), floor=max(at_least, 1024))
    assert len(sealed) == sealed_bytes_for(length, kind=FILE, at_least=at_least)


@given(length=st.sampled_from(EDGES), cuts=st.lists(st.integers(0, 262_145), max_size=8))
@settings(deadline=None, max_examples=80)
def test_object_pushed_in_any_pieces_is_the_same(length: int, cuts: list[int]) -> None:
    plaintext = plaintext_of(length)
    out = io.BytesIO()
    writer = writer_to(out)
    marks = [0, *sorted(min(cut, length) for cut in cuts), length]
    for start, end in pairwise(marks):
        writer.write(memoryview(plaintext)[start:end])
    assert writer.finish() == SealedSize(true_bytes=length, sealed_bytes=len(out.getvalue()))
    assert out.getvalue() == seal(plaintext)


def test_objects_below_the_floor_are_equal_in_size() -> None:
    for kind, floor in FLOOR_BYTES.items():
        sizes = {len(seal_bytes(bytes(n), kind=kind, object_id=ID, file_key=KEY)) for n in (0, 1, floor - 8)}
        assert sizes == {HEADER_BYTES + floor + 16}
        above = seal_bytes(bytes(floor - 7), kind=kind, object_id=ID, file_key=KEY)
        assert len(above) > HEADER_BYTES + floor + 16


def test_true_length_always_lies_in_the_last_chunk() -> None:
    totals = {padme(n) for e in range(17, 41) for n in range(2**e, 2 ** (e + 1), 2 ** (e - 6))}
    assert len(totals) > 500
    assert all(total % CHUNK_BYTES == 0 or total % CHUNK_BYTES >= 2048 for total in totals)


def test_same_file_key_by_mistake_gives_another_chunk_key() -> None:
    first = seal_bytes(b"a", kind=FILE, object_id=ID, file_key=KEY)
    second = seal_bytes(b"a", kind=FILE, object_id=ID, file_key=KEY)
    assert parse_header(first[:HEADER_BYTES]).salt != parse_header(second[:HEADER_BYTES]).salt
    assert first[48:] != second[48:]


# --- refusal -----------------------------------------------------------------------------------------------


def test_small_object_cut_at_every_byte_is_refused() -> None:
    sealed = seal(b"short")
    assert unseal(sealed) == b"short"
    for length in range(len(sealed)):
        with pytest.raises(Tampered):
            reader_of(sealed[:length])


def test_object_of_three_chunks_cut_anywhere_is_refused_before_any_byte() -> None:
    sealed = seal(plaintext_of(140_000))
    edges = [HEADER_BYTES + i * SEALED_CHUNK_BYTES for i in range(3)] + [len(sealed)]
    near = {edge + step for edge in edges for step in range(-40, 41)}
    for length in sorted(near | set(range(0, len(sealed), 499))):
        if 0 <= length < len(sealed):
            with pytest.raises(Tampered):
                reader_of(sealed[:length])


def test_small_object_with_any_one_bit_flipped_is_refused() -> None:
    sealed = seal(b"short")
    for bit in range(len(sealed) * 8):
        flipped = bytearray(sealed)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Tampered):
            unseal(bytes(flipped))


def test_object_with_bytes_appended_is_refused() -> None:
    sealed = seal(plaintext_of(70_000))
    for extra in (b"\x00", bytes(16), bytes(24), chunks_of(sealed)[-1], sealed):
        with pytest.raises(Tampered):
            reader_of(sealed + extra)


def test_chunks_moved_dropped_repeated_or_foreign_are_refused() -> None:
    sealed = seal(plaintext_of(200_000))
    other = seal(plaintext_of(200_000), salt=bytes(16))
    foreign = seal(plaintext_of(200_000), file_key=bytes(32))
    header, (a, b, c, d) = sealed[:HEADER_BYTES], chunks_of(sealed)
    assert unseal(header + a + b + c + d) == plaintext_of(200_000)
    spliced = {
        "exchanged": header + b + a + c + d,
        "dropped": header + a + c + d,
        "repeated": header + a + a + c + d,
        "repeated and one more": header + a + b + b + c + d,
        "last in the middle": header + a + b + d,
        "without last": header + a + b + c,
        "middle as last": header + a + b + c + c[: len(d)],
        "chunk of another object": header + chunks_of(other)[0] + b + c + d,
        "last of another object": header + a + b + c + chunks_of(other)[3],
        "header of another object": other[:HEADER_BYTES] + a + b + c + d,
        "chunk under another key": header + chunks_of(foreign)[0] + b + c + d,
        "whole object under another key": foreign,
    }
    assert {name for name, splice in spliced.items() if is_refused(splice)} == set(spliced)


def test_object_asked_for_as_another_is_refused() -> None:
    sealed = seal(b"x")
    with pytest.raises(Tampered):
        open_bytes(sealed, kind=ObjectKind.CLEAN, object_id=ID, file_key=KEY)
    with pytest.raises(Tampered):
        open_bytes(sealed, kind=FILE, object_id=uuid.UUID(int=1), file_key=KEY)
    with pytest.raises(Tampered):
        open_bytes(sealed, kind=FILE, object_id=ID, file_key=bytes(32))


@pytest.mark.parametrize("damaged", range(4))
def test_damaged_chunk_releases_nothing_of_itself_or_after(damaged: int) -> None:
    plaintext = plaintext_of(200_000)
    sealed = bytearray(seal(plaintext))
    sealed[HEADER_BYTES + damaged * SEALED_CHUNK_BYTES] ^= 1
    released: list[bytes] = []
    with pytest.raises(Tampered):
        released.extend(reader_of(bytes(sealed)).chunks())
    assert plaintext.startswith(b"".join(released))
    assert len(b"".join(released)) <= damaged * CHUNK_BYTES


@pytest.mark.parametrize("place", [10, 70_000, 140_000, 199_999 - 8])
def test_padding_that_is_not_zero_is_refused_before_the_last_piece(place: int) -> None:
    payload = bytearray(payload_of(b"0123456789", floor=200_000))
    good = forged(bytes(payload), floor=200_000)
    assert unseal(good) == b"0123456789"
    payload[place] = 1
    with pytest.raises(Tampered):
        next(reader_of(forged(bytes(payload), floor=200_000)).chunks())


@given(st.binary(max_size=1400))
@example(b"XSUO\x01\x03\x00\x01\x00\x01\x00\x00\x00\x00\x04\x00" + ID.bytes + bytes(1200))
@settings(deadline=None, max_examples=300)
def test_reader_given_any_bytes_only_ever_raises_tampered(noise: bytes) -> None:
    with pytest.raises(Tampered):
        unseal(noise)


@given(st.binary(max_size=1100), st.integers(0, 4000))
@settings(deadline=None, max_examples=300)
def test_payload_of_any_bytes_under_the_right_key_opens_only_if_canonical(tail: bytes, length: int) -> None:
    payload = tail + length.to_bytes(8, "big")
    canonical = length <= len(tail) and payload == payload_of(tail[:length], floor=1024)
    if canonical:
        assert unseal(forged(payload)) == tail[:length]
    else:
        with pytest.raises(Tampered):
            unseal(forged(payload))


@pytest.mark.parametrize(
    ("zeros", "length"),
    [(1017, 1), (1079, 1), (1080, 1), (1143, 1080), (952, 1), (2040, 1), (4088, 1), (1016, 1017), (0, 0)],
)
def test_payload_padded_otherwise_than_its_length_says_is_refused(zeros: int, length: int) -> None:
    good = forged(
        bytes(1016) + length.to_bytes(8, "big") if length <= 1016 else payload_of(bytes(length), floor=1024)
    )
    assert unseal(good) == bytes(length)
    with pytest.raises(Tampered):
        unseal(forged(bytes(zeros) + length.to_bytes(8, "big")))


@pytest.mark.parametrize("last_bytes", range(8))
def test_last_chunk_too_short_for_the_length_is_refused(last_bytes: int) -> None:
    for before in (0, CHUNK_BYTES):
        with pytest.raises(Tampered):
            unseal(forged(bytes(before + last_bytes)))


def test_source_that_shrinks_after_it_was_measured_is_refused() -> None:
    source = io.BytesIO(seal(plaintext_of(200_000)))
    reader = SealedReader(source, kind=FILE, object_id=ID, file_key=KEY)
    source.truncate(HEADER_BYTES + SEALED_CHUNK_BYTES)
    pieces = reader.chunks()
    with pytest.raises(Tampered):
        list(pieces)


# --- ranges ------------------------------------------------------------------------------------------------


class CountingSource(io.BytesIO):
    """Remembers which sealed chunks were read."""

    def __init__(self, sealed: bytes) -> None:
        super().__init__(sealed)
        self.chunks_read: list[int] = []

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() >= HEADER_BYTES:
            self.chunks_read.append((self.tell() - HEADER_BYTES) // SEALED_CHUNK_BYTES)
        return super().read(size)


RANGE_PLAINTEXT = random.Random(7).randbytes(3 * CHUNK_BYTES + 500)
RANGE_SEALED = seal(RANGE_PLAINTEXT)
POSITIONS = st.one_of(
    st.integers(0, len(RANGE_PLAINTEXT) + 10),
    st.builds(lambda n, step: n * CHUNK_BYTES + step, st.integers(1, 3), st.integers(-1, 1)),
)


@given(start=POSITIONS, length=POSITIONS)
@settings(deadline=None, max_examples=200)
def test_range_is_the_slice_and_reads_only_its_chunks(start: int, length: int) -> None:
    source = CountingSource(RANGE_SEALED)
    reader = SealedReader(source, kind=FILE, object_id=ID, file_key=KEY)
    assert source.chunks_read == [3]
    source.chunks_read.clear()
    wanted = RANGE_PLAINTEXT[start : start + length]
    assert b"".join(reader.read_range(start, length)) == wanted
    last = (start + len(wanted) - 1) // CHUNK_BYTES
    covering = range(start // CHUNK_BYTES, last + 1) if wanted else []
    assert source.chunks_read == [index for index in covering if index < 3]


def test_range_that_is_negative_is_a_mistake_of_the_caller() -> None:
    reader = reader_of(seal(b"abc"))
    for start, length in ((-1, 2), (0, -1)):
        with pytest.raises(ValueError, match="not negative"):
            list(reader.read_range(start, length))


def test_two_walks_over_one_reader_do_not_disturb_each_other() -> None:
    reader = reader_of(RANGE_SEALED)
    walk, again = reader.chunks(), reader.chunks()
    mixed = [(left, right) for left, right in zip(walk, again, strict=True)]
    assert b"".join(left for left, _ in mixed) == RANGE_PLAINTEXT
    assert b"".join(right for _, right in mixed) == RANGE_PLAINTEXT

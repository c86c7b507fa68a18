"""The 80 bytes at the front. FORMAT.md §4.1 to §4.3."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.crypto.header import FLOOR_BYTES, HEADER_BYTES, Header, ObjectKind, open_header, parse_header
from portal.errors import Tampered

ID = uuid.UUID(int=1, version=4)
KEY = bytes(range(32))


@given(
    kind=st.sampled_from(ObjectKind),
    object_id=st.uuids(),
    floor=st.integers(0, 2**30 - 16384),
    salt=st.binary(min_size=16, max_size=16),
)
def test_header_is_read_back_and_authenticated(
    kind: ObjectKind, object_id: uuid.UUID, floor: int, salt: bytes
) -> None:
    header = Header(kind=kind, object_id=object_id, floor_bytes=floor + FLOOR_BYTES[kind], salt=salt)
    chunk_key, commitment = header.keys(KEY)
    encoded = header.bound() + commitment
    assert len(encoded) == HEADER_BYTES
    assert parse_header(encoded) == header
    assert open_header(encoded, kind=kind, object_id=object_id, file_key=KEY) == (header, chunk_key)


def test_header_with_any_bit_flipped_is_refused() -> None:
    header = Header(kind=ObjectKind.MESSAGE, object_id=ID, floor_bytes=4096, salt=bytes(16))
    encoded = header.bound() + header.keys(KEY)[1]
    for bit in range(len(encoded) * 8):
        flipped = bytearray(encoded)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Tampered):
            open_header(bytes(flipped), kind=ObjectKind.MESSAGE, object_id=ID, file_key=KEY)


def test_header_commits_to_its_file_key() -> None:
    header = Header(kind=ObjectKind.MESSAGE, object_id=ID, floor_bytes=4096, salt=bytes(16))
    encoded = header.bound() + header.keys(KEY)[1]
    assert open_header(encoded, kind=ObjectKind.MESSAGE, object_id=ID, file_key=KEY)[0] == header
    with pytest.raises(Tampered) as caught:
        open_header(encoded, kind=ObjectKind.MESSAGE, object_id=ID, file_key=bytes(32))
    assert caught.value.part == "header commitment"
    with pytest.raises(ValueError, match="32 bytes"):
        header.keys(KEY[:16])


@pytest.mark.parametrize("kind", ObjectKind)
def test_header_with_a_floor_outside_its_bounds_is_refused(kind: ObjectKind) -> None:
    def with_floor(floor: int) -> bytes:
        return Header(kind=kind, object_id=ID, floor_bytes=floor, salt=bytes(16)).bound() + bytes(32)

    for floor in (FLOOR_BYTES[kind], 2**30):
        assert parse_header(with_floor(floor)).floor_bytes == floor
    for floor in (0, FLOOR_BYTES[kind] - 1, 2**30 + 1, 2**32 - 1):
        with pytest.raises(Tampered):
            parse_header(with_floor(floor))


def test_every_kind_has_a_number_and_a_floor_of_its_own() -> None:
    assert [int(kind) for kind in ObjectKind] == list(range(1, 14))
    assert set(FLOOR_BYTES) == set(ObjectKind)


@given(st.binary(max_size=100))
def test_header_of_any_bytes_only_ever_raises_tampered(noise: bytes) -> None:
    with pytest.raises(Tampered):
        parse_header(noise)

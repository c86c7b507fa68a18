"""Records, fixed sizes, and an identity that needs both halves. FORMAT.md §11."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.crypto.compartments import (
    IDENTITY_SEALED_BYTES,
    MAX_IDENTITY_BYTES,
    MAX_RECORD_BYTES,
    STATEMENT_SEALED_BYTES,
    Half,
    decode_record,
    encode_record,
    halve_file_key,
    join_identity,
    open_half,
    open_identity,
    open_record,
    open_statement,
    seal_half,
    seal_identity,
    seal_record,
    seal_statement,
    split_identity,
)
from portal.crypto.recipients import PrivateKey
from portal.crypto.stream import ObjectKind, seal_bytes
from portal.errors import Tampered, TooLong

DESK = PrivateKey.from_bytes(bytes(range(96)))
DIRECTOR = PrivateKey.from_bytes(bytes(range(1, 97)))
OBJECT, DESK_ID, DIRECTOR_ID, OTHER_ID = (uuid.UUID(int=n, version=4) for n in (1, 2, 3, 4))
KEY = bytes(range(32))

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
RECORDS = st.dictionaries(TEXTS, VALUES, max_size=4)


# --- records -----------------------------------------------------------------------------------------------


@given(RECORDS)
@settings(deadline=None)
def test_record_comes_back_and_has_one_encoding(record: dict[str, Any]) -> None:
    encoded = encode_record(record)
    assert decode_record(encoded) == record
    assert encode_record(dict(reversed(record.items()))) == encoded


@given(RECORDS, st.integers(0, 200), st.integers(0, 255))
@settings(deadline=None)
def test_record_with_a_byte_changed_is_refused_or_is_canonical_too(
    record: dict[str, Any], place: int, octet: int
) -> None:
    encoded = bytearray(encode_record(record))
    encoded[place % len(encoded)] = octet
    with suppress(Tampered):
        assert encode_record(decode_record(bytes(encoded))) == bytes(encoded)


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), float("inf"), 2**53, -(2**53), "\ud800", b"bytes", {1: 2}, {"a"}, [object()]]
)
def test_record_with_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        encode_record({"a": value})


def test_record_above_a_mebibyte_or_nested_beyond_reason_is_refused() -> None:
    largest = {"a": "x" * (MAX_RECORD_BYTES - 8)}
    assert decode_record(encode_record(largest)) == largest
    with pytest.raises(ValueError, match="1 MiB"):
        encode_record({"a": "x" * (MAX_RECORD_BYTES - 7)})
    for hostile in (
        b'{"a":' * 100_000,
        b'{"a":"' + b"x" * MAX_RECORD_BYTES + b'"}',
        b'{"a":' + b"9" * 9000 + b"}",
    ):
        with pytest.raises(Tampered):
            decode_record(hostile)


@given(st.binary(max_size=60))
def test_record_of_any_bytes_only_ever_raises_tampered(noise: bytes) -> None:
    with suppress(Tampered):
        assert encode_record(decode_record(noise)) == noise


def test_record_sealed_as_one_kind_opens_as_that_kind_alone() -> None:
    brief = {"核查": "路灯"}
    sealed = seal_record(brief, kind=ObjectKind.BRIEF, object_id=OBJECT, file_key=KEY)
    assert open_record(sealed, kind=ObjectKind.BRIEF, object_id=OBJECT, file_key=KEY) == brief
    with pytest.raises(Tampered):
        open_record(sealed, kind=ObjectKind.MESSAGE, object_id=OBJECT, file_key=KEY)
    not_a_record = seal_bytes(b"plain", kind=ObjectKind.BRIEF, object_id=OBJECT, file_key=KEY)
    with pytest.raises(Tampered):
        open_record(not_a_record, kind=ObjectKind.BRIEF, object_id=OBJECT, file_key=KEY)


# --- sizes -------------------------------------------------------------------------------------------------


def statement(*, characters: int, attachments: int) -> dict[str, Any]:
    """As long as people write them: a camera's or a phone's file names, a unit, a place."""
    return {
        "account": "路" * characters,
        "place": "城关街道解放路",
        "subject": "城关街道办事处",
        "fingerprint": "ab" * 32,
        "attachments": [
            {
                "id": str(uuid.UUID(int=n)),
                "name": f"微信图片_20260302{n:06}.jpg",
                "type": "image/jpeg",
                "bytes": n,
            }
            for n in range(attachments)
        ],
    }


def test_statements_short_and_long_with_no_or_twenty_files_are_equal_in_size() -> None:
    sizes = set()
    for characters, attachments in ((20, 0), (20, 20), (3000, 0), (3000, 20)):
        record = statement(characters=characters, attachments=attachments)
        sealed = seal_statement(record, object_id=OBJECT, file_key=KEY)
        assert open_statement(sealed, object_id=OBJECT, file_key=KEY) == record
        sizes.add(len(sealed))
    assert sizes == {STATEMENT_SEALED_BYTES} == {16480}


def test_statement_longer_than_its_size_is_kept_whole() -> None:
    record = statement(characters=8000, attachments=20)
    sealed = seal_statement(record, object_id=OBJECT, file_key=KEY)
    assert len(sealed) > STATEMENT_SEALED_BYTES
    assert open_statement(sealed, object_id=OBJECT, file_key=KEY) == record


def test_identity_empty_or_full_is_one_size() -> None:
    fullest = {"a": "x" * (MAX_IDENTITY_BYTES - 8)}
    for record in ({}, {"name": "张三", "phone": "13800000000"}, fullest):
        sealed = seal_identity(record, object_id=OBJECT, file_key=KEY)
        assert len(sealed) == IDENTITY_SEALED_BYTES == 4192
        assert open_identity(sealed, object_id=OBJECT, file_key=KEY) == record
    with pytest.raises(TooLong) as caught:
        seal_identity({"a": "x" * (MAX_IDENTITY_BYTES - 7)}, object_id=OBJECT, file_key=KEY)
    assert (caught.value.actual_bytes, caught.value.max_bytes) == (4089, 4088)


def test_identity_of_another_size_is_refused() -> None:
    for plaintext, at_least in ((encode_record({}), 8192), (encode_record({"a": "x" * 5000}), 0)):
        sealed = seal_bytes(
            plaintext, kind=ObjectKind.IDENTITY, object_id=OBJECT, file_key=KEY, at_least=at_least
        )
        with pytest.raises(Tampered):
            open_identity(sealed, object_id=OBJECT, file_key=KEY)


# --- halves ------------------------------------------------------------------------------------------------


def test_identity_opens_with_both_halves_and_with_neither_alone() -> None:
    sealed = seal_identity({"name": "张三"}, object_id=OBJECT, file_key=KEY)
    grants = split_identity(
        KEY,
        object_id=OBJECT,
        desk=DESK.public(),
        desk_key_id=DESK_ID,
        director=DIRECTOR.public(),
        director_key_id=DIRECTOR_ID,
    )
    desk_half = open_half(
        grants.to_desk, half=Half.DESK, private=DESK, recipient_key_id=DESK_ID, object_id=OBJECT
    )
    director_half = open_half(
        grants.to_director,
        half=Half.DIRECTOR,
        private=DIRECTOR,
        recipient_key_id=DIRECTOR_ID,
        object_id=OBJECT,
    )
    joined = join_identity(desk_half=desk_half, director_half=director_half)
    assert open_identity(sealed, object_id=OBJECT, file_key=joined) == {"name": "张三"}
    false = bytes(31) + b"\x01"
    for wrong in (
        desk_half,
        director_half,
        join_identity(desk_half=desk_half, director_half=desk_half),
        join_identity(desk_half=desk_half, director_half=false),
    ):
        with pytest.raises(Tampered):
            open_identity(sealed, object_id=OBJECT, file_key=wrong)


def test_halves_are_fresh_each_time_and_join_to_the_key() -> None:
    halves = [halve_file_key(KEY) for _ in range(50)]
    assert len({half.desk for half in halves}) == len({half.director for half in halves}) == 50
    assert {join_identity(desk_half=h.desk, director_half=h.director) for h in halves} == {KEY}
    for short in (b"", bytes(31), bytes(33)):
        with pytest.raises(ValueError, match="32 bytes"):
            halve_file_key(short)


def test_half_in_another_place_is_refused() -> None:
    sealed = seal_half(KEY, half=Half.DESK, to=DESK.public(), recipient_key_id=DESK_ID, object_id=OBJECT)
    opened = partial(
        open_half, sealed, half=Half.DESK, private=DESK, recipient_key_id=DESK_ID, object_id=OBJECT
    )
    assert opened() == KEY
    attempts: list[Callable[[], bytes]] = [
        partial(opened, half=Half.DIRECTOR),
        partial(opened, private=DIRECTOR),
        partial(opened, recipient_key_id=OTHER_ID),
        partial(opened, object_id=OTHER_ID),
    ]
    for attempt in attempts:
        with pytest.raises(Tampered):
            attempt()
    with pytest.raises(ValueError, match="32 bytes"):
        seal_half(b"", half=Half.DESK, to=DESK.public(), recipient_key_id=DESK_ID, object_id=OBJECT)


def test_half_passed_on_at_a_joint_opening_opens_for_the_other_person() -> None:
    staff, staff_id = PrivateKey.generate(), OTHER_ID
    passed = seal_half(KEY, half=Half.DESK, to=staff.public(), recipient_key_id=staff_id, object_id=OBJECT)
    opened = open_half(passed, half=Half.DESK, private=staff, recipient_key_id=staff_id, object_id=OBJECT)
    assert opened == KEY

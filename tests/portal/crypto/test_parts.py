"""Files in parts: opened as one, and not at all once a part is missing, moved or of another length."""

from __future__ import annotations

import functools
import io
import uuid
from collections.abc import Callable
from itertools import pairwise

import pytest

from portal.crypto.parts import MAX_PARTS, PartedReader, part_key
from portal.crypto.stream import ObjectKind, SealedReader, Source, open_bytes, seal_bytes
from portal.errors import Tampered

KEY = bytes(range(32))
FILE = ObjectKind.ATTACHMENT
PART = 70_000
IDS = [uuid.UUID(int=number + 1) for number in range(5)]

Part = tuple[uuid.UUID, bytes]


def plaintext(length: int) -> bytes:
    return bytes(at * 7 % 251 for at in range(length))


def seal(
    content: bytes, *, part_bytes: int = PART, key: bytes = KEY, ids: list[uuid.UUID] = IDS
) -> list[Part]:
    pieces = [content[at : at + part_bytes] for at in range(0, len(content), part_bytes)]
    return [
        (
            ids[number],
            seal_bytes(
                piece,
                kind=FILE,
                object_id=ids[number],
                file_key=part_key(
                    key, head=ids[0], part=ids[number], number=number, is_last=number == len(pieces) - 1
                ),
            ),
        )
        for number, piece in enumerate(pieces)
    ]


def opener(sealed: bytes) -> Callable[[], Source]:
    return lambda: io.BytesIO(sealed)


def read(parts: list[Part]) -> bytes:
    reader = PartedReader(
        [(object_id, opener(sealed)) for object_id, sealed in parts], kind=FILE, file_key=KEY
    )
    return b"".join(reader.chunks())


@pytest.mark.parametrize("length", [PART + 1, 2 * PART - 1, 2 * PART, 2 * PART + 1, 5 * PART])
def test_parts_open_as_one(length: int) -> None:
    content = plaintext(length)
    parts = seal(content)
    assert read(parts) == content
    reader = PartedReader([(name, opener(sealed)) for name, sealed in parts], kind=FILE, file_key=KEY)
    assert reader.true_bytes == length
    for start, end in pairwise(sorted((0, 1, PART - 1, PART, PART + 1, length - 1, length, length + 10))):
        assert b"".join(reader.read_range(start, end - start)) == content[start:end]
    assert b"".join(reader.read_range(PART - 5, length)) == content[PART - 5 :]
    with pytest.raises(ValueError, match="negative"):
        list(reader.read_range(-1, 2))


def test_any_part_missing_moved_repeated_or_foreign_is_refused() -> None:
    parts = seal(plaintext(4 * PART + 9))
    others = seal(plaintext(4 * PART + 9)[::-1], key=bytes(32))
    for wrong in (
        parts[:-1],
        parts[1:],
        parts[:1],
        [parts[0], parts[2], parts[1], *parts[3:]],
        [parts[0], parts[1], parts[1], *parts[3:]],
        [parts[0], parts[1], *parts[3:]],
        [*parts, parts[-1]],
        [*parts[:2], others[2], *parts[3:]],
        [others[0], *parts[1:]],
    ):
        with pytest.raises(Tampered):
            read(wrong)


def test_flipped_or_cut_part_is_refused() -> None:
    parts = seal(plaintext(3 * PART))
    for number, (name, sealed) in enumerate(parts):
        for broken in (sealed[:-1], sealed[: len(sealed) // 2], sealed[:100] + b"\x00" + sealed[101:], b""):
            with pytest.raises(Tampered):
                read([*parts[:number], (name, broken), *parts[number + 1 :]])


def test_head_is_no_whole_file_and_a_whole_file_is_no_head() -> None:
    parts = seal(plaintext(2 * PART))
    with pytest.raises(Tampered):
        SealedReader(io.BytesIO(parts[0][1]), kind=FILE, object_id=IDS[0], file_key=KEY)
    whole = seal_bytes(plaintext(PART), kind=FILE, object_id=IDS[0], file_key=KEY)
    with pytest.raises(Tampered):
        read([(IDS[0], whole), parts[1]])
    assert open_bytes(whole, kind=FILE, object_id=IDS[0], file_key=KEY) == plaintext(PART)


@pytest.mark.parametrize("lengths", [(100, 200, 100), (100, 50, 100), (100, 100, 101), (100, 100, 0)])
def test_part_of_another_length_is_refused_even_from_who_holds_the_key(lengths: tuple[int, ...]) -> None:
    parts = [
        (
            IDS[number],
            seal_bytes(
                plaintext(length),
                kind=FILE,
                object_id=IDS[number],
                file_key=part_key(
                    KEY, head=IDS[0], part=IDS[number], number=number, is_last=number == len(lengths) - 1
                ),
            ),
        )
        for number, length in enumerate(lengths)
    ]
    with pytest.raises(Tampered):
        read(parts)


def test_key_differs_by_everything_it_is_bound_to() -> None:
    base = {"head": IDS[0], "part": IDS[1], "number": 1, "is_last": False}
    keys = {
        part_key(KEY, **{**base, **change})  # type: ignore[arg-type]  # one field at a time
        for change in ({}, {"head": IDS[2]}, {"part": IDS[2]}, {"number": 2}, {"is_last": True})
    }
    assert len(keys | {part_key(bytes(32), head=IDS[0], part=IDS[1], number=1, is_last=False)}) == 6
    with pytest.raises(ValueError, match="64"):
        part_key(KEY, head=IDS[0], part=IDS[1], number=MAX_PARTS, is_last=True)


def test_reader_lets_go_of_every_source() -> None:
    opened: list[io.BytesIO] = []

    def open_source(sealed: bytes) -> Source:
        opened.append(io.BytesIO(sealed))
        return opened[-1]

    parts = seal(plaintext(5 * PART))
    sources = [(name, functools.partial(open_source, sealed)) for name, sealed in parts]
    reader = PartedReader(sources, kind=FILE, file_key=KEY)
    for _ in reader.chunks():
        assert sum(not source.closed for source in opened) <= 3
    reader.close()
    assert opened
    assert all(source.closed for source in opened)
    opened.clear()
    sources[-1] = (IDS[4], functools.partial(open_source, b"cut"))
    with pytest.raises(Tampered):
        PartedReader(sources, kind=FILE, file_key=KEY)
    assert all(source.closed for source in opened)

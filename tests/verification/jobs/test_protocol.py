"""What a child may say: frames in one order, of bounded size; anything else ends the conversation."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.crypto.recipients import SEALED_FILE_KEY_BYTES
from portal.errors import Tampered
from verification.clean_report import (
    CleanPart,
    CleanReport,
    FileType,
    Listed,
    PartRole,
    Reason,
    Removed,
)
from verification.jobs.cleaning import protocol
from verification.jobs.cleaning.protocol import (
    FRAME_HEAD,
    BadFrames,
    CleanRequest,
    Ending,
    Frame,
    FrameReader,
    frame,
)
from verification.jobs.cleaning.sniffing import file_type_of

KEY = bytes(SEALED_FILE_KEY_BYTES)
WHOLE = [
    (Frame.CLEAN, b"abc"),
    (Frame.CLEAN, b"d"),
    (Frame.CLEAN_KEY, KEY),
    (Frame.REPORT, b"report"),
    (Frame.REPORT_KEY, KEY),
    (Frame.END, b""),
]


def said(frames: list[tuple[Frame, bytes]]) -> bytes:
    return b"".join(frame(kind, content) for kind, content in frames)


@given(st.integers(min_value=1, max_value=5000))
def test_frames_are_read_whatever_the_pieces(size: int) -> None:
    reader, spoken = FrameReader(original_bytes=2), said(WHOLE)
    found = [one for at in range(0, len(spoken), size) for one in reader.feed(spoken[at : at + size])]
    assert found == WHOLE
    assert (reader.is_whole, reader.clean_bytes) == (True, 4)


def test_report_alone_is_whole() -> None:
    reader = FrameReader(original_bytes=2)
    assert list(reader.feed(said(WHOLE[3:]))) == WHOLE[3:]
    assert reader.is_whole


@pytest.mark.parametrize("count", range(len(WHOLE)))
def test_answer_that_ends_early_is_not_whole(count: int) -> None:
    reader = FrameReader(original_bytes=2)
    list(reader.feed(said(WHOLE[:count])))
    assert not reader.is_whole


def test_clean_copy_that_was_given_up_halfway_leaves_a_report_alone() -> None:
    reader = FrameReader(original_bytes=2)
    kinds = [kind for kind, _content in reader.feed(said([WHOLE[0], *WHOLE[3:]]))]
    assert reader.is_whole
    assert Frame.CLEAN_KEY not in kinds


@pytest.mark.parametrize(
    "spoken",
    [
        said([WHOLE[2]]),
        said([WHOLE[0], WHOLE[-1]]),
        said([*WHOLE[3:], (Frame.END, b"")]),
        said([WHOLE[3], WHOLE[3]]),
        said([(Frame.END, b"")]),
        FRAME_HEAD.pack(9, 0),
        FRAME_HEAD.pack(Frame.CLEAN, 128 * 1024 + 1),
        FRAME_HEAD.pack(Frame.REPORT, 2**31),
        said([WHOLE[0]]) + FRAME_HEAD.pack(Frame.CLEAN_KEY, SEALED_FILE_KEY_BYTES - 1),
        said([*WHOLE[3:5]]) + FRAME_HEAD.pack(Frame.END, 1),
    ],
    ids=[
        "key first", "no clean key", "two ends", "two reports", "end first", "unknown", "long piece",
        "long report", "short key", "end with bytes",
    ],
)  # fmt: skip
def test_answer_out_of_order_or_size_is_refused(spoken: bytes) -> None:
    with pytest.raises(BadFrames):
        list(FrameReader(original_bytes=2).feed(spoken))


def test_clean_copy_beyond_the_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "CLEAN_BYTES_FLOOR", 5)
    reader = FrameReader(original_bytes=2)
    assert list(reader.feed(said([(Frame.CLEAN, b"12345")]))) != []
    with pytest.raises(BadFrames):
        list(reader.feed(said([(Frame.CLEAN, b"6")])))


def test_request_and_ending_come_back_as_they_were() -> None:
    ids = [uuid.UUID(int=number) for number in range(4)]
    request = CleanRequest(
        object_id=ids[0], kind=3, clean_id=ids[1], report_id=ids[2], recipient_key_id=ids[3],
        recipient_public=bytes(1216), reason=Reason.OVER_LIMITS,
    )  # fmt: skip
    assert CleanRequest.decode(request.encode()) == request
    assert len(request.encode()) < protocol.MAX_MESSAGE_BYTES
    ending = Ending(code=-9, timed_out=True, peak_bytes=10, cpu_seconds=0.5)
    assert Ending.decode(ending.encode()) == ending


def test_report_comes_back_as_it_was() -> None:
    report = CleanReport(
        reason=None, file_type=FileType.JPEG, original_bytes=10, sha256="aa", sm3="bb",
        removed=(Removed.POSITION, Removed.TIME), thumbnail=b"\xff\xd8",
        listing=(Listed(name="a", length=9),),
        parts=(CleanPart(role=PartRole.COPY, media_type="image/jpeg", start=0, length=7, width=3, height=4),),
    )  # fmt: skip
    assert CleanReport.decode(report.encode()) == report


@pytest.mark.parametrize(
    "encoded",
    [b"{}", b"[]", b'{"reason":"made-up"}', b"", b"\xff"],
    ids=["nothing in it", "a list", "unknown reason", "empty", "no text"],
)
def test_report_of_another_form_is_refused(encoded: bytes) -> None:
    with pytest.raises(Tampered):
        CleanReport.decode(encoded)


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"\xff\xd8\xff\xe0", FileType.JPEG),
        (b"\x00\x00\x00\x18ftypheic", FileType.HEIC),
        (b"\x00\x00\x00\x18ftypavif", FileType.AVIF),
        (b"\x00\x00\x00\x18ftypisom", FileType.VIDEO),
        (b"\x00\x00\x00\x18ftypM4A ", FileType.AUDIO),
        (b"RIFF\x00\x00\x00\x00WEBP", FileType.WEBP),
        (b"RIFF\x00\x00\x00\x00WAVE", FileType.AUDIO),
        (b"RIFF", FileType.UNKNOWN),
        (b"%PDF-1.4", FileType.PDF),
        ("来信".encode(), FileType.TEXT),
        ("来信".encode("gb18030"), FileType.TEXT),
        (b"<svg onload=alert(1)>", FileType.UNKNOWN),
        (b"\x00\x01\x02\x03", FileType.UNKNOWN),
        (b"", FileType.UNKNOWN),
    ],
)
def test_type_is_what_the_first_bytes_show(head: bytes, found: FileType) -> None:
    assert file_type_of(head) is found

"""The push sink: whole files sealed as they come, behind a door that may stay shut, on a full disk too."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.crypto.header import CHUNK_BYTES
from portal.crypto.stream import ObjectKind
from portal.models import Rng
from portal.storage import multipart
from portal.storage.errors import Busy, RetryLater
from portal.storage.filesystem import FileBlobs
from portal.storage.multipart import READ_BYTES, receive
from portal.storage.received import (
    Limits,
    Received,
    Refused,
)
from tests.support.intake_server import BOUNDARY
from tests.support.intake_server import multipart as body_of
from tests.support.sink import (
    KIB,
    ClosedDoor,
    CountedStream,
    NotToday,
    OpenDoor,
    blobs_on_disk,
    opened,
    sealing_with,
    take,
)


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs")


def test_fields_and_files_come_out_sealed_and_open_again(blobs: FileBlobs, rng: Rng, tmp_path: Path) -> None:
    photo, letter = rng(200 * KIB), rng(70)
    body = body_of({"a": "一", "b": ["1", "2"]}, [("files", "照片.jpg", photo), ("scan", "信.pdf", letter)])
    received = take(body, sealing_with(blobs, rng))
    assert list(received.fields.items(multi=True)) == [("a", "一"), ("b", "1"), ("b", "2")]
    assert received.problems == []
    assert [(f.field, f.name, f.declared_type, f.true_bytes, f.kind) for f in received.files] == [
        ("files", "照片.jpg", "application/octet-stream", len(photo), ObjectKind.ATTACHMENT),
        ("scan", "信.pdf", "application/octet-stream", len(letter), ObjectKind.DOCUMENT),
    ]
    assert [opened(file, blobs) for file in received.files] == [photo, letter]
    assert blobs_on_disk(tmp_path) == {file.blob_name for file in received.files}
    assert len({file.file_key for file in received.files}) == 2


EDGES = sorted(
    {
        max(edge + step, 1)
        for edge in (1, 1016, CHUNK_BYTES - 8, CHUNK_BYTES, READ_BYTES, 2 * READ_BYTES)
        for step in (-1, 0, 1)
    }
)


@pytest.mark.parametrize("size", EDGES)
def test_file_of_any_size_is_sealed_byte_for_byte(blobs: FileBlobs, rng: Rng, size: int) -> None:
    content = rng(size)
    received = take(body_of({}, [("files", "a", content)]), sealing_with(blobs, rng))
    assert [opened(file, blobs) for file in received.files] == [content]


@pytest.mark.parametrize(
    "content", [b"\r\n", b"\r", b"\n--", b"\r\n--", f"\r\n--{BOUNDARY}x".encode(), b"--" * 9, b"\r\n" * 99]
)
def test_file_that_looks_like_a_boundary_is_kept_whole(blobs: FileBlobs, rng: Rng, content: bytes) -> None:
    received = take(body_of({}, [("files", "a", content)]), sealing_with(blobs, rng))
    assert [opened(file, blobs) for file in received.files] == [content]


@pytest.mark.parametrize("read_bytes", [1, 2, 3, 7, 64])
def test_body_that_arrives_in_crumbs_gives_the_same(
    blobs: FileBlobs, rng: Rng, monkeypatch: pytest.MonkeyPatch, read_bytes: int
) -> None:
    monkeypatch.setattr(multipart, "READ_BYTES", read_bytes)
    content = b"\r\n--" + rng(300) + b"\r\n"
    received = take(body_of({"a": "b\r\nc"}, [("files", "x", content)]), sealing_with(blobs, rng))
    assert received.fields["a"] == "b\r\nc"
    assert [opened(file, blobs) for file in received.files] == [content]


def test_empty_file_input_makes_no_object_and_asks_nobody(blobs: FileBlobs, rng: Rng, tmp_path: Path) -> None:
    door = OpenDoor()
    received = take(body_of({"a": "1"}, [("files", "", b"")]), sealing_with(blobs, rng, door=door))
    assert (received.files, received.problems, door.asked) == ([], [], [])
    assert blobs_on_disk(tmp_path) == set()


def test_named_file_without_a_byte_is_told_and_makes_no_object(
    blobs: FileBlobs, rng: Rng, tmp_path: Path
) -> None:
    received = take(
        body_of({}, [("files", "a.jpg", b""), ("files", "b.jpg", b"x")]), sealing_with(blobs, rng)
    )
    assert [(p.field, p.name, p.reason) for p in received.problems] == [("files", "a.jpg", Refused.EMPTY)]
    assert [file.name for file in received.files] == ["b.jpg"]


def test_empty_form_gives_nothing(blobs: FileBlobs, rng: Rng) -> None:
    received = take(f"--{BOUNDARY}--\r\n".encode(), sealing_with(blobs, rng))
    assert (len(received.fields), received.files, received.problems) == (0, [], [])


def test_memory_for_a_large_file_stays_small(blobs: FileBlobs, rng: Rng) -> None:
    size = 48 * 1024 * KIB
    limits = Limits(max_file_bytes=size, max_message_bytes=size, max_files=1)
    body = body_of({}, [("files", "a", rng(1024 * KIB) * 48)])
    stream, received = io.BytesIO(body), Received()
    tracemalloc.start()
    try:
        receive(
            stream,
            boundary=BOUNDARY.encode(),
            declared_bytes=len(body),
            into=received,
            sealing=sealing_with(blobs, rng, limits=limits, door=OpenDoor(max_bytes=size)),
        )
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert received.files[0].true_bytes == size
    assert peak_bytes < 4 * 1024 * KIB


def test_admission_sees_the_fields_before_the_first_file_and_is_asked_once(
    blobs: FileBlobs, rng: Rng
) -> None:
    door = OpenDoor()
    head = body_of({"token": "t"}, [("files", "a", b"1"), ("files", "b", b"2")])
    body = head.removesuffix(f"--{BOUNDARY}--\r\n".encode()) + body_of({"late": "x"})
    received = take(body, sealing_with(blobs, rng, door=door))
    assert door.asked == [{"token": "t"}]
    assert received.fields["late"] == "x"


def test_refusing_admission_reads_no_further_and_writes_nothing(
    blobs: FileBlobs, rng: Rng, tmp_path: Path
) -> None:
    body = body_of({"token": "t"}, [("files", "a", rng(900 * KIB))])
    stream, received = CountedStream(body), Received()
    with pytest.raises(NotToday):
        receive(
            stream,
            boundary=BOUNDARY.encode(),
            declared_bytes=len(body),
            into=received,
            sealing=sealing_with(blobs, rng, door=ClosedDoor()),
        )
    assert received.fields.to_dict() == {"token": "t"}
    assert stream.tell() <= READ_BYTES
    assert blobs_on_disk(tmp_path) == set()


def test_file_in_a_field_that_takes_none_is_refused_and_others_kept(blobs: FileBlobs, rng: Rng) -> None:
    body = body_of({}, [("avatar", "a", rng(200 * KIB)), ("files", "b", b"kept")])
    received = take(body, sealing_with(blobs, rng))
    assert [(p.field, p.name, p.reason) for p in received.problems] == [("avatar", "a", Refused.NOT_EXPECTED)]
    assert [opened(file, blobs) for file in received.files] == [b"kept"]


def test_closed_store_refuses_each_file_and_keeps_the_text(blobs: FileBlobs, rng: Rng) -> None:
    door = OpenDoor(closed=Refused.DISK_FULL)
    body = body_of({"a": "kept"}, [("files", "a", b"1"), ("files", "b", b"2")])
    received = take(body, sealing_with(blobs, rng, door=door))
    assert received.fields["a"] == "kept"
    assert [p.reason for p in received.problems] == [Refused.DISK_FULL, Refused.DISK_FULL]


@pytest.mark.parametrize("step", ["create", "write", "keep"])
def test_full_disk_refuses_the_file_and_goes_on_with_the_form(
    blobs: FileBlobs, rng: Rng, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    real_create: Callable[..., object] = FileBlobs.create

    def full(*_args: object, **_more: object) -> object:
        raise RetryLater(Busy.DISK_FULL)

    def create(self: FileBlobs, *, rng: Rng) -> object:
        writer = real_create(self, rng=rng)
        if step != "create":
            setattr(writer, step, full)
            return writer
        return full()

    monkeypatch.setattr(FileBlobs, "create", create)
    body = body_of({"a": "before"}, [("files", "a", rng(100))])
    body = body.removesuffix(f"--{BOUNDARY}--\r\n".encode()) + body_of({"b": "after"})
    received = take(body, sealing_with(blobs, rng))
    assert received.fields.to_dict() == {"a": "before", "b": "after"}
    assert [(p.name, p.reason) for p in received.problems] == [("a", Refused.DISK_FULL)]
    assert received.files == []


def test_fault_of_the_store_ends_the_request_and_leaves_no_unfinished_file(
    blobs: FileBlobs, rng: Rng, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: object, _plaintext: bytes) -> None:
        raise OSError(5, "broken")

    monkeypatch.setattr("portal.storage.multipart.SealingWriter.write", broken)
    with pytest.raises(OSError, match="broken"):
        take(body_of({}, [("files", "a", rng(100))]), sealing_with(blobs, rng))
    assert blobs_on_disk(tmp_path) == set()

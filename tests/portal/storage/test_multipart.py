"""The push sink: whole files sealed as they come, limits, cuts at every byte, hostile bodies."""

from __future__ import annotations

import contextlib
import io
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from portal.crypto.header import CHUNK_BYTES
from portal.crypto.stream import ObjectKind, SealedReader
from portal.errors import XiansuoError
from portal.models import Rng
from portal.storage import multipart
from portal.storage.errors import Busy, RetryLater
from portal.storage.filesystem import FileBlobs
from portal.storage.multipart import READ_BYTES, Sealing, receive
from portal.storage.received import (
    Allowance,
    BrokenBody,
    Limits,
    Received,
    Refused,
    SealedFile,
    TooLarge,
    UploadError,
)
from tests.support.intake_server import BOUNDARY
from tests.support.intake_server import multipart as body_of

KIB = 1024
DAY = date(2026, 3, 2)
LIMITS = Limits(max_file_bytes=300 * KIB, max_message_bytes=1024 * KIB, max_files=3, max_fields=20)


@dataclass
class OpenDoor:
    """Admits every file, and remembers which fields it was shown."""

    max_files: int = LIMITS.max_files
    max_bytes: int = LIMITS.max_message_bytes
    closed: Refused | None = None
    asked: list[dict[str, str]] = field(default_factory=list)

    def admit(self, fields: MultiDict[str, str]) -> Allowance:
        self.asked.append(fields.to_dict())
        kinds = {"files": ObjectKind.ATTACHMENT, "scan": ObjectKind.DOCUMENT}
        return Allowance(kinds, self.max_files, self.max_bytes, self.closed)


class NotToday(XiansuoError):
    """What a door that lets nobody in says."""


class ClosedDoor:
    """Refuses before a byte is read."""

    def admit(self, fields: MultiDict[str, str]) -> Allowance:
        raise NotToday


class CountedStream(io.BytesIO):
    """A body that knows how much of it was taken."""


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs")


def sealing_with(
    blobs: FileBlobs, rng: Rng, *, limits: Limits = LIMITS, door: OpenDoor | ClosedDoor | None = None
) -> Sealing:
    return Sealing(limits, door or OpenDoor(), blobs, rng, DAY)


def take(body: bytes, sealing: Sealing, *, declared_bytes: int | None = None) -> Received:
    received = Received()
    receive(
        CountedStream(body),
        boundary=BOUNDARY.encode(),
        declared_bytes=len(body) if declared_bytes is None else declared_bytes,
        into=received,
        sealing=sealing,
    )
    return received


def take_until_error(body: bytes, sealing: Sealing) -> tuple[Received, UploadError | None]:
    received = Received()
    try:
        receive(
            CountedStream(body),
            boundary=BOUNDARY.encode(),
            declared_bytes=len(body),
            into=received,
            sealing=sealing,
        )
    except UploadError as error:
        return received, error
    return received, None


def opened(file: SealedFile, blobs: FileBlobs) -> bytes:
    with blobs.open(file.blob_name) as source:
        reader = SealedReader(source, kind=file.kind, object_id=file.object_id, file_key=file.file_key)
        assert reader.true_bytes == file.true_bytes
        return b"".join(reader.chunks())


def blobs_on_disk(tmp_path: Path) -> set[str]:
    return {path.name for path in (tmp_path / "blobs").rglob("*") if path.is_file()}


# --- whole bodies ------------------------------------------------------------------------------------------


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


# --- the door ----------------------------------------------------------------------------------------------


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


# --- limits ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("over", "kept"), [(-1, True), (0, True), (1, False)])
def test_file_at_its_limit_is_kept_and_one_byte_more_is_refused(
    blobs: FileBlobs, rng: Rng, tmp_path: Path, over: int, kept: bool
) -> None:
    big = rng(LIMITS.max_file_bytes + over)
    body = body_of({"a": "1"}, [("files", "small", b"s"), ("files", "big", big), ("files", "after", b"t")])
    received = take(body, sealing_with(blobs, rng))
    names = [file.name for file in received.files]
    assert names == (["small", "big", "after"] if kept else ["small", "after"])
    problems = [(p.name, p.reason, p.max_bytes) for p in received.problems]
    assert problems == ([] if kept else [("big", Refused.FILE_TOO_LARGE, LIMITS.max_file_bytes)])
    assert len(blobs_on_disk(tmp_path)) == len(names)


@pytest.mark.parametrize(("over", "kept"), [(-1, 2), (0, 2), (1, 1)])
def test_files_together_at_the_limit_are_kept_and_one_byte_more_is_refused(
    blobs: FileBlobs, rng: Rng, over: int, kept: int
) -> None:
    door = OpenDoor(max_bytes=1000)
    body = body_of({}, [("files", "a", rng(600)), ("files", "b", rng(400 + over))])
    received = take(body, sealing_with(blobs, rng, door=door))
    assert len(received.files) == kept
    assert [p.reason for p in received.problems] == [Refused.MESSAGE_TOO_LARGE] * (2 - kept)


def test_room_of_a_refused_file_is_free_for_the_next(blobs: FileBlobs, rng: Rng) -> None:
    limits = replace(LIMITS, max_file_bytes=500)
    door = OpenDoor(max_bytes=1000)
    body = body_of({}, [("files", "a", rng(501)), ("files", "b", rng(500)), ("files", "c", rng(500))])
    received = take(body, sealing_with(blobs, rng, limits=limits, door=door))
    assert [file.name for file in received.files] == ["b", "c"]


@pytest.mark.parametrize(("count", "refused"), [(2, 0), (3, 0), (4, 1)])
def test_files_over_their_number_are_refused_by_name(
    blobs: FileBlobs, rng: Rng, count: int, refused: int
) -> None:
    body = body_of({}, [("files", f"f{number}", b"x") for number in range(count)])
    received = take(body, sealing_with(blobs, rng))
    assert len(received.files) == count - refused
    assert [(p.name, p.reason) for p in received.problems] == [("f3", Refused.TOO_MANY_FILES)] * refused


@pytest.mark.parametrize(("over", "refused"), [(0, False), (1, True)])
def test_declared_length_over_the_limit_is_refused_at_the_first_file_with_the_fields_kept(
    blobs: FileBlobs, rng: Rng, tmp_path: Path, over: int, refused: bool
) -> None:
    body = body_of({"account": "typed"}, [("files", "a", rng(1000))])
    received = Received()
    declared = LIMITS.max_body_bytes + over
    stream = CountedStream(body)

    def run() -> None:
        receive(
            stream,
            boundary=BOUNDARY.encode(),
            declared_bytes=declared,
            into=received,
            sealing=sealing_with(blobs, rng),
        )

    if refused:
        with pytest.raises(TooLarge) as caught:
            run()
        assert (caught.value.reason, caught.value.max_bytes) == (
            Refused.MESSAGE_TOO_LARGE,
            LIMITS.max_message_bytes,
        )
        assert blobs_on_disk(tmp_path) == set()
    else:
        run()
        assert len(received.files) == 1
    assert received.fields["account"] == "typed"


def test_body_without_a_declared_length_is_cut_off_at_the_limit(
    blobs: FileBlobs, rng: Rng, tmp_path: Path
) -> None:
    class Stream:
        def __init__(self) -> None:
            self.rest = body_of({}, [("files", "a", b"x")]).removesuffix(f"\r\n--{BOUNDARY}--\r\n".encode())

        def read(self, size: int = -1, /) -> bytes:
            chunk, self.rest = self.rest[:size], self.rest[size:]
            return chunk or bytes(size)

    with pytest.raises(TooLarge):
        receive(
            Stream(),
            boundary=BOUNDARY.encode(),
            declared_bytes=None,
            into=Received(),
            sealing=sealing_with(blobs, rng),
        )
    assert blobs_on_disk(tmp_path) == set()


@pytest.mark.parametrize(("count", "refused"), [(19, False), (20, False), (21, True), (10_001, True)])
def test_form_with_too_many_fields_is_refused(blobs: FileBlobs, rng: Rng, count: int, refused: bool) -> None:
    received, error = take_until_error(body_of({"a": ["x"] * count}), sealing_with(blobs, rng))
    assert (error is not None) == refused
    if error is not None:
        assert (type(error), error.reason) == (TooLarge, Refused.TOO_MANY_FIELDS)
    assert len(received.fields.getlist("a")) == min(count, LIMITS.max_fields)


def test_too_many_empty_file_inputs_are_refused_too(blobs: FileBlobs, rng: Rng) -> None:
    _, error = take_until_error(body_of({}, [("files", "", b"")] * 10_001), sealing_with(blobs, rng))
    assert error is not None
    assert error.reason is Refused.TOO_MANY_FIELDS


@pytest.mark.parametrize(("over", "refused"), [(-1, False), (0, False), (1, True)])
def test_field_over_its_limit_is_refused(blobs: FileBlobs, rng: Rng, over: int, refused: bool) -> None:
    limits = replace(LIMITS, max_field_bytes=1000)
    body = body_of({"first": "kept", "long": "x" * (1000 + over)})
    received, error = take_until_error(body, sealing_with(blobs, rng, limits=limits))
    assert (error is not None and error.reason is Refused.FIELD_TOO_LARGE) == refused
    assert received.fields["first"] == "kept"


def test_fields_together_over_their_limit_are_refused(blobs: FileBlobs, rng: Rng) -> None:
    limits = replace(LIMITS, max_fields_bytes=1000)
    body = body_of({"a": "x" * 600, "b": "x" * 401})
    received, error = take_until_error(body, sealing_with(blobs, rng, limits=limits))
    assert error is not None
    assert error.reason is Refused.FIELD_TOO_LARGE
    assert list(received.fields) == ["a"]


# --- cut and hostile bodies --------------------------------------------------------------------------------


def test_body_cut_at_every_byte_keeps_what_was_finished_and_nothing_else(
    blobs: FileBlobs, rng: Rng, tmp_path: Path
) -> None:
    first, second = rng(90), rng(60)
    whole = body_of({"a": "typed"}, [("files", "1", first), ("files", "2", second)])
    end_of_first = whole.index(first) + len(first) + len(f"\r\n--{BOUNDARY}\r\n")
    end_of_second = whole.index(second) + len(second) + len(f"\r\n--{BOUNDARY}--")
    for cut in range(len(whole) - 2):
        received, error = take_until_error(whole[:cut], sealing_with(blobs, rng))
        finished = [name for name, end in (("1", end_of_first), ("2", end_of_second)) if cut >= end]
        assert [file.name for file in received.files] == finished, cut
        assert blobs_on_disk(tmp_path) == {file.blob_name for file in received.files}, cut
        # After the final boundary nothing is missing; before it, the sender is told.
        assert isinstance(error, BrokenBody) == (cut < end_of_second), cut
        received.discard(blobs)


HOSTILE = {
    "no boundary": b"just text, no boundary at all",
    "other boundary": b'--another\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--another--\r\n',
    "no disposition": f"--{BOUNDARY}\r\nContent-Type: text/plain\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(),
    "no name": f"--{BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--{BOUNDARY}--\r\n".encode(),
    "file without a field": f"--{BOUNDARY}\r\n".encode()
    + b'Content-Disposition: form-data; filename="x"\r\n\r\nx\r\n'
    + f"--{BOUNDARY}--\r\n".encode(),
    "header without an end": f"--{BOUNDARY}\r\nContent-Disposition: ".encode() + b"x" * (READ_BYTES * 3),
    "preamble without an end": b"x" * (READ_BYTES * 3),
    "name that is not UTF-8": f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="'.encode()
    + b'\xff\xfe"\r\n\r\nx\r\n',
    "header that is not UTF-8": f"--{BOUNDARY}\r\nX: ".encode() + b"\xff\r\n\r\nx",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_body_is_refused_as_broken_and_leaves_nothing(
    blobs: FileBlobs, rng: Rng, tmp_path: Path, body: bytes
) -> None:
    _, error = take_until_error(body, sealing_with(blobs, rng))
    assert isinstance(error, BrokenBody)
    assert blobs_on_disk(tmp_path) == set()


@pytest.mark.parametrize("boundary", [b"", b"x" * 71])
def test_boundary_of_a_length_that_none_has_is_refused(blobs: FileBlobs, rng: Rng, boundary: bytes) -> None:
    with pytest.raises(BrokenBody):
        receive(
            io.BytesIO(b"--"),
            boundary=boundary,
            declared_bytes=2,
            into=Received(),
            sealing=sealing_with(blobs, rng),
        )


def test_good_file_before_a_fault_in_the_same_chunk_is_kept(blobs: FileBlobs, rng: Rng) -> None:
    body = body_of({}, [("files", "good", b"kept")]).removesuffix(b"--\r\n") + b"\r\nno headers here\r\n\r\nx"
    received, error = take_until_error(body, sealing_with(blobs, rng))
    assert isinstance(error, BrokenBody)
    assert [opened(file, blobs) for file in received.files] == [b"kept"]


def test_connection_that_breaks_while_reading_is_a_cut_body(
    blobs: FileBlobs, rng: Rng, tmp_path: Path
) -> None:
    class Breaking:
        def __init__(self) -> None:
            self.parts = [body_of({"a": "1"}, [("files", "x", rng(1000))])[:600]]

        def read(self, size: int = -1, /) -> bytes:
            if self.parts:
                return self.parts.pop()
            raise ConnectionResetError

    received = Received()
    with pytest.raises(BrokenBody) as caught:
        receive(
            Breaking(),
            boundary=BOUNDARY.encode(),
            declared_bytes=None,
            into=received,
            sealing=sealing_with(blobs, rng),
        )
    assert caught.value.reason is Refused.CUT
    assert received.fields["a"] == "1"
    assert blobs_on_disk(tmp_path) == set()


PIECES = st.sampled_from(
    [
        f"--{BOUNDARY}\r\n".encode(),
        f"\r\n--{BOUNDARY}\r\n".encode(),
        f"\r\n--{BOUNDARY}--\r\n".encode(),
        b'Content-Disposition: form-data; name="files"; filename="a"\r\n',
        b'Content-Disposition: form-data; name="a"\r\n',
        b"Content-Disposition: form-data; name*=utf-8''%ff\r\n",
        b"Content-Type: text/plain; charset=utf-7\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"\r\n",
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b"--",
        b"\x00\xff",
        b"x" * 70000,
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(PIECES, st.binary(max_size=40)), max_size=14),
    st.sampled_from([1, 5, 4096, READ_BYTES]),
)
def test_body_of_any_pieces_is_taken_or_refused_by_name(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], read_bytes: int
) -> None:
    folder = tmp_path_factory.mktemp("any")
    store = FileBlobs(folder / "blobs")
    body = b"".join(pieces)

    class Stream(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, max(read_bytes, len(body) // 50)))

    received = Received()
    counter = iter(range(10**6))

    def numbered(size: int) -> bytes:
        return next(counter).to_bytes(size, "big")

    with contextlib.suppress(UploadError):
        receive(
            Stream(body),
            boundary=BOUNDARY.encode(),
            declared_bytes=len(body),
            into=received,
            sealing=sealing_with(store, numbered),
        )
    assert blobs_on_disk(folder) == {file.blob_name for file in received.files}


# --- a full disk -------------------------------------------------------------------------------------------


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

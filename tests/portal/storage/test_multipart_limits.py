"""The push sink's limits, and bodies that are cut or meant to harm."""

from __future__ import annotations

import contextlib
import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.models import Rng
from portal.storage.filesystem import FileBlobs
from portal.storage.multipart import READ_BYTES, receive
from portal.storage.received import (
    BrokenBody,
    Received,
    Refused,
    TooLarge,
    UploadError,
)
from tests.support.intake_server import BOUNDARY
from tests.support.intake_server import multipart as body_of
from tests.support.sink import (
    LIMITS,
    CountedStream,
    OpenDoor,
    blobs_on_disk,
    opened,
    sealing_with,
    take,
    take_until_error,
)


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs")


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


@pytest.mark.parametrize("over", [-1, 0, 1, 300_000])
def test_field_over_its_limit_is_cut_off_there(blobs: FileBlobs, rng: Rng, over: int) -> None:
    limits = replace(LIMITS, max_field_bytes=1000)
    body = body_of({"first": "kept", "long": "x" * (1000 + over), "last": "kept too"})
    received, error = take_until_error(body, sealing_with(blobs, rng, limits=limits))
    assert error is None
    assert dict(received.fields) == {
        "first": "kept",
        "long": "x" * min(1000, 1000 + over),
        "last": "kept too",
    }


def test_fields_together_over_their_limit_are_refused(blobs: FileBlobs, rng: Rng) -> None:
    limits = replace(LIMITS, max_fields_bytes=1000)
    body = body_of({"a": "x" * 600, "b": "x" * 401})
    received, error = take_until_error(body, sealing_with(blobs, rng, limits=limits))
    assert error is not None
    assert error.reason is Refused.FIELD_TOO_LARGE
    assert list(received.fields) == ["a"]


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

"""The push sink: a multipart body becomes text fields and sealed objects while it is read.

Both apps use it (tips, exhibits, scans of paper, a unit's proof). File bytes go from the decoder into
``SealingWriter`` and from there into a blob that is still unfinished; nothing is spooled and memory stays
within a few read buffers, whatever the file's size. Must not know: drafts, tips, sessions, HTTP status.
Source: 3-architecture rule 4, 4-sealing "Sealed object".

    receive(stream, boundary=…, declared_bytes=…, into=received, sealing=Sealing(…))

- ``admission.admit(fields)`` is asked once, when the first file begins: it sees the fields that came before
  it and either says what is allowed or raises, and then not a byte of any file is read.
- ``received.files`` are durable but named by no row yet: the caller writes rows, or calls ``discard``.
- ``received.problems`` lists files that were refused, one by one; all others are kept.
- After an error ``received`` still holds all that had arrived until then.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

from werkzeug.exceptions import ClientDisconnected

from portal.crypto.stream import ObjectKind, SealedSize, SealingWriter
from portal.models.base import Rng, new_id
from portal.storage.blobs import Blobs, BlobWriter
from portal.storage.decoder import Malformed, MultipartDecoder, PartBegins, PartBytes, PartEnds, PartEvent
from portal.storage.errors import Busy, RetryLater
from portal.storage.received import (
    Admission,
    Allowance,
    BrokenBody,
    FileProblem,
    Limits,
    Received,
    Refused,
    SealedFile,
    TooLarge,
    clean_name,
    clean_type,
)

READ_BYTES: Final = 128 * 1024
"""Measured: 64 to 256 KiB are equally fast with granian; below and above it slows down."""


class ByteStream(Protocol):
    """A request body."""

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes; empty at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Sealing:
    """What a body is sealed with. ``day``: the only time that blobs get.

    ``moved`` is called whenever some more of the body has come; it may wait, and raise to end the upload.
    """

    limits: Limits
    admission: Admission
    blobs: Blobs
    rng: Rng
    day: date
    moved: Callable[[], None] | None = None


def receive(
    stream: ByteStream, *, boundary: bytes, declared_bytes: int | None, into: Received, sealing: Sealing
) -> None:
    """Read one multipart body to its end, sealing its files on the way.

    boundary: 1..70 bytes, from the Content-Type. declared_bytes: the Content-Length, where there is one; a
    body that is too long is refused at its first file, when the fields before it have been read.
    Raises BrokenBody, TooLarge, and whatever the admission raises. No unfinished file is left in any case.
    """
    sink = _Sink(into, sealing=sealing, declared_bytes=declared_bytes)
    try:
        for event in _events(stream, boundary=boundary, sealing=sealing):
            sink.take(event)
    finally:
        sink.abandon()


def _events(stream: ByteStream, *, boundary: bytes, sealing: Sealing) -> Iterator[PartEvent]:
    """Decoder events up to the end of the message. What cannot be decoded becomes BrokenBody."""
    try:
        decoder = MultipartDecoder(boundary)
        read_bytes = 0
        while chunk := _read(stream):
            read_bytes += len(chunk)
            if read_bytes > sealing.limits.max_body_bytes:
                raise TooLarge(Refused.MESSAGE_TOO_LARGE, max_bytes=sealing.limits.max_message_bytes)
            if sealing.moved is not None:
                sealing.moved()
            yield from decoder.feed(chunk)
    except Malformed:
        raise BrokenBody(Refused.MALFORMED) from None
    if not decoder.ended:
        raise BrokenBody(Refused.CUT)


def _read(stream: ByteStream) -> bytes:
    try:
        return stream.read(READ_BYTES)
    except (OSError, ClientDisconnected):
        raise BrokenBody(Refused.CUT) from None


class _Sink:
    """Takes decoder events one by one; holds at most one unfinished file."""

    def __init__(self, received: Received, *, sealing: Sealing, declared_bytes: int | None) -> None:
        self._received = received
        self._sealing = sealing
        self._limits = sealing.limits
        self._declared_bytes = declared_bytes or 0
        self._allowance: Allowance | None = None
        self._file_bytes = 0
        self._fields_bytes = 0
        self._fields = 0
        self._parts = 0
        self._part: _FieldPart | _FilePart | None = None

    def take(self, event: PartEvent) -> None:
        """One event of the decoder."""
        part = self._part
        if isinstance(event, PartBegins):
            self._count_part()
            is_text = event.file_name is None
            self._part = _FieldPart(event.name) if is_text else _FilePart(event)
        elif isinstance(part, _FieldPart):
            self._take_text(part, event)
        elif isinstance(part, _FilePart):
            self._take_bytes(part, event)

    def abandon(self) -> None:
        """Delete the unfinished file, if there is one. Harmless at any time."""
        if isinstance(self._part, _FilePart) and self._part.object is not None:
            self._part.object.abort()
        self._part = None

    def _count_part(self) -> None:
        self._parts += 1
        if self._parts > self._limits.max_fields + self._limits.max_files:
            raise TooLarge(Refused.TOO_MANY_FIELDS)

    def _take_text(self, part: _FieldPart, event: PartBytes | PartEnds) -> None:
        limits = self._limits
        if isinstance(event, PartBytes):
            self._fields_bytes += len(event.content)
            if self._fields_bytes > limits.max_fields_bytes:
                raise TooLarge(Refused.FIELD_TOO_LARGE, max_bytes=limits.max_fields_bytes)
            part.value += event.content[: limits.max_field_bytes - len(part.value)]
        else:
            self._fields += 1
            if self._fields > limits.max_fields:
                raise TooLarge(Refused.TOO_MANY_FIELDS)
            self._received.fields.add(part.field, part.value.decode("utf-8", "replace"))

    def _take_bytes(self, part: _FilePart, event: PartBytes | PartEnds) -> None:
        try:
            if isinstance(event, PartEnds):
                self._end_file(part)
            elif part.problem is None:
                self._seal(part, event.content)
        except RetryLater as error:
            if error.why is not Busy.DISK_FULL:
                raise
            self._refuse(part, Refused.DISK_FULL)

    def _seal(self, part: _FilePart, plaintext: memoryview) -> None:
        growing = part.object or self._begin_file(part)
        if growing is None:
            return
        part.true_bytes += len(plaintext)
        self._file_bytes += len(plaintext)
        assert self._allowance is not None
        if part.true_bytes > self._limits.max_file_bytes:
            self._refuse(part, Refused.FILE_TOO_LARGE, max_bytes=self._limits.max_file_bytes)
        elif self._file_bytes > self._allowance.max_bytes:
            self._refuse(part, Refused.MESSAGE_TOO_LARGE, max_bytes=self._limits.max_message_bytes)
        else:
            growing.writer.write(plaintext)

    def _begin_file(self, part: _FilePart) -> _Object | None:
        """Only now, at its first byte, does a file become an object: empty file inputs never do."""
        allowance = self._allowed()
        kind = allowance.kinds.get(part.field)
        if kind is None:
            self._refuse(part, Refused.NOT_EXPECTED)
        elif allowance.closed is not None:
            self._refuse(part, allowance.closed)
        elif len(self._received.files) >= allowance.max_files:
            self._refuse(part, Refused.TOO_MANY_FILES)
        else:
            sealing = self._sealing
            part.object = _Object.begin(sealing.blobs, kind=kind, rng=sealing.rng, key_for=allowance.key_for)
        return part.object

    def _allowed(self) -> Allowance:
        if self._allowance is None:
            allowance = self._sealing.admission.admit(self._received.fields)
            if self._declared_bytes > self._limits.max_body_bytes:
                raise TooLarge(Refused.MESSAGE_TOO_LARGE, max_bytes=self._limits.max_message_bytes)
            self._allowance = allowance
        return self._allowance

    def _refuse(self, part: _FilePart, reason: Refused, *, max_bytes: int | None = None) -> None:
        """Give up this file and go on reading: the next ones may be fine."""
        if part.object is not None:
            part.object.abort()
            part.object = None
            self._file_bytes -= part.true_bytes
        part.problem = FileProblem(part.field, part.name, reason, max_bytes)
        self._received.problems.append(part.problem)

    def _end_file(self, part: _FilePart) -> None:
        self._part = None
        whole = part.object
        if whole is None:
            if part.problem is None and part.name:
                self._refuse(part, Refused.EMPTY)
            return
        size = whole.finish(day=self._sealing.day)
        self._received.files.append(
            SealedFile(
                field=part.field,
                name=part.name,
                declared_type=part.declared_type,
                true_bytes=size.true_bytes,
                sealed_bytes=size.sealed_bytes,
                kind=whole.kind,
                object_id=whole.object_id,
                file_key=whole.file_key,
                blob_name=whole.blob.name,
            )
        )


class _FieldPart:
    """A text field on its way."""

    def __init__(self, field: str) -> None:
        self.field = field
        self.value = bytearray()


class _FilePart:
    """A file on its way. ``problem`` is set once it is refused; its remaining bytes are then dropped."""

    def __init__(self, begins: PartBegins) -> None:
        self.field = begins.name
        self.name = clean_name(begins.file_name or "")
        self.declared_type = clean_type(begins.content_type)
        self.true_bytes = 0
        self.object: _Object | None = None
        self.problem: FileProblem | None = None


class _Object:
    """A fresh object, its key, and the blob it is written into."""

    def __init__(self, blob: BlobWriter, *, kind: ObjectKind, object_id: uuid.UUID, file_key: bytes) -> None:
        self.blob = blob
        self.kind = kind
        self.object_id = object_id
        self.file_key = file_key
        self.writer = SealingWriter(blob, kind=kind, object_id=object_id, file_key=file_key)

    @classmethod
    def begin(
        cls, blobs: Blobs, *, kind: ObjectKind, rng: Rng, key_for: Callable[[uuid.UUID], bytes] | None
    ) -> _Object:
        blob = blobs.create(rng=rng)
        try:
            object_id = new_id(rng)
            file_key = rng(32) if key_for is None else key_for(object_id)
            return cls(blob, kind=kind, object_id=object_id, file_key=file_key)
        except BaseException:
            blob.discard()
            raise

    def finish(self, *, day: date) -> SealedSize:
        """Whole and durable. Raises RetryLater, and then nothing is left of it."""
        try:
            size = self.writer.finish()
            self.blob.keep(day=day)
        except BaseException:
            self.abort()
            raise
        return size

    def abort(self) -> None:
        self.writer.abort()
        self.blob.discard()

"""What the limited child does with one file: open, hash, decode, encode, seal, and say so through its pipe.

Plaintext exists in this process alone and ends with it: the clean copy leaves it sealed to its reader's key.
Must not know: storage, tables, who the reader is. Source: 4-sealing "Clean copies".
"""

from __future__ import annotations

import functools
import io
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO, Final

from cryptography.hazmat.primitives.hashes import SHA256, SM3, Hash

from portal.crypto.parts import PartedReader, Reader
from portal.crypto.recipients import PublicKey, seal_file_key
from portal.crypto.stream import CHUNK_BYTES, ObjectKind, SealedReader, SealingWriter, seal_bytes
from portal.crypto.suites import KEY_BYTES
from portal.errors import Tampered
from verification.clean_report import CleanReport, FileType, Reason
from verification.jobs.cleaning.formats import CLEANERS
from verification.jobs.cleaning.office import clean_office
from verification.jobs.cleaning.output import NotCleaned, Outcome, Parts
from verification.jobs.cleaning.protocol import CleanRequest, Frame, frame
from verification.jobs.cleaning.sniffing import HEAD_BYTES, file_type_of

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

READ_AHEAD_BYTES: Final = CHUNK_BYTES


class OpenedObject(io.RawIOBase):
    """A sealed object as a seekable file of its plaintext; opens the chunks it is asked for, keeps none."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self._reader = reader
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._reader.true_bytes}[whence]
        if base + offset < 0:
            raise OSError("before the beginning")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        filled = 0
        for piece in self._reader.read_range(self._at, len(view)):
            view[filled : filled + len(piece)] = piece
            filled += len(piece)
        self._at += filled
        return filled


class _Kept:
    """A source that stays open when a reader lets go of it."""

    def __init__(self, source: BinaryIO) -> None:
        self.seek, self.read = source.seek, source.read

    def close(self) -> None:
        """Nothing: it is opened again."""


class _FrameSink:
    """Where the sealed clean copy goes: straight into frames of the pipe."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def write(self, sealed: bytes, /) -> int:
        self._out.write(frame(Frame.CLEAN, sealed))
        return len(sealed)


class _CleanCopy:
    """The clean copy being sealed; begins with its first byte, so that none leaves no trace."""

    def __init__(self, request: CleanRequest, *, out: BinaryIO) -> None:
        self._request = request
        self._out = out
        self._file_key = secrets.token_bytes(KEY_BYTES)
        self._writer: SealingWriter | None = None

    def write(self, plaintext: bytes | memoryview) -> None:
        """Seal some more of it."""
        if self._writer is None:
            self._writer = SealingWriter(
                _FrameSink(self._out),
                kind=ObjectKind.CLEAN,
                object_id=self._request.clean_id,
                file_key=self._file_key,
            )
        self._writer.write(plaintext)

    def finish(self, *, to: PublicKey) -> None:
        """The last chunk, and the key that opens it all."""
        self.write(b"")
        assert self._writer is not None
        self._writer.finish()
        request = self._request
        grant = seal_file_key(
            self._file_key, to=to, recipient_key_id=request.recipient_key_id, object_id=request.clean_id
        )
        self._out.write(frame(Frame.CLEAN_KEY, grant))


def clean_one(
    request: CleanRequest,
    *,
    sources: Sequence[BinaryIO],
    file_key: bytes,
    out: BinaryIO,
    box: BinaryIO | None = None,
) -> None:
    """Clean one sealed original and write every frame of the answer.

    sources: the sealed original, seekable, or its parts in order.  file_key: 32 bytes, its key.
    out: the pipe to the worker.  box: the line to who draws office documents, unbuffered, or None.
    """
    recipient = PublicKey.from_bytes(request.recipient_public)
    clean = _CleanCopy(request, out=out)
    report = _examine(request, sources=sources, file_key=file_key, parts=Parts(clean.write), box=box)
    if report.reason is None:
        clean.finish(to=recipient)
    report_key = secrets.token_bytes(KEY_BYTES)
    sealed = seal_bytes(
        report.encode(), kind=ObjectKind.REPORT, object_id=request.report_id, file_key=report_key
    )
    grant = seal_file_key(
        report_key, to=recipient, recipient_key_id=request.recipient_key_id, object_id=request.report_id
    )
    out.write(frame(Frame.REPORT, sealed) + frame(Frame.REPORT_KEY, grant) + frame(Frame.END))


def _examine(
    request: CleanRequest,
    *,
    sources: Sequence[BinaryIO],
    file_key: bytes,
    parts: Parts,
    box: BinaryIO | None,
) -> CleanReport:
    """The report; the clean copy, where there is one, has gone into ``parts``."""
    try:
        reader = _opened(request, sources=sources, file_key=file_key)
        head, sha256, sm3 = _read_whole(reader)
    except Tampered:
        return _report_damaged(sum(source.seek(0, io.SEEK_END) for source in sources))
    file_type = file_type_of(head)
    outcome = _cleaned(reader, file_type=file_type, parts=parts, given_up=request.reason, box=box)
    return CleanReport(
        reason=outcome.reason,
        file_type=outcome.file_type or file_type,
        original_bytes=reader.true_bytes,
        sha256=sha256,
        sm3=sm3,
        parts=tuple(parts.given) if outcome.reason is None else (),
        frames_total=outcome.frames_total,
        frames_kept=outcome.frames_kept,
        removed=outcome.removed,
        thumbnail=outcome.thumbnail,
        listing=outcome.listing,
        listed_total=outcome.listed_total,
    )


def _opened(request: CleanRequest, *, sources: Sequence[BinaryIO], file_key: bytes) -> Reader:
    kind = ObjectKind(request.kind)
    if not request.parts:
        return SealedReader(sources[0], kind=kind, object_id=request.object_id, file_key=file_key)
    # Every part is read more than once, and a descriptor that came from the worker is not opened again.
    openers = [functools.partial(_Kept, source) for source in sources]
    return PartedReader(
        list(zip([request.object_id, *request.parts], openers, strict=True)), kind=kind, file_key=file_key
    )


def _report_damaged(sealed_bytes: int) -> CleanReport:
    """The stored object is not what was sealed, or its key is not: nothing can be said of the content."""
    return CleanReport(
        reason=Reason.DAMAGED,
        file_type=FileType.UNKNOWN,
        original_bytes=sealed_bytes,
        sha256=None,
        sm3=None,
    )


def _read_whole(reader: Reader) -> tuple[bytes, str, str]:
    """Authenticate every chunk once; the first bytes and both hashes. Raises Tampered."""
    sha256, sm3 = Hash(SHA256()), Hash(SM3())
    head = b""
    for piece in reader.chunks():
        head = head or piece[:HEAD_BYTES]
        sha256.update(piece)
        sm3.update(piece)
    return head, sha256.finalize().hex(), sm3.finalize().hex()


def _cleaned(
    reader: Reader,
    *,
    file_type: FileType,
    parts: Parts,
    given_up: Reason | None,
    box: BinaryIO | None,
) -> Outcome:
    """What the type's cleaner says, or why none was asked."""
    clean = CLEANERS.get(file_type)
    if given_up is not None:
        return Outcome(reason=given_up)
    if reader.true_bytes == 0:
        return Outcome(reason=Reason.EMPTY)
    try:
        source = io.BufferedReader(OpenedObject(reader), READ_AHEAD_BYTES)
        refused = Outcome(reason=Reason.TYPE_NOT_CLEANED)
        outcome = clean(source, file_type=file_type, out=parts) if clean else refused
        if box is not None and (outcome.file_type or file_type) is FileType.OFFICE:
            return clean_office(source, box=box, out=parts)
        return outcome
    except NotCleaned as error:
        return Outcome(reason=error.reason)
    except MemoryError:
        return Outcome(reason=Reason.OVER_LIMITS)
    except Exception:  # noqa: BLE001  # decoders raise nearly anything on hostile input, and it all means this
        return Outcome(reason=Reason.BROKEN)

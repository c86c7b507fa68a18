"""One file through the real confined child, sealed at both ends, without a database.

For what a file does to the child: its time, its memory, whether it lives. What the worker makes of the answer
is ``tests.support.jobs``.
"""

from __future__ import annotations

import io
import os
import secrets
import uuid
from dataclasses import dataclass
from typing import BinaryIO

from portal.crypto.recipients import PrivateKey, open_file_key
from portal.crypto.stream import ObjectKind, SealedReader, SealingWriter, open_bytes
from verification.clean_report import CleanPart, CleanReport, PartRole
from verification.jobs.cleaning.cleaner import Cleaner
from verification.jobs.cleaning.protocol import CleanRequest, Ending

KEY_BYTES = 32


class _Sunk:
    """Sealed bytes in memory."""

    def __init__(self) -> None:
        self.sealed = bytearray()

    def write(self, sealed: bytes, /) -> int:
        self.sealed += sealed
        return len(sealed)


@dataclass(frozen=True)
class Answer:
    """What a child said. content: all parts end to end, empty where there is no clean copy."""

    report: CleanReport
    content: bytes
    ending: Ending

    def bytes_of(self, part: CleanPart) -> bytes:
        """One part's bytes."""
        return self.content[part.start : part.start + part.length]

    @property
    def encoded(self) -> bytes:
        """The copy's bytes."""
        return self.bytes_of(next(part for part in self.report.parts if part.role is PartRole.COPY))


def sealed_file(content: bytes | BinaryIO, *, object_id: uuid.UUID, file_key: bytes) -> int:
    """A descriptor of the sealed original, in memory alone."""
    descriptor = os.memfd_create("original")
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    with os.fdopen(os.dup(descriptor), "wb") as out:
        writer = SealingWriter(out, kind=ObjectKind.ATTACHMENT, object_id=object_id, file_key=file_key)
        while piece := source.read(1 << 20):
            writer.write(piece)
        writer.finish()
    return descriptor


def confined(cleaner: Cleaner, content: bytes | BinaryIO, *, private: PrivateKey) -> Answer:
    """Have it cleaned and open the answer. Raises what ``Cleaner.clean`` raises."""
    ids = [uuid.UUID(bytes=secrets.token_bytes(16)) for _ in range(4)]
    file_key, sunk = secrets.token_bytes(KEY_BYTES), _Sunk()
    request = CleanRequest(
        object_id=ids[0],
        kind=ObjectKind.ATTACHMENT,
        clean_id=ids[1],
        report_id=ids[2],
        recipient_key_id=ids[3],
        recipient_public=private.public().to_bytes(),
    )
    descriptor = sealed_file(content, object_id=ids[0], file_key=file_key)
    try:
        made = cleaner.clean(request, source_fds=[descriptor], file_key=file_key, clean_out=sunk)
    finally:
        os.close(descriptor)
    key = open_file_key(made.report_grant, private=private, recipient_key_id=ids[3], object_id=ids[2])
    report = CleanReport.decode(
        open_bytes(made.report, kind=ObjectKind.REPORT, object_id=ids[2], file_key=key)
    )
    content = b""
    if made.clean_grant is not None:
        key = open_file_key(made.clean_grant, private=private, recipient_key_id=ids[3], object_id=ids[1])
        reader = SealedReader(io.BytesIO(sunk.sealed), kind=ObjectKind.CLEAN, object_id=ids[1], file_key=key)
        content = b"".join(reader.chunks())
    return Answer(report, content, made.ending)


class Looking:
    """One zygote; ``at`` cleans some bytes in a child and opens what came back."""

    def __init__(self, cleaner: Cleaner) -> None:
        self._cleaner = cleaner
        self._reader = PrivateKey.generate()

    @property
    def zygote(self) -> int | None:
        """Its process id."""
        return self._cleaner.pid

    def at(self, content: bytes) -> tuple[CleanReport, bytes, Ending]:
        """The report, the clean copy (or nothing) and how the child ended. Raises ChildDied."""
        answer = confined(self._cleaner, content, private=self._reader)
        return answer.report, answer.content, answer.ending

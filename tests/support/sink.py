"""The push sink in tests: doors, bodies in, files out."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from werkzeug.datastructures import MultiDict

from portal.crypto.stream import ObjectKind, SealedReader
from portal.errors import XiansuoError
from portal.models import Rng
from portal.storage.filesystem import FileBlobs
from portal.storage.multipart import Sealing, receive
from portal.storage.received import (
    Allowance,
    Limits,
    Received,
    Refused,
    SealedFile,
    UploadError,
)
from tests.support.intake_server import BOUNDARY

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

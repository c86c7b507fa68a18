"""Opening stored originals, whole ones and those that arrived in parts, in one way.

Owns: where the parts of a file are found. Must not know: keys' whereabouts, who may open what.
Source: FORMAT.md §4.7.
"""

from __future__ import annotations

import functools
import io
import uuid
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.crypto.header import ObjectKind
from portal.crypto.parts import PartedReader, Reader
from portal.crypto.stream import SealedReader
from portal.models import FilePart, SealedObject
from portal.storage.blobs import Blobs


@dataclass(frozen=True, slots=True)
class LaterPart:
    """A part of a file after its head."""

    object_id: uuid.UUID
    blob_name: str


def later_parts(session: Session, head_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[LaterPart]]:
    """The later parts of files, in order; files in one piece are not in it. One query."""
    found = session.execute(
        select(FilePart.head_id, FilePart.object_id, SealedObject.blob_name)
        .join(SealedObject, SealedObject.id == FilePart.object_id)
        .where(FilePart.head_id.in_(list(head_ids)))
        .order_by(FilePart.head_id, FilePart.number)
    )
    parts: dict[uuid.UUID, list[LaterPart]] = {}
    for row in found:
        parts.setdefault(row.head_id, []).append(LaterPart(row.object_id, row.blob_name or ""))
    return parts


def open_stored(session: Session, row: SealedObject, *, file_key: bytes, blobs: Blobs) -> Reader:
    """Open the object of a row, whether it lies in the row, in a blob or in several. Raises Tampered."""
    kind = ObjectKind(row.kind)
    if row.body is not None:
        return SealedReader(io.BytesIO(row.body), kind=kind, object_id=row.id, file_key=file_key)
    parts = later_parts(session, [row.id]).get(row.id, [])
    return open_blobs(blobs, row.blob_name or "", parts, kind=kind, object_id=row.id, file_key=file_key)


def open_blobs(
    blobs: Blobs,
    blob_name: str,
    parts: Sequence[LaterPart],
    *,
    kind: ObjectKind,
    object_id: uuid.UUID,
    file_key: bytes,
) -> Reader:
    """Open a file by the names of its blobs. Raises BlobMissing, Tampered."""
    if parts:
        named = [LaterPart(object_id, blob_name), *parts]
        sources = [(part.object_id, functools.partial(blobs.open, part.blob_name)) for part in named]
        return PartedReader(sources, kind=kind, file_key=file_key)
    with ExitStack() as held:
        source = held.enter_context(blobs.open(blob_name))
        reader = SealedReader(source, kind=kind, object_id=object_id, file_key=file_key)
        held.pop_all()
    return reader

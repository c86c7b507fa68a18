"""Files of an office, sealed and opened as its people do it, and the key of its worker host."""

from __future__ import annotations

import uuid
from pathlib import Path

from portal.crypto.header import ObjectKind
from portal.crypto.stream import SealedReader, SealingWriter
from portal.models import SealedObject, new_id
from portal.storage.received import SealedFile
from tests.support.office import TestOffice
from verification.domain.acting import Acting
from verification.jobs.cleaning.day_keys import KeyFiles, make_days


def seal_upload(office: TestOffice, content: bytes, *, name: str = "IMG_1.jpg") -> SealedFile:
    """What the request's sink hands over: a durable sealed blob and its key."""
    writer = office.blobs.create(rng=office.rng)
    object_id, file_key = new_id(office.rng), office.rng(32)
    sink = SealingWriter(writer, kind=ObjectKind.EXHIBIT, object_id=object_id, file_key=file_key)
    sink.write(content)
    size = sink.finish()
    writer.keep(day=office.intake.today)
    return SealedFile(
        field="files",
        name=name,
        declared_type="image/jpeg",
        true_bytes=size.true_bytes,
        sealed_bytes=size.sealed_bytes,
        kind=ObjectKind.EXHIBIT,
        object_id=object_id,
        file_key=file_key,
        blob_name=writer.name,
    )


def read_original(acting: Acting, object_id: uuid.UUID, *, office: TestOffice) -> bytes:
    """The bytes of an upload, with the keys of the person acting. Raises KeyLocked."""
    file_key = acting.keyring.file_key(acting.session, object_id)
    row = acting.session.get_one(SealedObject, object_id)
    with office.blobs.open(row.blob_name or "") as source:
        reader = SealedReader(source, kind=ObjectKind(row.kind), object_id=object_id, file_key=file_key)
        return b"".join(reader.chunks())


def add_cleaner_key(office: TestOffice, *, folder: Path) -> uuid.UUID:
    """Today's cleaner key, made as the worker host makes it; without one, files wait for a grant."""
    folder.mkdir()
    files = KeyFiles(folder)
    files.keep_issuer(office.keys.issuer_id, office.keys.issuer)
    with office.database.write() as session:
        return make_days(session, files, day=office.intake.today, rng=office.rng)[0]

"""Files on the internal side: taking in what staff and units upload, opening clean copies and originals.

The one place that writes ``stored_file`` for the internal side and that opens file contents. Every opening is
traced. Source: 4-sealing "Clean copies", Reg. art. 24.
"""

from __future__ import annotations

import uuid

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.crypto.header import ObjectKind
from portal.crypto.parts import Reader
from portal.models import (
    Attachment,
    CleanState,
    FilePart,
    KeyPurpose,
    OutboxTopic,
    SealedObject,
    StoredFile,
    Tip,
)
from portal.outbox import post
from portal.storage.blobs import Blobs
from portal.storage.objects import open_stored
from portal.storage.received import SealedFile
from portal.trust import KeyOf, current_key
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.messages import checked_text
from verification.errors import InvalidInput, NotHere
from verification.keys.addressees import of_clean_copy
from verification.keys.records import add_grant, regrant
from verification.models import Exhibit


def keep_upload(acting: Acting, file: SealedFile, *, clean_for: KeyOf) -> StoredFile:
    """Write the rows of an upload whose sealed bytes already lie in the blob store.

    clean_for: the case key that original and clean copy are sealed to. Without a cleaner's key of today the
    file waits for one (``awaiting-grant``); the original is safe either way.
    """
    session, sealing = acting.session, acting.sealing
    for part in (file, *file.later):
        session.add(
            SealedObject(
                id=part.object_id,
                kind=part.kind,
                blob_name=part.blob_name,
                sealed_bytes=part.sealed_bytes,
                stored_on=sealing.day,
            )
        )
    session.flush()
    session.add_all(
        FilePart(object_id=part.object_id, head_id=file.object_id, number=number)
        for number, part in enumerate(file.later, start=1)
    )
    stored = StoredFile(
        object_id=file.object_id, clean_for=clean_for.key_id, clean_state=CleanState.AWAITING_GRANT
    )
    session.add(stored)
    session.flush()
    add_grant(session, object_id=file.object_id, file_key=file.file_key, to=clean_for, sealing=sealing)
    acting.keyring.remember(file.object_id, file.file_key)
    grant_to_cleaner(acting, stored)
    return stored


def grant_to_cleaner(acting: Acting, stored: StoredFile) -> bool:
    """Let today's cleaner open an original this person can open. False where there is no cleaner's key."""
    cleaner = current_key(acting.session, purpose=KeyPurpose.CLEANER, day=acting.sealing.day)
    if cleaner is None:
        return False
    file_key = acting.keyring.file_key(acting.session, stored.object_id)
    add_grant(
        acting.session,
        object_id=stored.object_id,
        file_key=file_key,
        to=KeyOf(cleaner.id, KeyPurpose.CLEANER),
        sealing=acting.sealing,
    )
    stored.clean_state = CleanState.WAITING
    post(acting.session, topic=OutboxTopic.CLEAN_FILE, subject_id=stored.object_id, rng=acting.rng)
    return True


def grant_waiting_files(acting: Acting, tip: Tip) -> int:
    """For a tip that came while there was no cleaner's key: grant its files now. Returns how many."""
    rows = acting.session.scalars(
        select(StoredFile)
        .join(Attachment, Attachment.object_id == StoredFile.object_id)
        .where(Attachment.tip_id == tip.id, StoredFile.clean_state == CleanState.AWAITING_GRANT)
    )
    return sum(grant_to_cleaner(acting, row) for row in rows)


def open_clean_copy(acting: Acting, object_id: uuid.UUID, *, blobs: Blobs, traced: bool = True) -> Reader:
    """The clean copy ``object_id`` (its own id), for streaming. Raises NotHere, KeyLocked.

    traced: False where this very opening has been traced already.
    """
    row = acting.session.get(SealedObject, object_id)
    if row is None or row.kind != ObjectKind.CLEAN:
        raise NotHere
    if traced:
        acting.trace(Event.FILE_VIEWED, subject_kind="file", subject_id=object_id)
    return _reader(acting, row, blobs=blobs)


def open_original(acting: Acting, object_id: uuid.UUID, *, blobs: Blobs) -> Reader:
    """An original, for whoever traces by themselves what becomes of it. Raises NotHere, KeyLocked."""
    row = acting.session.get(SealedObject, object_id)
    if row is None or row.kind not in (ObjectKind.ATTACHMENT, ObjectKind.EXHIBIT):
        raise NotHere
    return _reader(acting, row, blobs=blobs)


def take_original(acting: Acting, object_id: uuid.UUID, *, reason: str, blobs: Blobs) -> Reader:
    """An original, for download only, never rendered by our pages. The reason is sealed, the act traced.

    Raises NotHere, KeyLocked, InvalidInput (``reason`` missing).
    """
    checked = checked_text(reason, field="reason", max_characters=200)
    stored = acting.session.get(StoredFile, object_id)
    if stored is None:
        raise NotHere
    if stored.clean_state is CleanState.DESTROYED:
        raise InvalidInput({"file": _l("This file was destroyed.")})
    reason_id = acting.seal(
        {"reason": checked}, kind=ObjectKind.RECORD, to=[of_clean_copy(acting.session, stored)]
    )
    acting.trace(
        Event.ORIGINAL_TAKEN, subject_kind="file", subject_id=object_id, facts={"reason": reason_id.hex}
    )
    return open_original(acting, object_id, blobs=blobs)


def _reader(acting: Acting, row: SealedObject, *, blobs: Blobs) -> Reader:
    file_key = acting.keyring.file_key(acting.session, row.id)
    return open_stored(acting.session, row, file_key=file_key, blobs=blobs)


def share_clean_copy(acting: Acting, object_id: uuid.UUID, *, to: KeyOf) -> uuid.UUID:
    """Let the holders of key ``to`` open the clean copy and report of upload ``object_id``.

    Returns the clean copy's object id. Raises NotHere where there is no clean copy (yet).
    """
    stored = acting.session.get(StoredFile, object_id)
    if stored is None or stored.clean_object_id is None or stored.report_object_id is None:
        raise NotHere
    for shared in (stored.clean_object_id, stored.report_object_id):
        regrant(acting.session, object_id=shared, to=to, keyring=acting.keyring, sealing=acting.sealing)
    return stored.clean_object_id


def attachments_of(acting: Acting, tip_id: uuid.UUID) -> list[Attachment]:
    """Files of a tip, in order of arrival within the tip."""
    query = select(Attachment).where(Attachment.tip_id == tip_id).order_by(Attachment.ordinal)
    return list(acting.session.scalars(query))


def exhibits_of(acting: Acting, case_id: uuid.UUID) -> list[Exhibit]:
    """Exhibits of a case in order."""
    query = select(Exhibit).where(Exhibit.case_id == case_id).order_by(Exhibit.ordinal)
    return list(acting.session.scalars(query))

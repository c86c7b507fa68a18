"""From records and files to rows that only their recipients can open. All HPKE work is done here.

Owns: which grants each compartment of a tip gets. Must not know: transactions (rows are gathered before one
begins, so that no key is computed under the write lock), the form, pages. Source: 4-sealing "Compartments".
"""

from __future__ import annotations

import uuid
from datetime import date

from portal.crypto.compartments import Record, seal_identity, seal_record, split_identity
from portal.crypto.recipients import seal_file_key
from portal.crypto.stream import ObjectKind
from portal.domain.drafts import DraftFileInfo
from portal.domain.recipients import Recipient, TipKeys
from portal.domain.rows import Rows
from portal.models import (
    Attachment,
    CleanState,
    ObjectGrant,
    OutboxTopic,
    Rng,
    SealedObject,
    StoredFile,
    new_id,
)
from portal.models.records import Identity


def add_text(
    rows: Rows, record: Record, *, kind: ObjectKind, to: Recipient, rng: Rng, day: date
) -> uuid.UUID:
    """Seal a record for one recipient; returns the object's id."""
    object_id, file_key = new_id(rng), rng(32)
    sealed = seal_record(record, kind=kind, object_id=object_id, file_key=file_key)
    _add_inline(rows, sealed, kind=kind, object_id=object_id, day=day)
    _add_grant(rows, file_key, object_id=object_id, to=to)
    return object_id


def add_identity(rows: Rows, identity: Identity, *, keys: TipKeys, rng: Rng, day: date) -> uuid.UUID:
    """Seal an identity, empty or not, so that it takes desk and director both; returns the object's id.

    Raises TooLong above 4088 bytes.
    """
    object_id, file_key = new_id(rng), rng(32)
    sealed = seal_identity(identity.to_record(), object_id=object_id, file_key=file_key)
    _add_inline(rows, sealed, kind=ObjectKind.IDENTITY, object_id=object_id, day=day)
    halves = split_identity(
        file_key,
        object_id=object_id,
        desk=keys.desk.public,
        desk_key_id=keys.desk.key_id,
        director=keys.director.public,
        director_key_id=keys.director.key_id,
    )
    for recipient, half in ((keys.desk, halves.to_desk), (keys.director, halves.to_director)):
        rows.add(ObjectGrant, object_id=object_id, recipient_key_id=recipient.key_id, sealed_file_key=half)
    return object_id


def add_file(
    rows: Rows,
    file: DraftFileInfo,
    *,
    keys: TipKeys,
    tip_id: uuid.UUID,
    message_id: uuid.UUID | None,
    ordinal: int,
    rng: Rng,
) -> None:
    """Grant a file of the draft to the desk and to the day's cleaner, and attach it to its tip."""
    _add_grant(rows, file.file_key, object_id=file.object_id, to=keys.desk)
    if keys.cleaner is not None:
        _add_grant(rows, file.file_key, object_id=file.object_id, to=keys.cleaner)
        rows.add_post(OutboxTopic.CLEAN_FILE, file.object_id, rng=rng)
    state = CleanState.AWAITING_GRANT if keys.cleaner is None else CleanState.WAITING
    rows.add(StoredFile, object_id=file.object_id, clean_state=state, clean_for=keys.desk.key_id)
    rows.add(Attachment, object_id=file.object_id, tip_id=tip_id, message_id=message_id, ordinal=ordinal)


def _add_inline(rows: Rows, sealed: bytes, *, kind: ObjectKind, object_id: uuid.UUID, day: date) -> None:
    rows.add(
        SealedObject,
        id=object_id,
        kind=kind,
        body=sealed,
        blob_name=None,
        sealed_bytes=len(sealed),
        stored_on=day,
    )


def _add_grant(rows: Rows, file_key: bytes, *, object_id: uuid.UUID, to: Recipient) -> None:
    sealed = seal_file_key(file_key, to=to.public, recipient_key_id=to.key_id, object_id=object_id)
    rows.add(ObjectGrant, object_id=object_id, recipient_key_id=to.key_id, sealed_file_key=sealed)

"""What tests of background work stand on: an office, files that wait to be cleaned, and a workbench.

``bench = make_bench(office, cleaner=…, folder=…)`` runs handlers in the test's own process; ``cleaning_of``
opens what was sealed to the desk, as somebody whose key is unlocked would.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, select

from portal.clock import civil_day
from portal.crypto.parts import part_key
from portal.crypto.recipients import PrivateKey, open_file_key
from portal.crypto.stream import ObjectKind, SealingWriter, open_bytes
from portal.models import (
    Attachment,
    CleanState,
    FilePart,
    KeyPurpose,
    ObjectGrant,
    OutboxRow,
    OutboxTopic,
    SealedObject,
    StoredFile,
    new_id,
)
from portal.outbox import post
from portal.trust import KeyOf, current_key
from tests.support.office import TestOffice
from verification.clean_report import CleanReport
from verification.jobs.cleaning.cleaner import Cleaner
from verification.jobs.cleaning.day_keys import KeyFiles, make_days
from verification.jobs.running import Work, Workbench
from verification.jobs.schedule import NO_SUBJECT
from verification.keys.records import Sealing, add_grant
from verification.keys.sessions import SessionLimits
from verification.policy.rulebook import shipped_rules


def make_bench(office: TestOffice, *, cleaner: Cleaner, folder: Path) -> Workbench:
    """A workbench on an office's database, with its issuer's key and the first days' cleaner keys."""
    files = KeyFiles(folder)
    files.keep_issuer(office.keys.issuer_id, office.keys.issuer)
    with office.database.write() as session:
        make_days(session, files, day=civil_day(office.clock), rng=office.rng)
    return Workbench(
        database=office.database,
        blobs=office.blobs,
        clock=office.clock,
        rng=office.rng,
        trust=office.trust,
        rules=shipped_rules(),
        cleaner=cleaner,
        cleaner_key_dir=folder,
        session_limits=SessionLimits(idle=timedelta(minutes=30), whole=timedelta(hours=10)),
    )


def keep_file(
    office: TestOffice, content: bytes, *, kind: ObjectKind = ObjectKind.ATTACHMENT, part_bytes: int = 0
) -> Work:
    """Store a sealed original that desk and cleaner may open, and the work of cleaning it.

    part_bytes: as if it had arrived in parts of this length; 0: in one piece.
    """
    file_key, day = secrets.token_bytes(32), civil_day(office.clock)
    step = part_bytes or len(content) or 1
    pieces = [content[at : at + step] for at in range(0, len(content) or 1, step)]
    ids = [new_id(office.rng) for _piece in pieces]
    rows = [
        _stored(office, piece, number=number, ids=ids, kind=kind, file_key=file_key)
        for number, piece in enumerate(pieces)
    ]
    object_id = ids[0]
    tip_id, _receipt = office.send_tip()
    desk = office.keys.desk.id
    with office.database.write() as session:
        cleaner = current_key(session, purpose=KeyPurpose.CLEANER, day=day)
        assert cleaner is not None
        session.add_all(rows)
        session.flush()
        session.add_all(
            FilePart(object_id=later, head_id=object_id, number=number)
            for number, later in enumerate(ids[1:], start=1)
        )
        session.add(StoredFile(object_id=object_id, clean_for=desk, clean_state=CleanState.WAITING))
        session.flush()
        session.add(Attachment(object_id=object_id, tip_id=tip_id, message_id=None, ordinal=1))
        # What the tip itself causes is not what these tests look at.
        session.execute(delete(OutboxRow).where(OutboxRow.subject_id == tip_id))
        for key in (KeyOf(desk, KeyPurpose.DESK), KeyOf(cleaner.id, KeyPurpose.CLEANER)):
            sealing = Sealing(trust=office.trust, rng=office.rng, day=day)
            add_grant(session, object_id=object_id, file_key=file_key, to=key, sealing=sealing)
        outbox_id = post(session, topic=OutboxTopic.CLEAN_FILE, subject_id=object_id, rng=office.rng)
    return Work(outbox_id, OutboxTopic.CLEAN_FILE, object_id, attempts=1)


def _stored(
    office: TestOffice,
    piece: bytes,
    *,
    number: int,
    ids: list[uuid.UUID],
    kind: ObjectKind,
    file_key: bytes,
) -> SealedObject:
    """Seal a file, or one part of it, into a blob; its row, not yet written."""
    if len(ids) > 1:
        is_last = number == len(ids) - 1
        file_key = part_key(file_key, head=ids[0], part=ids[number], number=number, is_last=is_last)
    blob, day = office.blobs.create(rng=office.rng), civil_day(office.clock)
    writer = SealingWriter(blob, kind=kind, object_id=ids[number], file_key=file_key)
    writer.write(piece)
    size = writer.finish()
    blob.keep(day=day)
    return SealedObject(
        id=ids[number], kind=kind, blob_name=blob.name, sealed_bytes=size.sealed_bytes, stored_on=day
    )


def post_work(
    office: TestOffice, topic: OutboxTopic, subject_id: uuid.UUID = NO_SUBJECT, *, attempts: int = 0
) -> Work:
    """One outbox row. attempts: how often it was claimed before."""
    with office.database.write() as session:
        outbox_id = post(session, topic=topic, subject_id=subject_id, rng=office.rng)
        session.get_one(OutboxRow, outbox_id).attempts = attempts
    return Work(outbox_id, topic, subject_id, attempts)


def outbox(office: TestOffice) -> list[OutboxRow]:
    """Every row that is left."""
    with office.database.read() as session:
        return list(session.scalars(select(OutboxRow).order_by(OutboxRow.id)))


@dataclass(frozen=True, slots=True)
class Cleaning:
    """What became of a file. copy: the clean copy's plaintext, where there is one."""

    state: CleanState
    report: CleanReport | None
    copy: bytes | None
    grants: set[uuid.UUID]


def cleaning_of(office: TestOffice, object_id: uuid.UUID) -> Cleaning:
    """Open copy and report of a file with the desk's key."""
    with office.database.read() as session:
        stored = session.get_one(StoredFile, object_id)
        grants = session.scalars(
            select(ObjectGrant.recipient_key_id).where(ObjectGrant.object_id == object_id)
        )
        return Cleaning(
            state=stored.clean_state,
            report=_report(office, stored.report_object_id),
            copy=_open(office, stored.clean_object_id),
            grants=set(grants),
        )


def _report(office: TestOffice, object_id: uuid.UUID | None) -> CleanReport | None:
    encoded = _open(office, object_id)
    return CleanReport.decode(encoded) if encoded is not None else None


def _open(office: TestOffice, object_id: uuid.UUID | None) -> bytes | None:
    if object_id is None:
        return None
    desk: PrivateKey = office.keys.desk.private
    with office.database.read() as session:
        row = session.get_one(SealedObject, object_id)
        grant = session.get_one(ObjectGrant, (object_id, office.keys.desk.id))
    file_key = open_file_key(
        grant.sealed_file_key, private=desk, recipient_key_id=office.keys.desk.id, object_id=object_id
    )
    sealed = row.body
    if sealed is None:
        with office.blobs.open(row.blob_name or "") as blob:
            sealed = blob.read()
    assert len(sealed) == row.sealed_bytes
    return open_bytes(sealed, kind=ObjectKind(row.kind), object_id=object_id, file_key=file_key)

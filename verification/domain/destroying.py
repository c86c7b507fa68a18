"""Destroying a file that came with a tip: two people, a reason, and from then on nobody can read it.

Owns: what goes with a file. Its grants go at once, and without one nobody derives its key, nor that of any of
its parts; bytes that lie in rows go with them, and blobs that no row names any more with the next sweep. A
cleaner that finishes afterwards finds that nothing waits for it. Must not know: pages, the sweep.
Source: 4-sealing "Deleting"; issue 3 "Deleting"; rules ``destroy-two``, ``destroy-evidence``.
"""

from __future__ import annotations

import uuid

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.crypto.header import ObjectKind
from portal.models import (
    Attachment,
    CleanState,
    FilePart,
    KeyPurpose,
    ObjectGrant,
    RecipientKey,
    SealedObject,
    StoredFile,
    Tip,
    new_id,
)
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.messages import checked_text
from verification.errors import NotHere, Refusal, Refused
from verification.keys.addressees import of_desk, of_director
from verification.models import Destruction, FileMark


def ask_destruction(acting: Acting, *, object_id: uuid.UUID, reason: str) -> Destruction:
    """Somebody of the tip's desk asks; the reason is sealed to the desk and to its director.

    Raises NotHere, InvalidInput (``reason``), Refused.
    """
    stored, tip = _file_of_tip(acting, object_id)
    if not acting.keyring.holds(acting.session, tip.desk_key_id):
        raise NotHere
    checked = checked_text(reason, field="reason", max_characters=300)
    refusals = _refusals(acting, stored)
    if waiting_for(acting, object_id) is not None:
        refusals.append(Refusal("destroy-two", _l("This was asked for already, and waits for a decision.")))
    if refusals:
        raise Refused(tuple(refusals))
    session, day = acting.session, acting.sealing.day
    both = [of_desk(session, tip, day=day), of_director(session, tip, day=day)]
    row = Destruction(
        id=new_id(acting.rng),
        object_id=object_id,
        tip_id=tip.id,
        asked_by=acting.staff_id,
        asked_at=acting.clock.now(),
        reason_object_id=acting.seal({"text": checked}, kind=ObjectKind.RECORD, to=both),
    )
    session.add(row)
    session.flush()
    _trace(acting, Event.DESTRUCTION_ASKED, row)
    return row


def decide_destruction(acting: Acting, *, request_id: uuid.UUID, agreed: bool) -> Destruction:
    """Somebody else agrees, and the file is gone; or it is declined, or withdrawn by who asked.

    Raises NotHere, Refused.
    """
    session = acting.session
    row = session.get(Destruction, request_id, with_for_update=True, populate_existing=True)
    if row is None or row.decided_at is not None:
        raise NotHere
    stored, tip = _file_of_tip(acting, row.object_id)
    if not any(acting.keyring.holds(session, key) for key in (tip.desk_key_id, tip.director_key_id)):
        raise NotHere
    if agreed:
        refusals = _refusals(acting, stored)
        if row.asked_by == acting.staff_id:
            refusals.append(Refusal("destroy-two", _l("Somebody else must agree to this.")))
        if refusals:
            raise Refused(tuple(refusals))
        destroy_file(session, stored)
    row.decided_by, row.decided_at, row.destroyed = acting.staff_id, acting.clock.now(), agreed
    _trace(acting, Event.FILE_DESTROYED if agreed else Event.DESTRUCTION_DECLINED, row)
    return row


def destroy_file(session: Session, stored: StoredFile) -> None:
    """Make original, parts, clean copy and report unreadable; its place in lists stays."""
    parts = list(session.scalars(select(FilePart.object_id).where(FilePart.head_id == stored.object_id)))
    made = [made for made in (stored.clean_object_id, stored.report_object_id) if made is not None]
    stored.clean_state = CleanState.DESTROYED
    stored.clean_object_id = stored.report_object_id = None
    session.flush()
    session.execute(delete(FileMark).where(FileMark.object_id == stored.object_id))
    session.execute(delete(ObjectGrant).where(ObjectGrant.object_id == stored.object_id))
    session.execute(delete(SealedObject).where(SealedObject.id.in_([*parts, *made])))
    # A blob that no row names is an orphan: the sweep takes it.
    session.execute(
        update(SealedObject).where(SealedObject.id == stored.object_id).values(body=None, blob_name=None)
    )


def waiting_for(acting: Acting, object_id: uuid.UUID) -> Destruction | None:
    """The request that waits for a decision about this file."""
    return acting.session.scalars(
        select(Destruction).where(Destruction.object_id == object_id, Destruction.decided_at.is_(None))
    ).one_or_none()


def _file_of_tip(acting: Acting, object_id: uuid.UUID) -> tuple[StoredFile, Tip]:
    """The file, locked, and its tip. Raises NotHere for exhibits, papers, and files that are gone."""
    session = acting.session
    stored = session.get(StoredFile, object_id, with_for_update=True, populate_existing=True)
    attachment = session.get(Attachment, object_id)
    if stored is None or attachment is None or stored.clean_state is CleanState.DESTROYED:
        raise NotHere
    return stored, session.get_one(Tip, attachment.tip_id)


def _refusals(acting: Acting, stored: StoredFile) -> list[Refusal]:
    """Whoever works on a case with a file has to be able to show it."""
    given = (
        select(ObjectGrant.object_id)
        .join(RecipientKey, RecipientKey.id == ObjectGrant.recipient_key_id)
        .where(
            ObjectGrant.object_id.in_([stored.object_id, stored.clean_object_id]),
            RecipientKey.purpose == KeyPurpose.CASE,
        )
    )
    if acting.session.scalars(given.limit(1)).first() is None:
        return []
    return [Refusal("destroy-evidence", _l("A case team works with this file."))]


def _trace(acting: Acting, event: Event, row: Destruction) -> None:
    acting.trace(event, subject_kind="file", subject_id=row.object_id, facts={"request": row.id.hex})

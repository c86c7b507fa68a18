"""Whose key a record means: the purpose and holder that must stand in the statement of the key it points to.

A pointer in a row can be rewritten by whoever writes rows; a statement cannot. So nobody seals to a bare key
id: every sealing names its addressee through one of these. Source: 4-sealing "Keys", FORMAT.md §8.
"""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import UnsignedKey
from portal.models import (
    SECOND_OF_ALTERNATE,
    Attachment,
    Desk,
    KeyPurpose,
    RecipientKey,
    StoredFile,
    Tip,
)
from portal.trust import KeyOf, current_key
from verification.errors import NotHere
from verification.models import Case, Exhibit, PaperAct, Staff, Unit

_PURPOSE_OF = {Desk.DESK: KeyPurpose.DESK, Desk.ALTERNATE: KeyPurpose.ALTERNATE}

_SECOND_OF = {Desk.DESK: "", Desk.ALTERNATE: SECOND_OF_ALTERNATE}


def first_desk(tip: Tip) -> KeyOf:
    """The generation of its desk that a tip was sent to, and that its digest is read with."""
    return KeyOf(tip.desk_key_id, _PURPOSE_OF[tip.desk])


def of_desk(session: Session, tip: Tip, *, day: date) -> KeyOf:
    """A tip's desk as it is on ``day``: what is written now is not for those who have left."""
    newest = current_key(session, purpose=_PURPOSE_OF[tip.desk], day=day)
    return first_desk(tip) if newest is None else KeyOf(newest.id, newest.purpose, newest.holder)


def of_director(session: Session, tip: Tip, *, day: date) -> KeyOf:
    """The other half of a tip's identity: the director's, or that of the alternate desk's second person."""
    holder = _SECOND_OF[tip.desk]
    newest = current_key(session, purpose=KeyPurpose.DIRECTOR, holder=holder, day=day)
    return KeyOf(tip.director_key_id if newest is None else newest.id, KeyPurpose.DIRECTOR, holder)


def office_desk(session: Session, *, day: date) -> KeyOf:
    """The desk as it is on ``day``, for a case that no tip began. NotHere before the office is founded."""
    newest = current_key(session, purpose=KeyPurpose.DESK, day=day)
    if newest is None:
        raise NotHere
    return KeyOf(newest.id, newest.purpose, newest.holder)


def of_case(case: Case) -> KeyOf:
    """A case's own key."""
    return case_key(case.key_id, case_id=case.id)


def case_key(key_id: uuid.UUID, *, case_id: uuid.UUID) -> KeyOf:
    """The key of a case that has no row yet."""
    return KeyOf(key_id, KeyPurpose.CASE, case_id.hex)


def of_staff(staff: Staff) -> KeyOf:
    """One person's key."""
    return KeyOf(staff.key_id, KeyPurpose.STAFF, staff.id.hex)


def of_unit(unit: Unit) -> KeyOf:
    """The key that a unit's liaisons open its papers with. NotHere for a body without one."""
    if unit.key_id is None:
        raise NotHere
    return KeyOf(unit.key_id, KeyPurpose.UNIT, unit.id.hex)


def _case_of_scan(session: Session, stored: StoredFile) -> uuid.UUID | None:
    """Of the cases that one scan is about, the one whose key its clean copy is for."""
    papers = select(PaperAct.case_id).where(PaperAct.scan_id == stored.object_id)
    holder = select(RecipientKey.holder).where(RecipientKey.id == stored.clean_for)
    cases = {case_id.hex: case_id for case_id in session.scalars(papers)}
    return cases.get(session.scalar(holder) or "")


def of_clean_copy(session: Session, stored: StoredFile) -> KeyOf:
    """Who gets the clean copy of an upload: the desk of its tip, or its case. Raises UnsignedKey."""
    object_id = stored.object_id
    tip = session.scalar(
        select(Tip).join(Attachment, Attachment.tip_id == Tip.id).where(Attachment.object_id == object_id)
    )
    if tip is not None:
        # The desk may have a newer key than when the tip came; the file says which.
        return KeyOf(stored.clean_for, _PURPOSE_OF[tip.desk])
    exhibit = select(Exhibit.case_id).where(Exhibit.object_id == object_id)
    case_id = session.scalar(exhibit) or _case_of_scan(session, stored)
    if case_id is None:
        raise UnsignedKey("a file of nothing")
    return case_key(stored.clean_for, case_id=case_id)

"""More time for a rectification item: asked for once by its unit, granted or refused with a reason.

Both reasons are sealed to the case and to the unit. Granted, the item's date and its running clock move.
Source: Reg. art. 18; issue 4 "extension once with reason".
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from portal.crypto.header import ObjectKind
from portal.models import new_id
from verification.domain.acting import Acting
from verification.domain.inputs import MEDIUM, Inputs, note_text
from verification.domain.items import CLOCK, item_with_case, unit_key
from verification.domain.locking import locked_case_of
from verification.errors import NotHere
from verification.keys.addressees import of_case
from verification.models import Case, CaseState, Deadline, Extension, RectificationItem
from verification.policy.workdays import end_of
from verification.workflow.states import Action, SubjectKind


@dataclass(frozen=True, slots=True, repr=False)
class ReadExtension:
    """A request opened, for readers of the case and for its unit. ``decision``: empty before it."""

    row: Extension
    reason: str
    decision: str


def ask_extension(
    acting: Acting, *, item_id: uuid.UUID, version: int, until: date | None, reason: str
) -> Extension:
    """The unit asks for a later date. Raises InvalidInput (until), Refused, StaleSubject, NotHere."""
    inputs = Inputs()
    day = inputs.day("until", until, today=acting.sealing.day, least=acting.sealing.day)
    words = inputs.text("reason", reason, most=MEDIUM, needed=False)
    inputs.done()
    item, case = item_with_case(acting, item_id)
    if case.state is not CaseState.RECTIFYING:
        raise NotHere
    given = {"until": day, "has_note": bool(words)}
    acting.apply(SubjectKind.ITEM, item_id, Action.ASK_EXTENSION, version=version, given=given)
    row = Extension(
        id=new_id(acting.rng),
        case_id=case.id,
        item_id=item_id,
        unit_id=item.unit_id,
        due_on=item.due_on,
        until=day,
        reason_id=_sealed(acting, case, item, words),
        asked_by=acting.staff_id,
        asked_at=acting.clock.now(),
    )
    acting.session.add(row)
    acting.session.flush()
    return row


def decide_extension(
    acting: Acting, *, extension_id: uuid.UUID, version: int, granted: bool, reason: str
) -> Extension:
    """Grant the later date, or refuse it; with the reason, which the unit reads."""
    words = note_text(reason, name="reason")
    case = locked_case_of(acting, Extension, extension_id)
    action = Action.GRANT_EXTENSION if granted else Action.REFUSE_EXTENSION
    row: Extension = acting.apply(
        SubjectKind.EXTENSION, extension_id, action, version=version, given={"has_note": bool(words)}
    )
    item = acting.session.get_one(RectificationItem, row.item_id, with_for_update=True)
    row.decision_id = _sealed(acting, case, item, words)
    row.decided_by, row.decided_at = acting.staff_id, acting.clock.now()
    if granted:
        _move(acting, item, row.until)
    acting.session.flush()
    return row


def extension_of(acting: Acting, item_id: uuid.UUID) -> ReadExtension | None:
    """What was asked for an item, if anything. Raises KeyLocked for those who can read neither side."""
    row = acting.session.scalars(select(Extension).where(Extension.item_id == item_id)).one_or_none()
    if row is None:
        return None
    texts = acting.open_all(part for part in (row.reason_id, row.decision_id) if part)
    return ReadExtension(
        row=row,
        reason=str(texts[row.reason_id]["text"]),
        decision=str(texts[row.decision_id]["text"]) if row.decision_id else "",
    )


def _move(acting: Acting, item: RectificationItem, until: date) -> None:
    """The item is due later, and so is its running clock. A passing that was recorded stays recorded."""
    item.due_on = until
    running = select(Deadline).where(
        Deadline.subject_id == item.id, Deadline.rule_id == CLOCK, Deadline.met_on.is_(None)
    )
    for clock in acting.session.scalars(running).all():
        clock.due_at, clock.warned = end_of(until), 0


def _sealed(acting: Acting, case: Case, item: RectificationItem, words: str) -> uuid.UUID:
    readers = [of_case(case), unit_key(acting, item.unit_id)]
    return acting.seal({"text": words}, kind=ObjectKind.RECORD, to=readers)

"""Coordination items (督帮一体): proposed, compared, agreed to by the director, ended or carried on.

Some causes lie with no single unit; the office brings several departments to one table, each with its own
part and its own date. It is help: no finding, no item of rectification and no ground for accountability comes
of it. What departments do with their parts is in ``coordination_parts``. Source: county notice; issue 4.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import delete, func, select, update

from portal.crypto.header import ObjectKind
from portal.models import new_id
from verification.domain.acting import Acting
from verification.domain.coordination_parts import ask_part, withdraw_part
from verification.domain.coordination_texts import (
    OUTWARD,
    NewItem,
    check_outward,
    checked_item,
    outward_text,
    parts_of,
    read_item,
    too_early,
)
from verification.domain.inputs import LONG, SHORT, Inputs, note_text
from verification.domain.items import unit_key
from verification.domain.locking import locked_case, locked_case_of
from verification.errors import NotHere
from verification.keys.addressees import of_case
from verification.keys.records import regrant
from verification.models import (
    PART_OVER,
    Case,
    Coordination,
    CoordinationMeeting,
    CoordinationPart,
    PartState,
)
from verification.policy.permissions import Permission
from verification.policy.wording import Wording
from verification.workflow.states import Action, SubjectKind

CLOCK = "clock-coordinate"


@dataclass(frozen=True, slots=True, repr=False)
class ReadMeeting:
    """A meeting opened."""

    row: CoordinationMeeting
    people: str
    agreed: str


def due_on_for(acting: Acting) -> date:
    """When a part is due that is written now, unless another date is set."""
    return acting.sealing.day + timedelta(days=acting.rules.number(CLOCK))


def propose_coordination(
    acting: Acting, *, case_id: uuid.UUID, version: int, new: NewItem, wording_accepted: bool = False
) -> Coordination:
    """Propose an item to the director; no department sees anything of it yet.

    Whoever of the desk proposes has compared its wording with what informants wrote by that. Raises
    InvalidInput (title, obstacle, goal, unit-n, work-n, due-n, after-n, wording), Refused, StaleSubject.
    """
    case, inputs = locked_case(acting, case_id), Inputs()
    checked, wording = checked_item(acting, case, new, inputs=inputs, accepted=wording_accepted)
    inputs.done()
    acting.apply(
        SubjectKind.CASE, case_id, Action.PROPOSE_COORDINATION, version=version, given=_shape(checked)
    )
    row = Coordination(
        id=new_id(acting.rng), case_id=case_id, ordinal=_next_ordinal(acting, case_id),
        body_id=_seal_obstacle(acting, case, checked), shared_id=_seal_shared(acting, case, checked),
        written_by=acting.staff_id, written_at=acting.clock.now(),
    )  # fmt: skip
    acting.session.add(row)
    acting.session.flush()
    _write_parts(acting, case, row, checked)
    _check_at_once(acting, row, wording)
    return row


def revise_coordination(
    acting: Acting, *, coordination_id: uuid.UUID, version: int, new: NewItem, wording_accepted: bool = False
) -> Coordination:
    """Write a proposal anew, its parts included; it was compared and returned in its old words."""
    case, inputs = locked_case_of(acting, Coordination, coordination_id), Inputs()
    checked, wording = checked_item(acting, case, new, inputs=inputs, accepted=wording_accepted)
    inputs.done()
    row: Coordination = acting.apply(
        SubjectKind.COORDINATION, coordination_id, Action.REVISE_COORDINATION, version=version,
        given=_shape(checked),
    )  # fmt: skip
    row.body_id, row.shared_id = _seal_obstacle(acting, case, checked), _seal_shared(acting, case, checked)
    row.written_by, row.written_at = acting.staff_id, acting.clock.now()
    row.checked_by = row.checked_at = row.note_id = None
    of_item = CoordinationPart.coordination_id == row.id
    # Nobody was asked yet: the old parts leave nothing behind.
    acting.session.execute(update(CoordinationPart).where(of_item).values(after_id=None))
    acting.session.execute(delete(CoordinationPart).where(of_item))
    _write_parts(acting, case, row, checked)
    _check_at_once(acting, row, wording)
    return row


def check_coordination(
    acting: Acting, *, coordination_id: uuid.UUID, version: int, wording_accepted: bool = False
) -> Coordination:
    """The desk compares what goes to departments with what the informants wrote.

    Raises InvalidInput (texts, wording), Refused (not all of it can be opened; a department to be kept away).
    """
    case, row = _item_with_case(acting, coordination_id)
    words, inputs = read_item(acting, row), Inputs()
    bodies = acting.open_all(part.body_id for part in parts_of(acting, row.id))
    said = "\n".join([words.title, words.goal, *(str(body["work"]) for body in bodies.values())])
    found = check_outward(acting, case, {"texts": said}, inputs=inputs, accepted=wording_accepted)
    inputs.done()
    return _checked(acting, row, found, version=version)


def agree_coordination(acting: Acting, *, coordination_id: uuid.UUID, version: int) -> Coordination:
    """The director agrees: every department can open its part, title and goal, and its clock runs."""
    _case, row = _item_with_case(acting, coordination_id)
    acting.apply(SubjectKind.COORDINATION, row.id, Action.AGREE_COORDINATION, version=version)
    row.agreed_by, row.agreed_at = acting.staff_id, acting.clock.now()
    acting.session.flush()
    for part in parts_of(acting, row.id):
        for object_id in (row.shared_id, part.body_id):
            regrant(
                acting.session, object_id=object_id, to=unit_key(acting, part.unit_id),
                keyring=acting.keyring, sealing=acting.sealing,
            )  # fmt: skip
        ask_part(acting, part)
    return row


def return_coordination(
    acting: Acting, *, coordination_id: uuid.UUID, version: int, note: str
) -> Coordination:
    """The director sends a proposal back with the reason."""
    words = note_text(note)
    return _ended(acting, coordination_id, version, Action.RETURN_COORDINATION, words, is_end=False)


def withdraw_coordination(
    acting: Acting, *, coordination_id: uuid.UUID, version: int, note: str
) -> Coordination:
    """Take an item back with the reason, and every part of it that is not over."""
    words = note_text(note)
    row = _ended(acting, coordination_id, version, Action.WITHDRAW_COORDINATION, words)
    for part in parts_of(acting, row.id):
        if part.state not in PART_OVER:
            withdraw_part(acting, part)
    return row


def finish_coordination(
    acting: Acting, *, coordination_id: uuid.UUID, version: int, note: str
) -> Coordination:
    """Every part is confirmed or released: note what was reached."""
    words = note_text(note)
    return _ended(acting, coordination_id, version, Action.FINISH_COORDINATION, words)


def carry_on(
    acting: Acting,
    *,
    coordination_id: uuid.UUID,
    version: int,
    mechanism: str,
    note: str,
    wording_accepted: bool = False,
) -> Coordination:
    """The director carries an item on into a standing mechanism: the case may close, its clocks go on.

    mechanism: what it is called; departments read it. note: why, for the case. Raises InvalidInput
    (mechanism, wording), Refused, StaleSubject, NotHere.
    """
    case, row = _item_with_case(acting, coordination_id)
    words = note_text(note)
    name = outward_text(acting, case, "mechanism", mechanism, most=SHORT, accepted=wording_accepted)
    acting.apply(
        SubjectKind.COORDINATION, row.id, Action.CARRY_ON_COORDINATION, version=version,
        given={"has_note": bool(words), "mechanism": bool(name)},
    )  # fmt: skip
    asked = [part for part in parts_of(acting, row.id) if part.state is not PartState.PLANNED]
    readers = [of_case(case), *(unit_key(acting, part.unit_id) for part in asked)]
    row.mechanism_id = acting.seal({OUTWARD: name}, kind=ObjectKind.DOCUMENT, to=readers)
    row.note_id = acting.seal({"text": words}, kind=ObjectKind.RECORD, to=[of_case(case)])
    acting.session.flush()
    return row


def record_meeting(
    acting: Acting,
    *,
    coordination_id: uuid.UUID,
    version: int,
    held_on: date | None,
    people: str,
    agreed: str,
) -> CoordinationMeeting:
    """Record that the departments met. Raises InvalidInput (held_on, people, agreed), Refused."""
    inputs = Inputs()
    day = inputs.past_day("held_on", held_on, today=acting.sealing.day)
    body = {
        "people": inputs.text("people", people, most=LONG),
        "agreed": inputs.text("agreed", agreed, most=LONG),
    }
    inputs.done()
    case, row = _item_with_case(acting, coordination_id)
    acting.apply(SubjectKind.COORDINATION, row.id, Action.RECORD_MEETING, version=version)
    meeting = CoordinationMeeting(
        id=new_id(acting.rng), coordination_id=row.id, held_on=day,
        body_id=acting.seal(body, kind=ObjectKind.RECORD, to=[of_case(case)]),
        recorded_by=acting.staff_id, recorded_at=acting.clock.now(),
    )  # fmt: skip
    acting.session.add(meeting)
    acting.session.flush()
    return meeting


def read_meetings(acting: Acting, item_id: uuid.UUID) -> list[ReadMeeting]:
    """Meetings of an item, the newest first."""
    query = select(CoordinationMeeting).where(CoordinationMeeting.coordination_id == item_id)
    rows = acting.session.scalars(
        query.order_by(CoordinationMeeting.held_on.desc(), CoordinationMeeting.id)
    ).all()
    texts = acting.open_all(row.body_id for row in rows)
    return [
        ReadMeeting(row, str(texts[row.body_id]["people"]), str(texts[row.body_id]["agreed"])) for row in rows
    ]


def _item_with_case(acting: Acting, coordination_id: uuid.UUID) -> tuple[Case, Coordination]:
    """The case and its item, locked in this order. Raises NotHere."""
    case = locked_case_of(acting, Coordination, coordination_id)
    row = acting.session.get(Coordination, coordination_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotHere
    return case, row


def _shape(new: NewItem) -> dict[str, object]:
    """What guards look at."""
    units = [part.unit_id for part in new.parts]
    return {"departments": units, "too_early": too_early(new.parts)}


def _seal_obstacle(acting: Acting, case: Case, new: NewItem) -> uuid.UUID:
    return acting.seal({"obstacle": new.obstacle}, kind=ObjectKind.DOCUMENT, to=[of_case(case)])


def _seal_shared(acting: Acting, case: Case, new: NewItem) -> uuid.UUID:
    return acting.seal({"title": new.title, "goal": new.goal}, kind=ObjectKind.DOCUMENT, to=[of_case(case)])


def _write_parts(acting: Acting, case: Case, row: Coordination, new: NewItem) -> None:
    ids = {part.number: new_id(acting.rng) for part in new.parts}
    written = [
        CoordinationPart(
            id=ids[part.number], case_id=case.id, coordination_id=row.id, unit_id=part.unit_id,
            ordinal=ordinal, is_lead=ordinal == 1, due_on=part.due_on,
            body_id=acting.seal({"work": part.work}, kind=ObjectKind.DOCUMENT, to=[of_case(case)]),
        )
        for ordinal, part in enumerate(new.parts, start=1)
    ]  # fmt: skip
    acting.session.add_all(written)
    acting.session.flush()
    for part_row, part in zip(written, new.parts, strict=True):
        part_row.after_id = None if part.after is None else ids[part.after]
    acting.session.flush()


def _check_at_once(acting: Acting, row: Coordination, wording: Wording) -> None:
    """Whoever of the desk wrote it has compared it with everything that informants wrote."""
    if wording.complete and acting.actor.may(Permission.COORDINATION_READ_OVER):
        _checked(acting, row, wording, version=row.version)


def _checked(acting: Acting, row: Coordination, wording: Wording, *, version: int) -> Coordination:
    acting.apply(
        SubjectKind.COORDINATION, row.id, Action.CHECK_COORDINATION, version=version,
        given={"compared": wording.complete}, noted={"wording": len(wording.words)},
    )  # fmt: skip
    row.checked_by, row.checked_at = acting.staff_id, acting.clock.now()
    acting.session.flush()
    return row


def _ended(
    acting: Acting,
    coordination_id: uuid.UUID,
    version: int,
    action: Action,
    words: str,
    *,
    is_end: bool = True,
) -> Coordination:
    case, row = _item_with_case(acting, coordination_id)
    acting.apply(SubjectKind.COORDINATION, row.id, action, version=version, given={"has_note": bool(words)})
    row.note_id = acting.seal({"text": words}, kind=ObjectKind.RECORD, to=[of_case(case)])
    if is_end:
        row.ended_by, row.ended_at = acting.staff_id, acting.clock.now()
    acting.session.flush()
    return row


def _next_ordinal(acting: Acting, case_id: uuid.UUID) -> int:
    last = acting.session.scalar(
        select(func.max(Coordination.ordinal)).where(Coordination.case_id == case_id)
    )
    return (last or 0) + 1

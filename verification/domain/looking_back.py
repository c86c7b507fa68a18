"""Looking back at what was put right: due with closing, named, noted item by item, reported, settled, told.

Nobody need tell the unit beforehand. What is found is sealed to the case; of a relapse the unit reads what
the settler writes for it, and no more. Only the desk speaks to informants. Source: 2-domain §3, §5; issue 4.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select

from portal.crypto.header import ObjectKind
from portal.models import MessageKind, new_id
from verification.domain import relapsing
from verification.domain.acting import Acting
from verification.domain.exhibits import Belongs, Proof, check_exhibits, file_exhibit
from verification.domain.inputs import LONG, MEDIUM, Inputs
from verification.domain.items import due_on_for
from verification.domain.locking import locked_case_of
from verification.domain.messages import write_to_informant
from verification.domain.readers import give_case_key, take_case_key
from verification.errors import NotHere, StaleSubject
from verification.keys.addressees import of_case
from verification.models import (
    Case,
    ExhibitSource,
    LookBack,
    LookBackFinding,
    LookBackMember,
    LookBackResult,
    LookBackState,
    RectificationItem,
)
from verification.policy import deadlines
from verification.policy.actors import actor_for
from verification.policy.permissions import Permission
from verification.policy.redaction import find_identifiers
from verification.policy.workdays import civil
from verification.workflow.guards_asking import informants_of
from verification.workflow.guards_look_back import closed_off_items, lookers_of
from verification.workflow.states import Action, SubjectKind

CLOCK, TELLING_CLOCK = "clock-look-back", "clock-answer"

OPEN = (LookBackState.DUE, LookBackState.ASSIGNED, LookBackState.REPORTED)


@dataclass(frozen=True, slots=True, repr=False)
class Looked:
    """What was found of one item. ``version``: of the note that it replaces, 0 for the first."""

    finding: LookBackFinding | None
    seen: str
    looked_on: date | None
    version: int = 0


def begin_look_back(acting: Acting, case: Case, *, due_on: date | None = None) -> LookBack | None:
    """A look-back of a closed case's items falls due, by the rule's days unless given; None without items."""
    if not closed_off_items(acting.session, case.id):
        return None
    last = select(func.max(LookBack.ordinal)).where(LookBack.case_id == case.id)
    row = LookBack(
        id=new_id(acting.rng),
        case_id=case.id,
        ordinal=(acting.session.scalar(last) or 0) + 1,
        due_on=due_on or acting.sealing.day + timedelta(days=acting.rules.number(CLOCK)),
    )
    acting.session.add(row)
    acting.session.flush()
    _run_clock(acting, row)
    acting.session.flush()
    return row


def name_lookers(
    acting: Acting, *, look_back_id: uuid.UUID, version: int, people: Sequence[uuid.UUID]
) -> LookBack:
    """Name who looks again; they can open the case from now on, and whoever was named before no longer.

    Raises InvalidInput (team), Refused (team: too few, all of them verified, must keep away …), StaleSubject.
    """
    inputs = Inputs()
    named = list(dict.fromkeys(people))
    if not all(actor_for(acting.session, one).may(Permission.LOOK_BACK_WORK) for one in named):
        inputs.wrong("team", _l("Please choose from the list."))
    inputs.done()
    row, case = look_back_with_case(acting, look_back_id)
    former = lookers_of(acting.session, look_back_id)
    acting.session.execute(delete(LookBackMember).where(LookBackMember.look_back_id == look_back_id))
    # Written before the act, because the table tells them; a refusal undoes the whole transaction.
    acting.session.add_all(LookBackMember(look_back_id=look_back_id, staff_id=one) for one in named)
    acting.session.flush()
    acting.apply(
        SubjectKind.LOOK_BACK,
        look_back_id,
        Action.NAME_LOOKERS,
        version=version,
        given={"team": named, "due_on": row.due_on},
        noted={"team": [one.hex for one in named]},
    )
    row.named_by = acting.staff_id
    acting.session.flush()
    give_case_key(acting, case, staff_ids=named)
    take_case_key(acting, case, staff_ids=former - set(named))
    return row


def note_result(
    acting: Acting,
    *,
    look_back_id: uuid.UUID,
    item_id: uuid.UUID,
    looked: Looked,
    proofs: Sequence[Proof] = (),
) -> LookBackResult:
    """Note what was found of one item, with photographs; it can be changed until it is reported.

    Raises InvalidInput (finding, seen, looked_on, files), Refused, StaleSubject (noted by another meanwhile).
    """
    inputs = Inputs()
    inputs.among("finding", looked.finding, tuple(LookBackFinding))
    words = inputs.text("seen", looked.seen, most=LONG)
    row, case = look_back_with_case(acting, look_back_id)
    since = civil(case.closed_at) if case.closed_at is not None else None
    day = inputs.past_day("looked_on", looked.looked_on, today=acting.sealing.day, least=since)
    check_exhibits(proofs, inputs=inputs)
    inputs.done()
    assert looked.finding is not None
    given, noted = {"item": item_id}, {"item": item_id.hex, "finding": looked.finding}
    # It adds to the look-back and is compared with the note that it replaces.
    acting.apply(
        SubjectKind.LOOK_BACK, look_back_id, Action.NOTE_RESULT, version=row.version, given=given, noted=noted
    )
    result = _result(acting, row, item_id, looked.version)
    result.finding, result.looked_on = looked.finding, day
    result.seen_id = acting.seal({"seen": words}, kind=ObjectKind.RECORD, to=[of_case(case)])
    acting.session.add(result)
    acting.session.flush()
    belongs = Belongs(ExhibitSource.INSPECTOR, off_plan=False, look_back_result_id=result.id)
    for proof in proofs:
        file_exhibit(acting, case=case, new=proof, belongs=belongs)
    return result


def report_look_back(acting: Acting, *, look_back_id: uuid.UUID, version: int) -> LookBack:
    """What was noted of every item is the report; from now on it is somebody else's to settle."""
    row, _case = look_back_with_case(acting, look_back_id)
    acting.apply(SubjectKind.LOOK_BACK, look_back_id, Action.REPORT_LOOK_BACK, version=version)
    row.reported_by, row.reported_at = acting.staff_id, acting.clock.now()
    acting.session.flush()
    return row


def return_look_back(
    acting: Acting, *, look_back_id: uuid.UUID, version: int, note: str, due_on: date | None = None
) -> LookBack:
    """Have it looked at again, with the reason. due_on: a new date; None keeps the old, or today."""
    inputs, today = Inputs(), acting.sealing.day
    words = inputs.text("note", note, most=MEDIUM, needed=False)
    if due_on is not None:
        inputs.day("due_on", due_on, today=today, least=today)
    inputs.done()
    row, case = look_back_with_case(acting, look_back_id)
    acting.apply(
        SubjectKind.LOOK_BACK,
        look_back_id,
        Action.RETURN_LOOK_BACK,
        version=version,
        given={"has_note": bool(words)},
    )
    row.returned_note_id = acting.seal({"text": words}, kind=ObjectKind.RECORD, to=[of_case(case)])
    row.due_on = due_on or max(row.due_on, today)
    _run_clock(acting, row)
    acting.session.flush()
    return row


def settle_look_back(
    acting: Acting,
    *,
    look_back_id: uuid.UUID,
    version: int,
    note: str,
    due_on: date | None = None,
    reasons: Mapping[uuid.UUID, str] | None = None,
) -> LookBack:
    """Sign what was found. A relapse opens item and case again in the same transaction.

    due_on: until when what relapsed is to be put right. reasons: item id → what its unit reads of it. Raises
    InvalidInput (note, due_on, reason-<id>), Refused, StaleSubject.
    """
    row, case = look_back_with_case(acting, look_back_id)
    inputs = Inputs()
    words = inputs.text("note", note, most=MEDIUM)
    due, said = checked_relapses(acting, row, due_on=due_on, reasons=reasons or {}, inputs=inputs)
    inputs.done()
    acting.apply(
        SubjectKind.LOOK_BACK,
        look_back_id,
        Action.SETTLE_LOOK_BACK,
        version=version,
        noted={"relapsed": [item_id.hex for item_id in said]},
    )
    row.settled_by, row.settled_at = acting.staff_id, acting.clock.now()
    row.decision_id = acting.seal({"text": words}, kind=ObjectKind.RECORD, to=[of_case(case)])
    acting.session.flush()
    if informants_of(acting.session, case.id):
        deadlines.start(
            acting.session, rule_id=TELLING_CLOCK, subject_kind=SubjectKind.LOOK_BACK.value,
            subject_id=row.id, clock=acting.clock, rng=acting.rng, rules=acting.rules,
        )  # fmt: skip
    if said:
        relapsing.open_again(acting, case, row, due_on=due, reasons=said)
    return row


def checked_relapses(
    acting: Acting, row: LookBack, *, due_on: date | None, reasons: Mapping[uuid.UUID, str], inputs: Inputs
) -> tuple[date, dict[uuid.UUID, str]]:
    """A date, and words for its unit for whatever was found undone; problems go into ``inputs``."""
    found, today = relapsing.relapsed(acting, row), acting.sealing.day
    due = inputs.day("due_on", due_on, today=today, least=today) if found else due_on_for(acting)
    return due, {one.item_id: _for_unit(inputs, one.item_id, reasons) for one in found}


def tell_informants(acting: Acting, *, look_back_id: uuid.UUID, version: int, text: str) -> LookBack:
    """Put into each mailbox of the case what was found; the same words go to every informant.

    Raises InvalidInput (text), Refused, StaleSubject, KeyLocked for anybody but the desk.
    """
    inputs = Inputs()
    words = inputs.text("text", text, most=MEDIUM)
    if find_identifiers(words):
        inputs.wrong("text", _l("This holds a phone, identity or account number. Take it out."))
    inputs.done()
    row, case = look_back_with_case(acting, look_back_id)
    tips = informants_of(acting.session, case.id)
    noted = {"informants": len(tips)}
    acting.apply(SubjectKind.LOOK_BACK, look_back_id, Action.TELL_LOOK_BACK, version=version, noted=noted)
    row.told_by, row.told_on = acting.staff_id, acting.sealing.day
    acting.session.flush()
    for tip in tips:
        write_to_informant(acting, tip, kind=MessageKind.NOTE, text=words)
    return row


def look_back_with_case(acting: Acting, look_back_id: uuid.UUID) -> tuple[LookBack, Case]:
    """A look-back and its case, both locked, the case first. Raises NotHere."""
    case = locked_case_of(acting, LookBack, look_back_id)
    row = acting.session.get(LookBack, look_back_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotHere
    return row, case


def open_look_backs(acting: Acting, case_id: uuid.UUID) -> list[LookBack]:
    """Look-backs of a case that are not over."""
    query = select(LookBack).where(LookBack.case_id == case_id, LookBack.state.in_(OPEN))
    return list(acting.session.scalars(query.order_by(LookBack.ordinal)))


def _result(acting: Acting, row: LookBack, item_id: uuid.UUID, version: int) -> LookBackResult:
    """The note on an item, old or new, with how the item was closed off. Raises StaleSubject."""
    query = select(LookBackResult).where(
        LookBackResult.look_back_id == row.id, LookBackResult.item_id == item_id
    )
    result = acting.session.scalars(query).one_or_none()
    if (result.version if result is not None else 0) != version:
        raise StaleSubject(result.version if result is not None else 0)
    if result is None:
        result = LookBackResult(id=new_id(acting.rng), look_back_id=row.id, item_id=item_id, version=0)
    item = acting.session.get_one(RectificationItem, item_id)
    result.version += 1
    result.verified_by, result.verified_at = item.verified_by, item.verified_at
    result.verified_how, result.verification_id = item.verified_how, item.verification_id
    result.signer_id, result.closed_off_at = item.signer_id, item.closed_off_at
    return result


def _for_unit(inputs: Inputs, item_id: uuid.UUID, reasons: Mapping[uuid.UUID, str]) -> str:
    name = f"reason-{item_id}"
    words = inputs.text(name, reasons.get(item_id, ""), most=MEDIUM)
    if find_identifiers(words):
        inputs.wrong(name, _l("This holds a phone, identity or account number. Take it out."))
    return words


def _run_clock(acting: Acting, row: LookBack) -> None:
    """Start the clock of a look-back, which ends with its own date."""
    deadlines.start(
        acting.session,
        rule_id=CLOCK,
        subject_kind=SubjectKind.LOOK_BACK.value,
        subject_id=row.id,
        clock=acting.clock,
        rng=acting.rng,
        rules=acting.rules,
        due_on=row.due_on,
    )

"""Uses of a conclusion: written, approved by whom the rule names, sent to whom it concerns, and the answer.

The software never punishes: it keeps what was proposed, who approved it, which organ has it, and what came
back. What goes to a unit opens to its liaisons when it is sent, and to nobody else.
Source: Reg. art. 12, 13, 19–22, 25; 2-domain §2; issue 4 "Uses".
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.crypto.header import ObjectKind
from portal.models import Tip, new_id
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.casework import write_note
from verification.domain.deciding import give_to_unit
from verification.domain.inputs import LONG, MEDIUM, SHORT, Inputs, note_text, require
from verification.domain.items import FOR_UNIT, unit_key
from verification.domain.locking import locked_case, locked_case_of
from verification.domain.messages import read_sendings
from verification.domain.readers import give_to_role
from verification.errors import NotHere, Refusal, Refused, StaleSubject
from verification.keys.addressees import of_case
from verification.models import Case, Measure, MeasureKind, MeasureState, NoteKind, Unit
from verification.policy import deadlines
from verification.policy.permissions import Permission
from verification.policy.redaction import find_copied, find_identifiers
from verification.policy.uses import APPROVER, USES, Approval, labels_informant
from verification.policy.workdays import civil
from verification.workflow.states import Action, SubjectKind

CLOCK = "clock-use"
NUMBER_CHARACTERS = 60
_FOR_ORGAN = "organ"


@dataclass(frozen=True, slots=True, repr=False)
class UsePaper:
    """A paper as it is written, to a unit of ours or an organ (its code). addressee: whom it speaks to."""

    unit_id: uuid.UUID | None
    organ: str
    addressee: str
    text: str


@dataclass(frozen=True, slots=True, repr=False)
class ReadUse:
    """A use opened; empty where nothing was written yet."""

    row: Measure
    addressee: str
    text: str
    receipt: str
    answer: str


def write_use(acting: Acting, *, case_id: uuid.UUID, kind: MeasureKind | None, paper: UsePaper) -> Measure:
    """Write a use down. What needs no approval is to be sent from now on within its time.

    Raises InvalidInput (kind, receiver, addressee, text), Refused, NotHere.
    """
    require(acting, Permission.USE_WRITE)
    inputs = Inputs()
    inputs.among("kind", kind, tuple(MeasureKind))
    inputs.done()
    assert kind is not None
    case = locked_case(acting, case_id)
    row = Measure(
        id=new_id(acting.rng), case_id=case_id, kind=kind, written_on=acting.sealing.day,
        written_by=acting.staff_id,
    )  # fmt: skip
    _put_down(acting, case, row, paper)
    acting.session.add(row)
    acting.session.flush()
    if USES[kind].approval is Approval.NONE:
        deadlines.start(
            acting.session, rule_id=CLOCK, subject_kind=SubjectKind.MEASURE.value, subject_id=row.id,
            clock=acting.clock, rng=acting.rng, rules=acting.rules,
        )  # fmt: skip
    _trace(acting, Event.USE_WRITTEN, row)
    return row


def revise_use(acting: Acting, *, measure_id: uuid.UUID, version: int, paper: UsePaper) -> Measure:
    """Write it anew while nobody has been asked to approve it. Raises as ``write_use`` does, StaleSubject."""
    require(acting, Permission.USE_WRITE)
    row, case = _locked(acting, measure_id)
    if row.version != version:
        raise StaleSubject(row.version)
    if row.state is not MeasureState.DRAFT:
        raise Refused((Refusal("state", _l("This is not possible in the present state.")),))
    _put_down(acting, case, row, paper)
    row.written_by = acting.staff_id
    row.version += 1
    _trace(acting, Event.USE_REVISED, row)
    return row


def _trace(acting: Acting, event: Event, row: Measure) -> None:
    facts = {"use": row.id.hex, "kind": row.kind.value}
    acting.trace(event, subject_kind="case", subject_id=row.case_id, facts=facts)


def _put_down(acting: Acting, case: Case, row: Measure, paper: UsePaper) -> None:
    inputs, use = Inputs(), USES[row.kind]
    addressee = inputs.text("addressee", paper.addressee, most=SHORT, needed=False)
    words = inputs.text("text", paper.text, most=LONG)
    unit = None if paper.unit_id is None else acting.session.get(Unit, paper.unit_id)
    to_unit = use.to_unit and unit is not None and unit.key_id is not None
    if not to_unit and paper.organ not in use.organs:
        inputs.wrong("receiver", _l("Please choose one from the list."))
    if find_identifiers(words):
        inputs.wrong("text", _l("This holds a phone, identity or account number. Take it out."))
    elif copied := find_copied(words, statements=_accounts(acting, case)):
        text = _l(
            "These words stand in the tip as well: “%(words)s”. Write it in your own words.",
            words=words[copied[0].start : copied[0].end][:60],
        )
        inputs.wrong("text", text)
    inputs.done()
    if row.kind is MeasureKind.CLEARING and labels_informant(words):
        text = _l("A clearing does not speak of whoever reported it.")
        raise Refused((Refusal("clear-no-label", text, "text"),))
    row.unit_id, row.organ = (paper.unit_id, None) if to_unit else (None, paper.organ)
    body = {"for": FOR_UNIT if to_unit else _FOR_ORGAN, "addressee": addressee, "text": words}
    row.body_id = acting.seal(body, kind=ObjectKind.DOCUMENT, to=[of_case(case)])


def _accounts(acting: Acting, case: Case) -> list[str]:
    """What the informants of the case wrote, as far as this person may read it: the desk alone."""
    tips = acting.session.scalars(select(Tip).where(Tip.case_id == case.id)).all()
    mine = [tip for tip in tips if acting.keyring.holds(acting.session, tip.desk_key_id)]
    return [sending.account for tip in mine for sending in read_sendings(acting, tip)]


def propose_use(acting: Acting, *, measure_id: uuid.UUID, version: int) -> Measure:
    """Ask for the approval that the rule names; whoever gives it can read the case from now on."""
    _row, case = _locked(acting, measure_id)
    row: Measure = acting.apply(SubjectKind.MEASURE, measure_id, Action.PROPOSE_USE, version=version)
    role = APPROVER[USES[row.kind].approval]
    if role is not None:
        give_to_role(acting, case, role)
    return row


def approve_use(acting: Acting, *, measure_id: uuid.UUID, version: int) -> Measure:
    """The head of government, or for talks and orders to correct the director, approves."""
    _locked(acting, measure_id)
    row: Measure = acting.apply(SubjectKind.MEASURE, measure_id, Action.APPROVE_USE, version=version)
    row.approved_by, row.approved_at = acting.staff_id, acting.clock.now()
    return row


def return_use(acting: Acting, *, measure_id: uuid.UUID, version: int, note: str) -> Measure:
    """Return it to whoever wrote it, with the reason."""
    return _with_reason(acting, measure_id, Action.RETURN_USE, NoteKind.RETURN, version=version, note=note)


def withdraw_use(acting: Acting, *, measure_id: uuid.UUID, version: int, note: str) -> Measure:
    """Give it up before it was sent, with the reason."""
    return _with_reason(acting, measure_id, Action.WITHDRAW_USE, NoteKind.REMARK, version=version, note=note)


def _with_reason(
    acting: Acting, measure_id: uuid.UUID, action: Action, kind: NoteKind, *, version: int, note: str
) -> Measure:
    words = note_text(note)
    _row, case = _locked(acting, measure_id)
    row: Measure = acting.apply(
        SubjectKind.MEASURE, measure_id, action, version=version, given={"has_note": bool(words)}
    )
    write_note(acting, case, kind=kind, text=words)
    return row


def send_use(
    acting: Acting, *, measure_id: uuid.UUID, version: int, number: str, sent_on: date | None
) -> Measure:
    """It was sent; a unit of ours can open it from now on. Raises InvalidInput (number, sent_on), Refused."""
    row, _case = _locked(acting, measure_id)
    inputs = Inputs()
    letter = inputs.text("number", number, most=NUMBER_CHARACTERS, needed=False)
    least = civil(row.approved_at) if row.approved_at else row.written_on
    day = inputs.past_day("sent_on", sent_on, today=acting.sealing.day, least=least)
    inputs.done()
    acting.apply(
        SubjectKind.MEASURE, measure_id, Action.SEND_USE, version=version,
        noted={"kind": row.kind.value, "sent_on": day.isoformat()},
    )  # fmt: skip
    row.number, row.sent_on, row.sent_by = letter or None, day, acting.staff_id
    if row.unit_id is not None:
        give_to_unit(acting, row.body_id, row.unit_id)
    return row


def record_use_receipt(
    acting: Acting, *, measure_id: uuid.UUID, version: int, received_on: date | None, note: str
) -> Measure:
    """Somebody there signed for it. Raises InvalidInput (received_on, note), Refused."""
    row, case = _locked(acting, measure_id)
    inputs = Inputs()
    words = inputs.text("note", note, most=MEDIUM)
    day = inputs.past_day("received_on", received_on, today=acting.sealing.day, least=row.sent_on)
    inputs.done()
    acting.apply(SubjectKind.MEASURE, measure_id, Action.RECORD_USE_RECEIPT, version=version)
    row.received_on = day
    row.receipt_id = acting.seal({"text": words}, kind=ObjectKind.RECORD, to=[of_case(case)])
    return row


def record_use_outcome(
    acting: Acting, *, measure_id: uuid.UUID, version: int, answered_on: date | None, note: str
) -> Measure:
    """What came back. Raises InvalidInput (answered_on, note), Refused."""
    row, case = _locked(acting, measure_id)
    inputs = Inputs()
    words = inputs.text("note", note, most=LONG)
    least = row.received_on or row.sent_on
    day = inputs.past_day("answered_on", answered_on, today=acting.sealing.day, least=least)
    inputs.done()
    acting.apply(SubjectKind.MEASURE, measure_id, Action.RECORD_USE_OUTCOME, version=version)
    row.answered_on = day
    row.answer_id = acting.seal({"text": words}, kind=ObjectKind.RECORD, to=[of_case(case)])
    return row


def confirm_use(acting: Acting, *, measure_id: uuid.UUID, version: int) -> Measure:
    """The unit signs for a paper that was sent to it."""
    _locked(acting, measure_id)
    row: Measure = acting.apply(SubjectKind.MEASURE, measure_id, Action.CONFIRM_USE, version=version)
    row.received_on = acting.sealing.day
    return row


def reply_use(acting: Acting, *, measure_id: uuid.UUID, version: int, text: str) -> Measure:
    """The unit answers the paper. Raises InvalidInput (text), Refused."""
    inputs = Inputs()
    words = inputs.text("text", text, most=LONG)
    inputs.done()
    row, case = _locked(acting, measure_id)
    acting.apply(SubjectKind.MEASURE, measure_id, Action.REPLY_USE, version=version)
    assert row.unit_id is not None  # a guard compared it with the liaison's own
    readers = [of_case(case), unit_key(acting, row.unit_id)]
    row.answered_on = acting.sealing.day
    row.answer_id = acting.seal({"answer": words}, kind=ObjectKind.RECORD, to=readers)
    return row


def read_uses(acting: Acting, rows: Sequence[Measure]) -> list[ReadUse]:
    """These opened, in order; two queries. Raises KeyLocked."""
    sealed = [part for row in rows for part in (row.body_id, row.receipt_id, row.answer_id) if part]
    records = acting.open_all(sealed)
    return [
        ReadUse(
            row=row,
            addressee=str(records[row.body_id]["addressee"]),
            text=str(records[row.body_id]["text"]),
            receipt="" if row.receipt_id is None else str(records[row.receipt_id]["text"]),
            answer="" if row.answer_id is None else _answer(records[row.answer_id]),
        )
        for row in rows
    ]


def read_sent(acting: Acting, row: Measure) -> ReadUse:
    """What the unit that it was sent to reads of it: the paper and its own answer. Raises KeyLocked."""
    body = acting.open(row.body_id)
    answer = acting.open(row.answer_id) if row.answer_id else {}
    return ReadUse(
        row=row, addressee=str(body["addressee"]), text=str(body["text"]), receipt="", answer=_answer(answer)
    )


def _answer(record: dict[str, object]) -> str:
    return str(record.get("answer") or record.get("text") or "")


def uses_of(acting: Acting, case_id: uuid.UUID) -> Sequence[Measure]:
    """The uses of a case, in order."""
    query = select(Measure).where(Measure.case_id == case_id).order_by(Measure.written_on, Measure.id)
    return acting.session.scalars(query).all()


def _locked(acting: Acting, measure_id: uuid.UUID) -> tuple[Measure, Case]:
    case = locked_case_of(acting, Measure, measure_id)
    row = acting.session.get(Measure, measure_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotHere
    return row, case

"""Papers asked for and taken, samples: the list of what a team waits for and what it has to give back.

Asking is the team's act on a task under a docketed case; what it takes along on site is entered with the
record. Source: Reg. art. 12 (reading and copying material); issue 4 "document requests and returns, samples".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from portal.crypto.header import ObjectKind
from portal.models import new_id
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.inputs import MEDIUM, Inputs, note_text
from verification.domain.locking import locked_case_of
from verification.errors import NotHere, Refused
from verification.keys.addressees import of_case
from verification.models import (
    Case,
    CaseUnit,
    FieldRecord,
    Holding,
    HoldingKind,
    HoldingState,
    RecordKind,
    Task,
)
from verification.workflow.apply import decide
from verification.workflow.facts import Facts
from verification.workflow.states import Action, SubjectKind

#: What a team took along is given back within so many days unless it says otherwise; a date to start from.
USUAL_DAYS = 30
OPEN = (HoldingState.ASKED, HoldingState.HELD)


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """Papers asked for, as it was typed. due_on: by when the unit supplies them."""

    what: str
    unit_id: uuid.UUID | None
    due_on: date | None
    remarks: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class ReadHolding:
    """One opened; what was not said is empty."""

    row: Holding
    what: str
    count: str
    from_whom: str
    kept_at: str
    remarks: str
    ending: str

    @property
    def due(self) -> date | None:
        """What is waited for: the supply, or the giving back."""
        return {HoldingState.ASKED: self.row.due_on, HoldingState.HELD: self.row.back_on}.get(self.row.state)


def ask_for_papers(acting: Acting, *, task_id: uuid.UUID, request: Request) -> Holding:
    """Write down what the unit was asked for. Raises InvalidInput (what, unit, due_on), Refused, NotHere."""
    case = locked_case_of(acting, Task, task_id)
    refuse_unless_working(acting, acting.session.get_one(Task, task_id))
    inputs, today = Inputs(), acting.sealing.day
    units = set(acting.session.scalars(select(CaseUnit.unit_id).where(CaseUnit.case_id == case.id)))
    inputs.among("unit", request.unit_id, units)
    body = {
        "what": inputs.text("what", request.what, most=MEDIUM),
        "remarks": inputs.text("remarks", request.remarks, most=MEDIUM, needed=False),
    }
    due = inputs.day("due_on", request.due_on, today=today, least=today)
    inputs.done()
    row = _new(acting, case, task_id, HoldingKind.DOCUMENT, body)
    row.unit_id, row.due_on = request.unit_id, due
    row.asked_on, row.asked_by = today, acting.staff_id
    acting.session.add(row)
    _trace(acting, row, Event.HOLDING_ASKED)
    return row


def take_with_record(
    acting: Acting, case: Case, record: FieldRecord, words: Mapping[str, str | bool]
) -> None:
    """What a record says was taken along: a sample, or original papers."""
    if record.kind is RecordKind.SAMPLE:
        kind = HoldingKind.SAMPLE
    elif record.kind is RecordKind.DOCUMENT and words.get("originals"):
        kind = HoldingKind.DOCUMENT
    else:
        return
    named = ("what", "count", "from_whom", "kept_at", "remarks")
    body = {name: str(words.get(name) or "") for name in named}
    row = _new(acting, case, record.task_id, kind, body, begins=HoldingState.HELD)
    row.unit_id, row.record_id = record.unit_id, record.id
    row.received_on, row.received_by = acting.sealing.day, acting.staff_id
    row.back_on = acting.sealing.day + timedelta(days=USUAL_DAYS)
    acting.session.add(row)
    _trace(acting, row, Event.HOLDING_RECEIVED)


def receive(
    acting: Acting,
    *,
    holding_id: uuid.UUID,
    version: int,
    originals: bool,
    received_on: date | None,
    back_on: date | None = None,
) -> Holding:
    """The unit supplied it: copies, which stay, or originals to be given back by ``back_on``.

    Raises InvalidInput (received_on, back_on), Refused, StaleSubject, NotHere.
    """
    row, _case = _locked(acting, holding_id)
    inputs = Inputs()
    day = inputs.past_day("received_on", received_on, today=acting.sealing.day, least=row.asked_on)
    if originals:
        inputs.day("back_on", back_on, today=acting.sealing.day, least=day)
    inputs.done()
    action = Action.RECEIVE_HOLDING if originals else Action.RECEIVE_COPIES
    _apply(acting, row, action, version)
    row.received_on, row.received_by = day, acting.staff_id
    row.back_on = back_on if originals else None
    return row


def end_holding(
    acting: Acting,
    *,
    holding_id: uuid.UUID,
    version: int,
    action: Action,
    note: str,
    ended_on: date | None = None,
) -> Holding:
    """Given back (to whom), kept (why), or not supplied (what the unit said); the words go with it, sealed.

    action: RETURN_HOLDING, KEEP_HOLDING or NOTE_DENIAL. Raises InvalidInput (ended_on, note), Refused,
    StaleSubject, NotHere.
    """
    row, case = _locked(acting, holding_id)
    inputs, words = Inputs(), note_text(note)
    least = row.received_on or row.asked_on
    day = inputs.past_day("ended_on", ended_on or acting.sealing.day, today=acting.sealing.day, least=least)
    inputs.done()
    _apply(acting, row, action, version, has_note=bool(words))
    row.ended_on, row.ended_by = day, acting.staff_id
    row.ending_id = acting.seal({"text": words}, kind=ObjectKind.RECORD, to=[of_case(case)])
    return row


def holdings_of(acting: Acting, task_id: uuid.UUID) -> Sequence[Holding]:
    """What a task waits for and holds, then what is settled; each by its date."""
    query = select(Holding).where(Holding.task_id == task_id)
    rows = acting.session.scalars(query.order_by(Holding.asked_on, Holding.received_on, Holding.id)).all()
    return sorted(rows, key=lambda row: row.state not in OPEN)


def read_holdings(acting: Acting, rows: Sequence[Holding]) -> list[ReadHolding]:
    """These opened, in order; two queries. Raises KeyLocked."""
    texts = acting.open_all(part for row in rows for part in (row.body_id, row.ending_id) if part)
    return [
        ReadHolding(
            row=row,
            ending=str(texts[row.ending_id]["text"]) if row.ending_id else "",
            **{
                name: str(texts[row.body_id].get(name, ""))
                for name in ("what", "count", "from_whom", "kept_at", "remarks")
            },
        )
        for row in rows
    ]


def refuse_unless_working(acting: Acting, task: Task) -> None:
    """What is no transition of the task's own is allowed where logging a record is. Raises Refused."""
    facts = Facts(acting.session, task, acting.actor, acting.clock, acting.rules, {})
    transition, refusals = decide(facts, kind=SubjectKind.TASK, action=Action.LOG_RECORD)
    if transition is None or refusals:
        raise Refused(tuple(refusals))


def _new(
    acting: Acting,
    case: Case,
    task_id: uuid.UUID,
    kind: HoldingKind,
    body: Mapping[str, str],
    *,
    begins: HoldingState = HoldingState.ASKED,
) -> Holding:
    return Holding(
        id=new_id(acting.rng),
        state=begins,
        case_id=case.id,
        task_id=task_id,
        kind=kind,
        body_id=acting.seal(body, kind=ObjectKind.RECORD, to=[of_case(case)]),
    )


def _locked(acting: Acting, holding_id: uuid.UUID) -> tuple[Holding, Case]:
    case = locked_case_of(acting, Holding, holding_id)
    row = acting.session.get(Holding, holding_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotHere
    return row, case


def _apply(acting: Acting, row: Holding, action: Action, version: int, *, has_note: bool = False) -> None:
    acting.apply(
        SubjectKind.HOLDING,
        row.id,
        action,
        version=version,
        given={"has_note": has_note},
        noted={"task": row.task_id.hex},
    )


def _trace(acting: Acting, row: Holding, event: Event) -> None:
    facts = {"holding": row.id.hex, "kind": row.kind.value}
    acting.trace(event, subject_kind="case", subject_id=row.case_id, facts=facts)
    acting.session.flush()

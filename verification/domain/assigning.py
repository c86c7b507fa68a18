"""The light path (交办): the brief goes to the responsible unit, which signs for it and replies with proof.

A supervisor checks the reply question by question; accepted, it settles the case and the informant is
answered; poor or contradicted, the case goes the full way. Passing on is never an end.
Source: 2-domain §2a "Light path"; issue 4.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.crypto.header import ObjectKind
from portal.models import new_id
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.answering import stop_answer_clock
from verification.domain.casework import number_case, write_note
from verification.domain.exhibits import Belongs, Proof, check_exhibits, file_exhibit
from verification.domain.findings import read_allegations
from verification.domain.inputs import LONG, MEDIUM, Inputs, note_text
from verification.domain.items import unit_key
from verification.domain.locking import locked_case, locked_case_of
from verification.domain.readers import give_to_role
from verification.domain.replies import flags_against
from verification.errors import NotHere
from verification.keys.addressees import of_case
from verification.models import (
    Allegation,
    Assignment,
    AssignmentReply,
    AssignmentState,
    Case,
    CaseState,
    DocketBasis,
    ExhibitSource,
    Finding,
    NoteKind,
    Programme,
    Role,
    StatementKind,
    Unit,
)
from verification.policy import deadlines
from verification.policy.workdays import add_workdays
from verification.workflow.states import Action, SubjectKind
from verification.workflow.tell import tell_liaisons

SIGN_CLOCK, CLOCK = "clock-assign-sign", "clock-assigned"


@dataclass(frozen=True, slots=True, repr=False)
class Checked:
    """What a supervisor finds of one question, and why."""

    finding: Finding | None
    reasons: str


def due_on_for(acting: Acting) -> date:
    """When a reply is due that is asked for now."""
    return add_workdays(acting.session, start=acting.sealing.day, count=acting.rules.number(CLOCK))


def assign_case(
    acting: Acting,
    *,
    case_id: uuid.UUID,
    version: int,
    programme_id: uuid.UUID | None,
    unit_id: uuid.UUID | None,
    due_on: date | None,
    ask: str = "",
) -> Assignment:
    """Send the brief and its questions to a unit under a programme; directors can read it from now on.

    ask: what it should send besides.

    Raises InvalidInput (unit, due_on, ask), Refused (not covered, in conflict), StaleSubject, NotHere.
    """
    inputs = Inputs()
    due = inputs.day("due_on", due_on, today=acting.sealing.day, least=acting.sealing.day)
    words = inputs.text("ask", ask, most=MEDIUM, needed=False)
    unit = None if unit_id is None else acting.session.get(Unit, unit_id)
    if unit is None or unit.key_id is None:
        inputs.wrong("unit", _l("Please choose one from the list."))
    inputs.done()
    assert unit is not None
    case = locked_case(acting, case_id)
    first = case.state is CaseState.DRAFT
    acting.apply(
        SubjectKind.CASE, case_id, Action.ASSIGN_CASE, version=version,
        given={"programme": programme_id, "unit": unit.id}, noted={"unit": unit.id.hex},
    )  # fmt: skip
    programme = acting.session.get_one(Programme, programme_id)
    if first:
        docketed = acting.session.get_one(Case, programme.case_id)
        case.programme_id, case.docket_basis = programme.case_id, DocketBasis.PROGRAMME
        case.docketed_by, case.docketed_at = docketed.docketed_by, acting.clock.now()
        number_case(acting, case)
    brief = acting.open(case.brief_id)
    questions = [{"id": one.row.id.hex, "text": one.text} for one in read_allegations(acting, case)]
    body = {"title": brief["title"], "text": brief["text"], "questions": questions, "ask": words}
    readers = [of_case(case), unit_key(acting, unit.id)]
    assignment = Assignment(
        id=new_id(acting.rng), case_id=case_id, programme_id=programme.case_id, unit_id=unit.id,
        body_id=acting.seal(body, kind=ObjectKind.DOCUMENT, to=readers), due_on=due,
        issued_by=acting.staff_id, issued_at=acting.clock.now(),
    )  # fmt: skip
    acting.session.add(assignment)
    acting.session.flush()
    _start(acting, assignment, SIGN_CLOCK)
    _start(acting, assignment, CLOCK, due_on=due)
    give_to_role(acting, case, Role.DIRECTOR)
    tell_liaisons(acting.session, assignment, event=Event.CASE_ASSIGNED, clock=acting.clock, rng=acting.rng)
    return assignment


def sign_assignment(acting: Acting, *, assignment_id: uuid.UUID, version: int) -> Assignment:
    """The unit signs for it; the clock has run since the issue."""
    assignment_with_case(acting, assignment_id)
    row: Assignment = acting.apply(
        SubjectKind.ASSIGNMENT, assignment_id, Action.SIGN_ASSIGNMENT, version=version
    )
    row.signed_by, row.signed_at = acting.staff_id, acting.clock.now()
    return row


def hand_back_assignment(acting: Acting, *, assignment_id: uuid.UUID, version: int, note: str) -> Assignment:
    """Once, within a working day, with the reason: it is not this unit's duty."""
    words = note_text(note)
    row, case = assignment_with_case(acting, assignment_id)
    acting.apply(
        SubjectKind.ASSIGNMENT, assignment_id, Action.HAND_BACK_ASSIGNMENT, version=version,
        given={"has_note": bool(words)},
    )  # fmt: skip
    row.handed_back = True
    row.note_id = acting.seal(
        {"returned": words}, kind=ObjectKind.RECORD, to=[of_case(case), unit_key(acting, row.unit_id)]
    )
    return row


def overrule_hand_back(acting: Acting, *, assignment_id: uuid.UUID, version: int, note: str) -> Assignment:
    """The ruling is final: the unit handles it."""
    words = note_text(note)
    row, case = assignment_with_case(acting, assignment_id)
    acting.apply(
        SubjectKind.ASSIGNMENT, assignment_id, Action.OVERRULE_ASSIGNMENT, version=version,
        given={"has_note": bool(words)},
    )  # fmt: skip
    row.note_id = acting.seal(
        {"returned": words}, kind=ObjectKind.RECORD, to=[of_case(case), unit_key(acting, row.unit_id)]
    )
    return row


def withdraw_assignment(acting: Acting, *, assignment_id: uuid.UUID, version: int) -> Assignment:
    """Take it from the unit: the hand-back stands, or the case goes the full way."""
    assignment_with_case(acting, assignment_id)
    row: Assignment = acting.apply(
        SubjectKind.ASSIGNMENT, assignment_id, Action.WITHDRAW_ASSIGNMENT, version=version
    )
    return row


def reply_assignment(
    acting: Acting,
    *,
    assignment_id: uuid.UUID,
    version: int,
    answers: Mapping[uuid.UUID, str],
    proofs: Sequence[Proof],
) -> AssignmentReply:
    """The unit's reply: an answer to each question (allegation id → text) and proof.

    Raises InvalidInput (answer-<id>, files), Refused (unanswered, no proof), StaleSubject, NotHere.
    """
    row, case = assignment_with_case(acting, assignment_id)
    asked = questions_of(acting, row)
    inputs = Inputs()
    said = {one: inputs.text(f"answer-{one}", answers.get(one, ""), most=LONG) for one in asked}
    check_exhibits(proofs, inputs=inputs)
    inputs.done()
    acting.apply(
        SubjectKind.ASSIGNMENT, assignment_id, Action.REPLY_ASSIGNMENT, version=version,
        given={"answered": list(said), "proofs": len(proofs)},
    )  # fmt: skip
    readers = [of_case(case), unit_key(acting, row.unit_id)]
    body = {"answers": {one.hex: text for one, text in said.items()}}
    reply = AssignmentReply(
        id=new_id(acting.rng), assignment_id=row.id,
        body_id=acting.seal(body, kind=ObjectKind.RECORD, to=readers),
        replied_by=acting.staff_id, replied_at=acting.clock.now(),
    )  # fmt: skip
    acting.session.add(reply)
    acting.session.flush()
    belongs = Belongs(ExhibitSource.UNIT, off_plan=False, reply_id=reply.id, extra_key=readers[-1])
    for proof in proofs:
        file_exhibit(acting, case=case, new=proof, belongs=belongs)
    return reply


def return_reply(
    acting: Acting, *, assignment_id: uuid.UUID, version: int, note: str, due_on: date | None = None
) -> Assignment:
    """Send a reply back with what is missing, which the unit reads. due_on: None keeps the old date."""
    inputs, today = Inputs(), acting.sealing.day
    words = inputs.text("note", note, most=MEDIUM, needed=False)
    if due_on is not None:
        inputs.day("due_on", due_on, today=today, least=today)
    inputs.done()
    row, case = assignment_with_case(acting, assignment_id)
    acting.apply(
        SubjectKind.ASSIGNMENT, assignment_id, Action.RETURN_REPLY, version=version,
        given={"has_note": bool(words)},
    )  # fmt: skip
    newest = latest_reply(acting, row)
    assert newest is not None  # it was replied to
    newest.returned_note_id = acting.seal(
        {"returned": words}, kind=ObjectKind.RECORD, to=[of_case(case), unit_key(acting, row.unit_id)]
    )
    row.due_on = due_on or row.due_on
    _start(acting, row, CLOCK, due_on=row.due_on)
    acting.session.flush()
    return row


def accept_reply(
    acting: Acting,
    *,
    assignment_id: uuid.UUID,
    version: int,
    checked: Mapping[uuid.UUID, Checked],
    reason: str = "",
) -> Case:
    """Accept a reply with a finding for each question; when no unit is asked any more the case is settled.

    reason: why it answers the questions although it was flagged. Raises InvalidInput (finding-<id>,
    reasons-<id>, reason), Refused, StaleSubject, NotHere.
    """
    row, case = assignment_with_case(acting, assignment_id)
    asked = questions_of(acting, row)
    inputs = Inputs()
    words = inputs.text("reason", reason, most=MEDIUM, needed=False)
    for one in asked:
        found = checked.get(one, Checked(None, ""))
        inputs.among(f"finding-{one}", found.finding, tuple(Finding))
        inputs.text(f"reasons-{one}", found.reasons, most=MEDIUM)
    inputs.done()
    flags = flags_against(acting, row)
    acting.apply(
        SubjectKind.ASSIGNMENT, assignment_id, Action.ACCEPT_REPLY, version=version,
        given={"checked": list(asked), "flags": len(flags), "has_reason": bool(words)},
        noted={"flags": sorted({one.flag.value for one in flags})},
    )  # fmt: skip
    row.checked_by, row.checked_at = acting.staff_id, acting.clock.now()
    if words:
        write_note(acting, case, kind=NoteKind.REMARK, text=words)
    for allegation_id in asked:
        _found(acting, case, acting.session.get_one(Allegation, allegation_id), checked[allegation_id])
    acting.session.flush()
    others = select(Assignment.id).where(
        Assignment.case_id == case.id,
        Assignment.state.not_in((AssignmentState.ACCEPTED, AssignmentState.WITHDRAWN)),
    )
    if acting.session.scalar(others.limit(1)) is None:
        acting.apply(SubjectKind.CASE, case.id, Action.SETTLE_CASE, version=case.version)
        stop_answer_clock(acting, case.id)
    return case


def escalate_case(acting: Acting, *, case_id: uuid.UUID, version: int, note: str) -> Case:
    """Take a lead off the light path: it is a draft again, to be proposed for docketing."""
    words = note_text(note)
    case = locked_case(acting, case_id)
    acting.apply(
        SubjectKind.CASE, case_id, Action.ESCALATE_CASE, version=version, given={"has_note": bool(words)}
    )
    running = select(Assignment).where(
        Assignment.case_id == case_id,
        Assignment.state.not_in((AssignmentState.ACCEPTED, AssignmentState.WITHDRAWN)),
    )
    for row in acting.session.scalars(running).all():
        withdraw_assignment(acting, assignment_id=row.id, version=row.version)
    case.programme_id, case.docketed_by, case.docketed_at, case.closed_at = None, None, None, None
    case.docket_basis = DocketBasis.PROPOSAL
    write_note(acting, case, kind=NoteKind.RETURN, text=words)
    return case


def assignment_with_case(acting: Acting, assignment_id: uuid.UUID) -> tuple[Assignment, Case]:
    """An assignment and its case, both locked, the case first. Raises NotHere."""
    case = locked_case_of(acting, Assignment, assignment_id)
    row = acting.session.get(Assignment, assignment_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotHere
    return row, case


def questions_of(acting: Acting, row: Assignment) -> dict[uuid.UUID, str]:
    """What the unit was asked: allegation id → question, in order."""
    return {uuid.UUID(one["id"]): str(one["text"]) for one in acting.open(row.body_id)["questions"]}


def latest_reply(acting: Acting, row: Assignment) -> AssignmentReply | None:
    """The newest reply."""
    query = select(AssignmentReply).where(AssignmentReply.assignment_id == row.id)
    return acting.session.scalars(query.order_by(AssignmentReply.replied_at.desc()).limit(1)).first()


def _found(acting: Acting, case: Case, allegation: Allegation, checked: Checked) -> None:
    """A finding from a checked reply: the reply is the unit's statement."""
    allegation.finding = checked.finding
    allegation.reasons_id = acting.seal({"text": checked.reasons}, kind=ObjectKind.RECORD, to=[of_case(case)])
    allegation.statement = StatementKind.GIVEN
    allegation.found_by, allegation.found_at = acting.staff_id, acting.clock.now()
    allegation.version += 1


def _start(acting: Acting, row: Assignment, rule_id: str, *, due_on: date | None = None) -> None:
    deadlines.start(
        acting.session, rule_id=rule_id, subject_kind=SubjectKind.ASSIGNMENT.value, subject_id=row.id,
        clock=acting.clock, rng=acting.rng, rules=acting.rules, due_on=due_on,
    )  # fmt: skip

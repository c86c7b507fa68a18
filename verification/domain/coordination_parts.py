"""What a department does with its part of a coordination item: takes it on or declines, reports, with proof.

A declined part is ruled on by the director; that it must be done all the same is endorsed by the head. Words
between the office and a department are sealed to the case and to that department. Source: issue 4.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from portal.crypto.header import ObjectKind
from portal.models import new_id
from verification.domain.acting import Acting
from verification.domain.coordination_texts import OUTWARD, outward_text, read_part_reports, seal_for_both
from verification.domain.exhibits import Belongs, Proof, check_exhibits, file_exhibit
from verification.domain.inputs import LONG, Inputs, note_text
from verification.domain.items import unit_key
from verification.domain.locking import locked_case_of
from verification.errors import NotHere
from verification.keys.addressees import of_case
from verification.keys.records import regrant
from verification.models import Case, CoordinationPart, CoordinationReport, ExhibitSource
from verification.policy import deadlines
from verification.workflow.states import Action, SubjectKind

CLOCK = "clock-coordinate"
PART = SubjectKind.PART


def ask_part(acting: Acting, part: CoordinationPart) -> None:
    """Once the director agreed: the department is told, and its clock runs to its own date."""
    acting.apply(PART, part.id, Action.ASK_PART, version=part.version)
    part.asked_at = acting.clock.now()
    _run_clock(acting, part)


def withdraw_part(acting: Acting, part: CoordinationPart) -> None:
    """With its item."""
    acting.apply(PART, part.id, Action.WITHDRAW_PART, version=part.version)


def take_on_part(acting: Acting, *, part_id: uuid.UUID, version: int) -> CoordinationPart:
    """The department takes its part on."""
    part_with_case(acting, part_id)
    row: CoordinationPart = acting.apply(PART, part_id, Action.TAKE_ON_PART, version=version)
    return row


def decline_part(acting: Acting, *, part_id: uuid.UUID, version: int, note: str) -> CoordinationPart:
    """The department cannot take it on, and says why."""
    words = note_text(note)
    part, case = part_with_case(acting, part_id)
    acting.apply(PART, part_id, Action.DECLINE_PART, version=version, given={"has_note": bool(words)})
    part.reason_id = seal_for_both(acting, case, part, words)
    acting.session.flush()
    return part


def rule_part(
    acting: Acting,
    *,
    part_id: uuid.UUID,
    version: int,
    note: str,
    due_on: date | None = None,
    wording_accepted: bool = False,
) -> CoordinationPart:
    """The director rules that the department must; the head endorses. due_on: a new date, None keeps the old.

    Raises InvalidInput (note, wording, due_on), Refused, StaleSubject, NotHere.
    """
    _check_date(acting, due_on)
    part, case = part_with_case(acting, part_id)
    words = outward_text(acting, case, "note", note, accepted=wording_accepted)
    acting.apply(PART, part_id, Action.RULE_PART, version=version, given={"has_note": bool(words)})
    # For the case alone until the head endorses it: no ruling stands that the department could read.
    part.ruling_id = acting.seal({OUTWARD: words}, kind=ObjectKind.RECORD, to=[of_case(case)])
    part.ruled_by, part.due_on = acting.staff_id, due_on or part.due_on
    acting.session.flush()
    return part


def release_part(
    acting: Acting, *, part_id: uuid.UUID, version: int, note: str, wording_accepted: bool = False
) -> CoordinationPart:
    """The director releases the department from its part. Raises as ``rule_part``."""
    part, case = part_with_case(acting, part_id)
    words = outward_text(acting, case, "note", note, accepted=wording_accepted)
    acting.apply(PART, part_id, Action.RELEASE_PART, version=version, given={"has_note": bool(words)})
    part.ruling_id, part.ruled_by = seal_for_both(acting, case, part, words), acting.staff_id
    acting.session.flush()
    return part


def endorse_ruling(acting: Acting, *, part_id: uuid.UUID, version: int) -> CoordinationPart:
    """The head endorses that the department must: it has the part, and its clock runs again."""
    part, _case = part_with_case(acting, part_id)
    acting.apply(PART, part_id, Action.ENDORSE_RULING, version=version)
    part.endorsed_by = acting.staff_id
    assert part.ruling_id is not None  # it was ruled on
    regrant(
        acting.session, object_id=part.ruling_id, to=unit_key(acting, part.unit_id), keyring=acting.keyring,
        sealing=acting.sealing,
    )  # fmt: skip
    _run_clock(acting, part)
    return part


def return_ruling(acting: Acting, *, part_id: uuid.UUID, version: int, note: str) -> CoordinationPart:
    """The head does not endorse it: the director rules anew, and reads why."""
    words = note_text(note)
    part, case = part_with_case(acting, part_id)
    acting.apply(PART, part_id, Action.RETURN_RULING, version=version, given={"has_note": bool(words)})
    part.ruling_id = acting.seal({"text": words}, kind=ObjectKind.RECORD, to=[of_case(case)])
    acting.session.flush()
    return part


def report_part(
    acting: Acting, *, part_id: uuid.UUID, version: int, done: str, proofs: Sequence[Proof]
) -> CoordinationReport:
    """The department reports what it did, with proof. Raises InvalidInput (done, files), Refused, NotHere."""
    inputs = Inputs()
    words = inputs.text("done", done, most=LONG)
    check_exhibits(proofs, inputs=inputs)
    inputs.done()
    part, case = part_with_case(acting, part_id)
    acting.apply(PART, part_id, Action.REPORT_PART, version=version, given={"proofs": len(proofs)})
    report = CoordinationReport(
        id=new_id(acting.rng), part_id=part_id, body_id=seal_for_both(acting, case, part, words),
        reported_by=acting.staff_id, reported_at=acting.clock.now(),
    )  # fmt: skip
    acting.session.add(report)
    acting.session.flush()
    belongs = Belongs(
        ExhibitSource.UNIT, off_plan=False, part_report_id=report.id,
        extra_key=unit_key(acting, part.unit_id),
    )  # fmt: skip
    for proof in proofs:
        file_exhibit(acting, case=case, new=proof, belongs=belongs)
    return report


def confirm_part(acting: Acting, *, part_id: uuid.UUID, version: int) -> CoordinationPart:
    """The team or the desk finds the part done."""
    part, _case = part_with_case(acting, part_id)
    acting.apply(PART, part_id, Action.CONFIRM_PART, version=version)
    part.confirmed_by, part.confirmed_at = acting.staff_id, acting.clock.now()
    acting.session.flush()
    return part


def return_part(
    acting: Acting,
    *,
    part_id: uuid.UUID,
    version: int,
    note: str,
    due_on: date | None = None,
    wording_accepted: bool = False,
) -> CoordinationPart:
    """Send a report back with what is missing, which the department reads. due_on: None keeps the date."""
    _check_date(acting, due_on)
    part, case = part_with_case(acting, part_id)
    words = outward_text(acting, case, "note", note, accepted=wording_accepted)
    acting.apply(PART, part_id, Action.RETURN_PART, version=version, given={"has_note": bool(words)})
    newest = read_part_reports(acting, [part_id])[part_id][0].row
    newest.returned_note_id = seal_for_both(acting, case, part, words)
    part.due_on = due_on or part.due_on
    _run_clock(acting, part)
    return part


def part_with_case(acting: Acting, part_id: uuid.UUID) -> tuple[CoordinationPart, Case]:
    """A part and its case, both locked, the case first. Raises NotHere."""
    case = locked_case_of(acting, CoordinationPart, part_id)
    part = acting.session.get(CoordinationPart, part_id, with_for_update=True, populate_existing=True)
    if part is None:
        raise NotHere
    return part, case


def _check_date(acting: Acting, due_on: date | None) -> None:
    inputs, today = Inputs(), acting.sealing.day
    if due_on is not None:
        inputs.day("due_on", due_on, today=today, least=today)
    inputs.done()


def _run_clock(acting: Acting, part: CoordinationPart) -> None:
    """A part's clock ends with its own date, whatever the rule gives when none is set."""
    deadlines.start(
        acting.session, rule_id=CLOCK, subject_kind=PART.value, subject_id=part.id, clock=acting.clock,
        rng=acting.rng, rules=acting.rules, due_on=part.due_on,
    )  # fmt: skip
    acting.session.flush()

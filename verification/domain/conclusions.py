"""The conclusion: drafted from the matrix, read over, proposed, approved by the government, delivered.

Two versions: the file version stays in the case; the unit version is all the unit ever gets, sealed to it
with the delivery and not before. Source: Reg. art. 16, 17; 1-mission journey 6; 2-domain §2.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Final

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from portal.clock import day_start
from portal.crypto.header import ObjectKind
from portal.errors import Tampered
from portal.models import SealedObject, new_id
from portal.trust import KeyOf
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.answering import stop_answer_clock
from verification.domain.casework import write_note
from verification.domain.codes import publish_codes
from verification.domain.embargo import end_embargo
from verification.domain.exhibits import Belongs, NewExhibit, check_exhibits, file_exhibit
from verification.domain.inputs import LONG, MEDIUM, SHORT, Inputs, note_text, require
from verification.domain.items import FOR_FILE, FOR_UNIT
from verification.domain.locking import locked_case
from verification.domain.readers import give_to_role
from verification.domain.wording import check_unit_text
from verification.errors import Refusal, Refused
from verification.keys.addressees import of_case, of_unit
from verification.keys.records import regrant
from verification.models import (
    Case,
    CaseState,
    CaseUnit,
    Conclusion,
    Deadline,
    DeliveryMeans,
    ExhibitSource,
    NoteKind,
    Role,
    Unit,
)
from verification.policy import deadlines
from verification.policy.permissions import Permission
from verification.policy.wording import Wording
from verification.policy.workdays import civil
from verification.workflow.states import Action, SubjectKind


@dataclass(frozen=True, slots=True, repr=False)
class ConclusionText:
    """Both versions of a conclusion."""

    file_text: str
    unit_text: str


@dataclass(frozen=True, slots=True, repr=False)
class Receipt:
    """The receipt of a delivery. note: where the signed paper is kept, who was witness to it being left."""

    means: DeliveryMeans | None
    received_by: str
    note: str = ""
    scan: NewExhibit | None = None


NO_RECEIPT: Final = Receipt(None, "")


def begin_conclusion(acting: Acting, *, case_id: uuid.UUID, version: int) -> Case:
    """End verifying: every allegation has its finding and every team its result."""
    # While the case still is where an embargo can be: the plans go to those who read the conclusion.
    case = locked_case(acting, case_id)
    end_embargo(acting, case)
    publish_codes(acting, case)
    acting.apply(SubjectKind.CASE, case_id, Action.BEGIN_CONCLUSION, version=version)
    return case


def resume_verification(acting: Acting, *, case_id: uuid.UUID, version: int) -> Case:
    """Go back to verifying, because something is still missing."""
    case: Case = acting.apply(SubjectKind.CASE, case_id, Action.RESUME_VERIFICATION, version=version)
    return case


def draft_conclusion(
    acting: Acting,
    *,
    case_id: uuid.UUID,
    version: int,
    file_text: str,
    unit_text: str,
    wording_accepted: bool = False,
) -> Conclusion:
    """Save a draft. Its drafter goes on with the same version until it is proposed; others begin a new one.

    wording_accepted: see ``wording``. Whoever had read an older text over has to read the new one.
    Raises InvalidInput (file_text, unit_text: also for an identifier, a witness's name or copied words in it,
    wording), Refused, NotHere, StaleSubject.
    """
    inputs = Inputs()
    text = ConclusionText(
        file_text=inputs.text("file_text", file_text, most=LONG),
        unit_text=inputs.text("unit_text", unit_text, most=LONG),
    )
    inputs.done()
    case = locked_case(acting, case_id, version=version)
    require(acting, Permission.CONCLUSION_DRAFT)
    if case.state is not CaseState.CONCLUDING:
        raise Refused((Refusal("state", _l("This is not possible in the present state.")),))
    wording = check_unit_text(
        acting, case, text.unit_text, inputs=inputs, field="unit_text", accepted=wording_accepted
    )
    inputs.done()
    conclusion = _own_draft(acting, case_id)
    if conclusion is None:
        conclusion = _new_draft(acting, case, text)
    elif read_conclusion(acting, conclusion) != text:
        _rewrite(acting, case, conclusion, text)
    note_check(acting, conclusion, wording)
    case.version += 1
    acting.trace(
        Event.CONCLUSION_DRAFTED,
        subject_kind="case",
        subject_id=case_id,
        facts={"conclusion": conclusion.number, "wording": len(wording.words)},
    )
    acting.session.flush()
    return conclusion


def note_check(acting: Acting, conclusion: Conclusion, wording: Wording) -> None:
    """Note that this person compared the unit's version with everything, if they could."""
    if wording.complete:
        conclusion.checked_by, conclusion.checked_at = acting.staff_id, acting.clock.now()


def propose_conclusion(
    acting: Acting, *, case_id: uuid.UUID, version: int, wording_accepted: bool = False
) -> Case:
    """Propose the newest draft to the head of government, who can read the case from now on.

    A version that was returned is not proposed again unchanged. Raises InvalidInput (unit_text, wording),
    Refused, StaleSubject, NotHere.
    """
    case = locked_case(acting, case_id)
    conclusion = latest_conclusion(acting, case_id)
    if conclusion is not None and conclusion.checked_by is None:
        inputs, text = Inputs(), read_conclusion(acting, conclusion).unit_text
        wording = check_unit_text(
            acting, case, text, inputs=inputs, field="unit_text", accepted=wording_accepted
        )
        inputs.done()
        note_check(acting, conclusion, wording)
        acting.session.flush()
    acting.apply(SubjectKind.CASE, case_id, Action.PROPOSE_CONCLUSION, version=version)
    if conclusion is None or conclusion.proposed_at is not None:
        raise Refused((Refusal("reg-16", _l("This version was returned. Write a new one first.")),))
    conclusion.proposed_at = acting.clock.now()
    give_to_role(acting, case, Role.HEAD)
    return case


def approve_conclusion(acting: Acting, *, case_id: uuid.UUID, version: int) -> Conclusion:
    """The government's approval, on screen or carried out from a confirmed paper."""
    acting.apply(SubjectKind.CASE, case_id, Action.APPROVE_CONCLUSION, version=version)
    conclusion = latest_conclusion(acting, case_id)
    assert conclusion is not None  # the case was in CONCLUSION_PROPOSED
    conclusion.approved_by, conclusion.approved_at = acting.staff_id, acting.clock.now()
    acting.session.flush()
    return conclusion


def return_conclusion(acting: Acting, *, case_id: uuid.UUID, version: int, note: str) -> Case:
    """Return the proposed conclusion with the reason; the next draft is a new version."""
    words = note_text(note)
    case: Case = acting.apply(
        SubjectKind.CASE,
        case_id,
        Action.RETURN_CONCLUSION,
        version=version,
        given={"has_note": bool(words)},
    )
    write_note(acting, case, kind=NoteKind.RETURN, text=words)
    return case


def deliver_conclusion(
    acting: Acting,
    *,
    case_id: uuid.UUID,
    version: int,
    delivered_on: date | None,
    receipt: Receipt = NO_RECEIPT,
) -> Conclusion:
    """Deliver the unit version: from now on the units' liaisons can open it, and nothing else of the case.

    delivered_on: the day the unit received it, as its receipt says, the last one of several units; its 30
    days to object run from there (Art. 17). Raises InvalidInput (delivered_on, means, received_by, note,
    files), Refused (also without a scan or a note), StaleSubject, NotHere.
    """
    conclusion = latest_conclusion(acting, case_id)
    approved_on = civil(conclusion.approved_at) if conclusion and conclusion.approved_at else None
    inputs = Inputs()
    day = inputs.day("delivered_on", delivered_on, today=acting.sealing.day, least=approved_on)
    if day > acting.sealing.day:
        inputs.wrong("delivered_on", _l("This lies in the future."))
    words = _checked_receipt(receipt, inputs=inputs)
    inputs.done()
    case: Case = acting.apply(
        SubjectKind.CASE,
        case_id,
        Action.DELIVER_CONCLUSION,
        version=version,
        given={"receipt": bool(receipt.scan or words["note"])},
        noted={"delivered_on": day.isoformat(), "means": receipt.means},
    )
    assert conclusion is not None  # a guard saw it
    conclusion.delivered_on, conclusion.delivered_by = day, acting.staff_id
    _keep_receipt(acting, case, conclusion, receipt, words=words)
    # A row can be rewritten to point at the other version; what was sealed says whom it is for.
    if acting.open(conclusion.unit_version_id).get("for") != FOR_UNIT:
        raise Tampered("not the unit's version")
    for key in _unit_keys(acting, case.id):
        regrant(
            acting.session,
            object_id=conclusion.unit_version_id,
            to=key,
            keyring=acting.keyring,
            sealing=acting.sealing,
        )
    _run_objection_from(acting, case.id, day)
    stop_answer_clock(acting, case.id)
    acting.session.flush()
    return conclusion


def _checked_receipt(receipt: Receipt, *, inputs: Inputs) -> dict[str, str]:
    if receipt.scan is not None:
        check_exhibits([receipt.scan], inputs=inputs)
    if receipt is NO_RECEIPT:
        return {"received_by": "", "note": ""}
    inputs.among("means", receipt.means, tuple(DeliveryMeans))
    return {
        "received_by": inputs.text("received_by", receipt.received_by, most=SHORT),
        "note": inputs.text("note", receipt.note, most=MEDIUM, needed=False),
    }


def _keep_receipt(
    acting: Acting, case: Case, conclusion: Conclusion, receipt: Receipt, *, words: dict[str, str]
) -> None:
    conclusion.delivery_means = receipt.means
    conclusion.receipt_id = acting.seal(words, kind=ObjectKind.RECORD, to=[of_case(case)])
    if receipt.scan is not None:
        belongs = Belongs(ExhibitSource.PAPER, off_plan=False)
        scan = file_exhibit(acting, case=case, new=receipt.scan, belongs=belongs)
        conclusion.receipt_scan_id = scan.object_id


def read_receipt(acting: Acting, conclusion: Conclusion) -> dict[str, str]:
    """Who received it and the note that goes with it; empty before its delivery. Raises KeyLocked."""
    if conclusion.receipt_id is None:
        return {}
    return {name: str(value) for name, value in acting.open(conclusion.receipt_id).items()}


def latest_conclusion(acting: Acting, case_id: uuid.UUID) -> Conclusion | None:
    """The newest version of a case's conclusion."""
    query = select(Conclusion).where(Conclusion.case_id == case_id)
    return acting.session.scalars(query.order_by(Conclusion.number.desc()).limit(1)).one_or_none()


def read_conclusion(acting: Acting, conclusion: Conclusion) -> ConclusionText:
    """Open both versions. Raises KeyLocked for those who are not the case's readers."""
    texts = acting.open_all((conclusion.file_version_id, conclusion.unit_version_id))
    return ConclusionText(
        file_text=str(texts[conclusion.file_version_id]["text"]),
        unit_text=str(texts[conclusion.unit_version_id]["text"]),
    )


def _own_draft(acting: Acting, case_id: uuid.UUID) -> Conclusion | None:
    """The newest version, if this person wrote it and it was never proposed."""
    conclusion = latest_conclusion(acting, case_id)
    if conclusion is None or conclusion.proposed_at is not None:
        return None
    return conclusion if conclusion.drafted_by == acting.staff_id else None


def _new_draft(acting: Acting, case: Case, text: ConclusionText) -> Conclusion:
    last = acting.session.scalar(select(func.max(Conclusion.number)).where(Conclusion.case_id == case.id))
    conclusion = Conclusion(
        id=new_id(acting.rng),
        case_id=case.id,
        number=(last or 0) + 1,
        file_version_id=_sealed(acting, case, text.file_text, reader=FOR_FILE),
        unit_version_id=_sealed(acting, case, text.unit_text, reader=FOR_UNIT),
        drafted_by=acting.staff_id,
        drafted_at=acting.clock.now(),
    )
    acting.session.add(conclusion)
    acting.session.flush()
    return conclusion


def _rewrite(acting: Acting, case: Case, conclusion: Conclusion, text: ConclusionText) -> None:
    """Put new texts in the place of a draft's; the old ones are gone, nobody was shown them."""
    old = (conclusion.file_version_id, conclusion.unit_version_id)
    conclusion.file_version_id = _sealed(acting, case, text.file_text, reader=FOR_FILE)
    conclusion.unit_version_id = _sealed(acting, case, text.unit_text, reader=FOR_UNIT)
    conclusion.drafted_at = acting.clock.now()
    conclusion.read_by = conclusion.read_at = None
    conclusion.checked_by = conclusion.checked_at = None
    acting.session.flush()
    for object_id in old:
        acting.session.delete(acting.session.get_one(SealedObject, object_id))


def _sealed(acting: Acting, case: Case, text: str, *, reader: str) -> uuid.UUID:
    return acting.seal({"text": text, "for": reader}, kind=ObjectKind.DOCUMENT, to=[of_case(case)])


def _unit_keys(acting: Acting, case_id: uuid.UUID) -> list[KeyOf]:
    query = (
        select(Unit)
        .join(CaseUnit, CaseUnit.unit_id == Unit.id)
        .where(CaseUnit.case_id == case_id, Unit.key_id.is_not(None))
        .order_by(Unit.id)
    )
    return [of_unit(unit) for unit in acting.session.scalars(query)]


def _run_objection_from(acting: Acting, case_id: uuid.UUID, day: date) -> None:
    """The clock of Art. 17 runs from receipt, which may be earlier than the day it is recorded."""
    rule_id = "reg-17-objection"
    clocks = select(Deadline).where(
        Deadline.subject_id == case_id, Deadline.rule_id == rule_id, Deadline.met_on.is_(None)
    )
    for deadline in acting.session.scalars(clocks):
        deadline.began_on = day
        deadline.due_at = deadlines.due_after(
            acting.session, rule_id=rule_id, began=day_start(day), rules=acting.rules
        )

"""Rectification items: ordered of a unit, reported with proof, verified, signed off by somebody uninvolved.

The unit handles, the team follows the problem until it is fixed, one uninvolved person signs. A liaison seals
a report to the case without holding its key: sealing needs the verified public half alone.
Source: Reg. art. 18; 2-domain §2a "Small offices", §3; 1-mission journey 7.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from portal.crypto.header import ObjectKind
from portal.models import new_id
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.exhibits import Belongs, Proof, check_exhibits, file_exhibit
from verification.domain.inputs import LONG, MEDIUM, Inputs, require
from verification.domain.items import (
    ItemText,
    item_with_case,
    items_of,
    newest_report,
    run_clock,
    unit_key,
)
from verification.domain.locking import locked_case
from verification.domain.readers import give_case_key, take_case_key
from verification.errors import NotHere, Refusal, Refused
from verification.keys.addressees import of_case
from verification.keys.records import regrant
from verification.models import (
    Case,
    CaseState,
    CaseUnit,
    ExhibitSource,
    ItemReport,
    RectificationItem,
    VerifiedHow,
)
from verification.policy.actors import actor_for
from verification.policy.permissions import Permission
from verification.policy.recusal import is_recused
from verification.policy.redaction import find_identifiers
from verification.workflow.states import Action, SubjectKind


def add_item(
    acting: Acting,
    *,
    case_id: uuid.UUID,
    version: int,
    text: ItemText,
    unit_id: uuid.UUID | None,
    due_on: date | None,
) -> RectificationItem:
    """Write an item of a concluded case; its unit sees it when rectification is ordered.

    Raises InvalidInput (problem, standard, unit, due_on; also for an identifier in what the unit will read),
    Refused, StaleSubject, NotHere.
    """
    inputs = Inputs()
    body = _checked_item(text, inputs)
    due = inputs.day("due_on", due_on, today=acting.sealing.day, least=acting.sealing.day)
    units = select(CaseUnit.unit_id).where(CaseUnit.case_id == case_id)
    inputs.among("unit", unit_id, set(acting.session.scalars(units)))
    inputs.done()
    case = _case_taking_items(acting, case_id, version)
    item = RectificationItem(
        id=new_id(acting.rng),
        case_id=case_id,
        unit_id=unit_id,
        ordinal=_next_ordinal(acting, case_id),
        body_id=acting.seal(body, kind=ObjectKind.DOCUMENT, to=[of_case(case)]),
        due_on=due,
        ordered_by=acting.staff_id,
    )
    acting.session.add(item)
    case.version += 1
    acting.session.flush()
    acting.trace(Event.ITEM_ADDED, subject_kind="case", subject_id=case_id, facts={"item": item.id.hex})
    return item


def order_rectification(acting: Acting, *, case_id: uuid.UUID, version: int) -> Case:
    """Order the items of the units: they can open them from now on, and their clocks run."""
    case: Case = acting.apply(SubjectKind.CASE, case_id, Action.ORDER_RECTIFICATION, version=version)
    for item in items_of(acting, case_id):
        regrant(
            acting.session,
            object_id=item.body_id,
            to=unit_key(acting, item.unit_id),
            keyring=acting.keyring,
            sealing=acting.sealing,
        )
        run_clock(acting, item)
    acting.session.flush()
    return case


def report_item(
    acting: Acting, *, item_id: uuid.UUID, version: int, measures: str, proofs: Sequence[Proof]
) -> ItemReport:
    """The unit's report with its proof, sealed to the case and to the unit.

    Raises InvalidInput (measures, files), Refused (proof: none), StaleSubject, NotHere (not ordered yet).
    """
    inputs = Inputs()
    words = inputs.text("measures", measures, most=LONG)
    check_exhibits(proofs, inputs=inputs)
    inputs.done()
    item, case = item_with_case(acting, item_id)
    if case.state is not CaseState.RECTIFYING:
        raise NotHere
    given = {"proofs": len(proofs)}
    acting.apply(SubjectKind.ITEM, item_id, Action.REPORT_ITEM, version=version, given=given)
    readers = [of_case(case), unit_key(acting, item.unit_id)]
    report = ItemReport(
        id=new_id(acting.rng),
        item_id=item_id,
        body_id=acting.seal({"measures": words}, kind=ObjectKind.RECORD, to=readers),
        reported_by=acting.staff_id,
        reported_at=acting.clock.now(),
    )
    acting.session.add(report)
    acting.session.flush()
    belongs = Belongs(ExhibitSource.UNIT, off_plan=False, item_report_id=report.id, extra_key=readers[-1])
    for proof in proofs:
        file_exhibit(acting, case=case, new=proof, belongs=belongs)
    return report


def return_item(
    acting: Acting, *, item_id: uuid.UUID, version: int, note: str, due_on: date | None = None
) -> RectificationItem:
    """Send a report back with the reason, which the unit reads. due_on: a new date; None keeps the old."""
    return _send_back(acting, item_id, version, action=Action.RETURN_ITEM, note=note, due_on=due_on)


def mark_false(
    acting: Acting, *, item_id: uuid.UUID, version: int, note: str, due_on: date | None = None
) -> RectificationItem:
    """The report claims what was not done: the item is open again, and the fact stays with the report."""
    item = _send_back(acting, item_id, version, action=Action.MARK_FALSE, note=note, due_on=due_on)
    report = newest_report(acting, item_id)
    report.false_at, report.false_by = acting.clock.now(), acting.staff_id
    acting.session.flush()
    return item


def verify_item(
    acting: Acting,
    *,
    item_id: uuid.UUID,
    version: int,
    note: str,
    signer: uuid.UUID | None,
    how: VerifiedHow = VerifiedHow.ON_SITE,
) -> RectificationItem:
    """The team finds the standard met and names somebody uninvolved to sign, who can open the case now.

    how: on the spot, or by documents. Raises InvalidInput (note, signer), Refused (signer: none, had a part,
    has an interest; how: false before), StaleSubject.
    """
    inputs = Inputs()
    words = inputs.text("note", note, most=MEDIUM)
    if signer is not None and not actor_for(acting.session, signer).may(Permission.ITEM_SIGN_OFF):
        inputs.wrong("signer", _l("Please choose one from the list."))
    inputs.done()
    item, case = item_with_case(acting, item_id)
    _refuse_conflict(acting, item, signer)
    former = item.signer_id
    # Set before the act, because the table tells the signer; a refusal undoes the whole transaction.
    item.signer_id = signer
    acting.session.flush()
    acting.apply(
        SubjectKind.ITEM,
        item_id,
        Action.VERIFY_ITEM,
        version=version,
        given={"signer": signer, "how": how},
        noted={"signer": signer.hex if signer else None, "how": how},
    )
    item.verified_by, item.verified_at, item.verified_how = acting.staff_id, acting.clock.now(), how
    item.verification_id = acting.seal({"text": words}, kind=ObjectKind.RECORD, to=[of_case(case)])
    acting.session.flush()
    if signer is not None:
        give_case_key(acting, case, staff_ids=[signer])
    if former is not None and former != signer:
        take_case_key(acting, case, staff_ids=[former])
    return item


def sign_off_item(acting: Acting, *, item_id: uuid.UUID, version: int) -> RectificationItem:
    """The named signer closes the item off."""
    _refuse_other_signers(acting, item_id)
    item: RectificationItem = acting.apply(SubjectKind.ITEM, item_id, Action.SIGN_OFF_ITEM, version=version)
    item.closed_off_at = acting.clock.now()
    return item


def refuse_sign_off(
    acting: Acting, *, item_id: uuid.UUID, version: int, note: str, due_on: date | None = None
) -> RectificationItem:
    """The named signer does not sign: the item goes back with the reason, and the case is theirs no more."""
    _refuse_other_signers(acting, item_id)
    item = _send_back(acting, item_id, version, action=Action.REFUSE_SIGN_OFF, note=note, due_on=due_on)
    case = acting.session.get_one(Case, item.case_id)
    acting.session.flush()
    take_case_key(acting, case, staff_ids=[acting.staff_id])
    return item


def _checked_item(text: ItemText, inputs: Inputs) -> dict[str, str]:
    body = {
        "problem": inputs.text("problem", text.problem, most=LONG),
        "standard": inputs.text("standard", text.standard, most=LONG),
    }
    for name, words in body.items():
        if find_identifiers(words):
            inputs.wrong(name, _l("This holds a phone, identity or account number. Take it out."))
    return body


def _case_taking_items(acting: Acting, case_id: uuid.UUID, version: int) -> Case:
    require(acting, Permission.ITEM_ORDER)
    case = locked_case(acting, case_id, version=version)
    if case.state not in (CaseState.CONCLUDED, CaseState.DELIVERED):
        raise Refused((Refusal("state", _l("This is not possible in the present state.")),))
    return case


def _next_ordinal(acting: Acting, case_id: uuid.UUID) -> int:
    last = acting.session.scalar(
        select(func.max(RectificationItem.ordinal)).where(RectificationItem.case_id == case_id)
    )
    return (last or 0) + 1


def _send_back(
    acting: Acting, item_id: uuid.UUID, version: int, *, action: Action, note: str, due_on: date | None
) -> RectificationItem:
    """Return an item to its unit: the reason goes with the report, sealed to case and unit."""
    inputs, today = Inputs(), acting.sealing.day
    words = inputs.text("note", note, most=MEDIUM, needed=False)
    if due_on is not None:
        inputs.day("due_on", due_on, today=today, least=today)
    inputs.done()
    item: RectificationItem = acting.apply(
        SubjectKind.ITEM, item_id, action, version=version, given={"has_note": bool(words)}
    )
    case = acting.session.get_one(Case, item.case_id)
    newest_report(acting, item_id).returned_note_id = acting.seal(
        {"returned": words}, kind=ObjectKind.RECORD, to=[of_case(case), unit_key(acting, item.unit_id)]
    )
    item.due_on = due_on or item.due_on
    run_clock(acting, item)
    acting.session.flush()
    return item


def _refuse_conflict(acting: Acting, item: RectificationItem, signer: uuid.UUID | None) -> None:
    if signer and is_recused(acting.session, staff_id=signer, case_id=item.case_id):
        text = _l("This person has an interest in the unit. Name somebody else.")
        raise Refused((Refusal("csl-76", text, "signer"),))


def _refuse_other_signers(acting: Acting, item_id: uuid.UUID) -> None:
    item, _case = item_with_case(acting, item_id)
    lost = item.signer_id and is_recused(acting.session, staff_id=item.signer_id, case_id=item.case_id)
    if item.signer_id not in (None, acting.staff_id) and not lost:
        text = _l("Somebody else was named to sign this.")
        raise Refused((Refusal("close-off-uninvolved", text),))

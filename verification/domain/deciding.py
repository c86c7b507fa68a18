"""What a decided review does: a new conclusion and findings, a case reopened, items withdrawn, answers anew.

Called by ``reviewing`` alone, in the transaction of the decision. Source: Reg. art. 17; issue 4 "Review".
"""

from __future__ import annotations

import uuid

from sqlalchemy import func, select

from portal.crypto.header import ObjectKind
from portal.errors import Tampered
from portal.models import Tip, TipState, new_id
from verification.domain.acting import Acting
from verification.domain.items import FOR_UNIT, items_of, unit_key
from verification.domain.looking_back import open_look_backs
from verification.keys.addressees import of_case
from verification.keys.records import regrant
from verification.models import (
    Allegation,
    Case,
    CaseUnit,
    Conclusion,
    ItemState,
    Review,
    ReviewFinding,
    ReviewOutcome,
)
from verification.policy.evidence import contradicts, evidence_of, is_against_unit
from verification.workflow.guards_look_back import closed_off_items
from verification.workflow.states import Action, SubjectKind


def carry_out(acting: Acting, case: Case, review: Review) -> None:
    """Do what was decided."""
    if review.outcome not in (ReviewOutcome.CHANGE, ReviewOutcome.REVOKE):
        return
    if review.outcome is ReviewOutcome.CHANGE:
        _change(acting, case, review)
    else:
        acting.session.get_one(Conclusion, review.conclusion_id).revoked_at = acting.clock.now()
        acting.session.flush()
    for item in items_of(acting, case.id):
        falls = review.outcome is ReviewOutcome.REVOKE or item.id.hex in review.withdrawn
        if falls and item.state is not ItemState.WITHDRAWN:
            _apply(acting, SubjectKind.ITEM, item.id, Action.WITHDRAW_ITEM, item.version, review)
    _drop_look_backs(acting, case, review)
    _answer_again(acting, case, review)
    if review.outcome is ReviewOutcome.REVOKE:
        _apply(acting, SubjectKind.CASE, case.id, Action.REOPEN_CASE, case.version, review)
        case.closed_at = None


def hand_to_unit(acting: Acting, case: Case, review: Review) -> None:
    """The decision opens to the unit that applied; a changed conclusion to every unit of the case."""
    assert review.decision_id is not None  # it was proposed with its words
    give_to_unit(acting, review.decision_id, review.unit_id)
    conclusion = _made_by(acting, review)
    if conclusion is None:
        return
    conclusion.delivered_on, conclusion.delivered_by = review.delivered_on, review.delivered_by
    units = select(CaseUnit.unit_id).where(CaseUnit.case_id == case.id).order_by(CaseUnit.unit_id)
    for unit_id in acting.session.scalars(units):
        give_to_unit(acting, conclusion.unit_version_id, unit_id)


def _change(acting: Acting, case: Case, review: Review) -> None:
    # Guards saw all three.
    assert review.file_version_id is not None
    assert review.unit_version_id is not None
    assert review.proposed_by is not None
    last = acting.session.scalar(select(func.max(Conclusion.number)).where(Conclusion.case_id == case.id))
    acting.session.add(
        Conclusion(
            id=new_id(acting.rng),
            case_id=case.id,
            number=(last or 0) + 1,
            file_version_id=review.file_version_id,
            unit_version_id=review.unit_version_id,
            drafted_by=review.proposed_by,
            drafted_at=review.proposed_at,
            proposed_at=review.proposed_at,
            approved_by=acting.staff_id,
            approved_at=acting.clock.now(),
        )
    )
    findings = select(ReviewFinding).where(ReviewFinding.review_id == review.id)
    changed = {row.allegation_id: row.finding for row in acting.session.scalars(findings)}
    evidence = evidence_of(acting.session, case.id)
    rows = acting.session.scalars(select(Allegation).where(Allegation.id.in_(changed)))
    for allegation in rows:
        if allegation.finding is changed[allegation.id]:
            continue
        allegation.finding = changed[allegation.id]
        allegation.found_by, allegation.found_at = review.proposed_by, review.proposed_at
        allegation.reasons_id = reasons = _reasons(acting, case, review)
        # What was written of these stood to the finding that fell. The decision says it anew, where the new
        # one goes against the unit's words or the evidence.
        is_denied = is_against_unit(allegation.finding, allegation.stance)
        allegation.weighed_id = reasons if is_denied else None
        is_opposed = contradicts(allegation.finding, evidence[allegation.id])
        allegation.against_id = reasons if is_opposed else None
        allegation.version += 1
    acting.session.flush()


def _reasons(acting: Acting, case: Case, review: Review) -> uuid.UUID:
    assert review.decision_id is not None
    text = str(acting.open(review.decision_id)["text"])
    return acting.seal({"text": text}, kind=ObjectKind.RECORD, to=[of_case(case)])


def _answer_again(acting: Acting, case: Case, review: Review) -> None:
    tips = select(Tip).where(Tip.case_id == case.id, Tip.state == TipState.ANSWERED).order_by(Tip.id)
    for tip in acting.session.scalars(tips).all():
        _apply(acting, SubjectKind.TIP, tip.id, Action.ANSWER_AGAIN, tip.version, review)


def _drop_look_backs(acting: Acting, case: Case, review: Review) -> None:
    """Where no item is left, there is nothing to look back at."""
    if closed_off_items(acting.session, case.id):
        return
    for row in open_look_backs(acting, case.id):
        _apply(acting, SubjectKind.LOOK_BACK, row.id, Action.DROP_LOOK_BACK, row.version, review)


def _made_by(acting: Acting, review: Review) -> Conclusion | None:
    if review.unit_version_id is None:
        return None
    query = select(Conclusion).where(Conclusion.unit_version_id == review.unit_version_id)
    return acting.session.scalars(query).one_or_none()


def give_to_unit(acting: Acting, object_id: uuid.UUID, unit_id: uuid.UUID) -> None:
    """Let a unit open a paper that was written for one. Raises Tampered for any other paper."""
    # A row can be rewritten to point at another text; what was sealed says whom it is for.
    if acting.open(object_id).get("for") != FOR_UNIT:
        raise Tampered("not the unit's version")
    regrant(
        acting.session,
        object_id=object_id,
        to=unit_key(acting, unit_id),
        keyring=acting.keyring,
        sealing=acting.sealing,
    )


def _apply(
    acting: Acting, kind: SubjectKind, subject_id: uuid.UUID, action: Action, version: int, review: Review
) -> None:
    given, noted = {"review": review.id}, {"review": review.id.hex}
    acting.apply(kind, subject_id, action, version=version, given=given, noted=noted)

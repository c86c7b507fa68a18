"""Review of a conclusion: the unit applies, uninvolved people check and propose, the head decides.

What the unit writes is sealed to the case and to the unit; the decision opens to the unit with its delivery.
A decision carries itself out: a changed conclusion is a new version with new findings, a revoked one reopens
the case, items that fall are withdrawn, and informants who were answered are answered again.
Source: Reg. art. 17; 2-domain §2.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from portal.clock import day_start
from portal.crypto.header import ObjectKind
from portal.models import new_id
from verification.domain import deciding
from verification.domain.acting import Acting
from verification.domain.casework import write_note
from verification.domain.conclusions import latest_conclusion
from verification.domain.exhibits import Belongs, Proof, check_exhibits, file_exhibit
from verification.domain.inputs import LONG, Inputs, note_text
from verification.domain.items import FOR_FILE, FOR_UNIT, unit_key
from verification.domain.locking import locked_case, locked_case_of
from verification.domain.readers import give_case_key, give_to_role, take_case_key
from verification.domain.wording import check_unit_text
from verification.errors import NotHere
from verification.keys.addressees import of_case
from verification.models import (
    Allegation,
    Case,
    ExhibitSource,
    Finding,
    ItemState,
    NoteKind,
    RectificationItem,
    Review,
    ReviewFinding,
    ReviewMember,
    ReviewOutcome,
    Role,
)
from verification.policy import deadlines
from verification.policy.actors import actor_for
from verification.policy.permissions import Permission
from verification.policy.workdays import civil
from verification.workflow.states import Action, SubjectKind

CLOCK = "reg-17-review"


@dataclass(frozen=True, slots=True, repr=False)
class Proposal:
    """What reviewers propose. file_text, unit_text, findings: of the new conclusion, for a change alone.

    wording_accepted: see ``wording``, for both texts that the unit reads.
    """

    outcome: ReviewOutcome | None
    decision: str
    file_text: str = ""
    unit_text: str = ""
    findings: Mapping[uuid.UUID, Finding | None] = field(default_factory=dict)
    withdrawn: Collection[uuid.UUID] = ()
    wording_accepted: bool = False


def apply_review(
    acting: Acting,
    *,
    case_id: uuid.UUID,
    text: str,
    proofs: Sequence[Proof] = (),
    received_on: date | None = None,
) -> Review:
    """The unit applies for review of the conclusion delivered to it. received_on: of a paper; None: today.

    The government's 30 days run from that day. It adds to the case and is compared with no version of it.
    Raises InvalidInput (text, files), Refused (too late, applied already), NotHere.
    """
    inputs = Inputs()
    words = inputs.text("text", text, most=LONG)
    check_exhibits(proofs, inputs=inputs)
    inputs.done()
    case = locked_case(acting, case_id)
    conclusion, unit_id = latest_conclusion(acting, case_id), acting.actor.unit_id
    if conclusion is None or conclusion.delivered_on is None or unit_id is None:
        raise NotHere
    day = received_on or acting.sealing.day
    review_id = new_id(acting.rng)
    acting.apply(
        SubjectKind.CASE,
        case_id,
        Action.APPLY_REVIEW,
        version=case.version,
        given={"received_on": day},
        noted={"review": review_id.hex},
    )
    readers = [of_case(case), unit_key(acting, unit_id)]
    review = Review(
        id=review_id,
        case_id=case_id,
        conclusion_id=conclusion.id,
        unit_id=unit_id,
        body_id=acting.seal({"application": words}, kind=ObjectKind.DOCUMENT, to=readers),
        applied_on=day,
        applied_by=acting.staff_id,
    )
    acting.session.add(review)
    acting.session.flush()
    deadlines.start(
        acting.session, rule_id=CLOCK, subject_kind=SubjectKind.REVIEW.value, subject_id=review_id,
        clock=acting.clock, rng=acting.rng, rules=acting.rules, began=day_start(day),
    )  # fmt: skip
    belongs = Belongs(ExhibitSource.UNIT, off_plan=False, review_id=review_id, extra_key=readers[-1])
    for proof in proofs:
        file_exhibit(acting, case=case, new=proof, belongs=belongs)
    return review


def name_reviewers(
    acting: Acting, *, review_id: uuid.UUID, version: int, reviewers: Sequence[uuid.UUID]
) -> Review:
    """Name who reviews; they can open the case from now on, and whoever was named before no longer.

    Raises InvalidInput (reviewers), Refused (had a part, must keep away), StaleSubject, NotHere.
    """
    inputs = Inputs()
    people = list(dict.fromkeys(reviewers))
    if not all(actor_for(acting.session, person).may(Permission.REVIEW_WORK) for person in people):
        inputs.wrong("reviewers", _l("Please choose from the list."))
    inputs.done()
    review, case = review_with_case(acting, review_id)
    former = set(reviewers_of(acting, review_id))
    acting.session.execute(delete(ReviewMember).where(ReviewMember.review_id == review_id))
    # Written before the act, because the table tells them; a refusal undoes the whole transaction.
    acting.session.add_all(ReviewMember(review_id=review_id, staff_id=person) for person in people)
    acting.session.flush()
    acting.apply(
        SubjectKind.REVIEW,
        review_id,
        Action.NAME_REVIEWERS,
        version=version,
        given={"reviewers": people},
        noted={"reviewers": [person.hex for person in people]},
    )
    review.named_by = acting.staff_id
    give_case_key(acting, case, staff_ids=people)
    take_case_key(acting, case, staff_ids=former - set(people))
    acting.session.flush()
    return review


def admit_review(acting: Acting, *, review_id: uuid.UUID, version: int) -> Review:
    """The formal check is passed: in time, by a unit concerned, about the conclusion."""
    review_with_case(acting, review_id)
    review: Review = acting.apply(SubjectKind.REVIEW, review_id, Action.ADMIT_REVIEW, version=version)
    review.admitted_by = acting.staff_id
    return review


def propose_decision(acting: Acting, *, review_id: uuid.UUID, version: int, proposal: Proposal) -> Review:
    """Propose to the head what to decide, with the words that the unit will read.

    Raises InvalidInput (outcome, decision, file_text, unit_text, findings, withdrawn, wording), Refused,
    StaleSubject, NotHere.
    """
    review, case = review_with_case(acting, review_id)
    inputs = Inputs()
    words = check_proposal(acting, case, proposal, inputs=inputs)
    inputs.done()
    review.outcome = proposal.outcome
    review.withdrawn = [item.hex for item in proposal.withdrawn]
    to = [of_case(case)]
    review.decision_id = _document(acting, words["decision"], reader=FOR_UNIT, case=case)
    review.file_version_id = review.unit_version_id = None
    if proposal.outcome is ReviewOutcome.CHANGE:
        sealed = {"text": words["file_text"], "for": FOR_FILE}
        review.file_version_id = acting.seal(sealed, kind=ObjectKind.DOCUMENT, to=to)
        review.unit_version_id = _document(acting, words["unit_text"], reader=FOR_UNIT, case=case)
    acting.session.execute(delete(ReviewFinding).where(ReviewFinding.review_id == review_id))
    acting.session.add_all(
        ReviewFinding(review_id=review_id, allegation_id=allegation, finding=finding)
        for allegation, finding in proposal.findings.items()
        if finding is not None and proposal.outcome is ReviewOutcome.CHANGE
    )
    acting.session.flush()
    acting.apply(
        SubjectKind.REVIEW,
        review_id,
        Action.PROPOSE_DECISION,
        version=version,
        noted={"outcome": proposal.outcome},
    )
    review.proposed_by, review.proposed_at = acting.staff_id, acting.clock.now()
    give_to_role(acting, case, Role.HEAD)
    return review


def decide_review(acting: Acting, *, review_id: uuid.UUID, version: int) -> Review:
    """The head decides as proposed, and what follows from it happens at once."""
    review, case = review_with_case(acting, review_id)
    acting.apply(
        SubjectKind.REVIEW,
        review_id,
        Action.DECIDE_REVIEW,
        version=version,
        noted={"outcome": review.outcome},
    )
    review.decided_by, review.decided_at = acting.staff_id, acting.clock.now()
    acting.session.flush()
    deciding.carry_out(acting, case, review)
    return review


def return_decision(acting: Acting, *, review_id: uuid.UUID, version: int, note: str) -> Review:
    """The head returns the proposal with the reason; an application that was not admitted is to be heard."""
    words = note_text(note)
    _review, case = review_with_case(acting, review_id)
    given = {"has_note": bool(words)}
    review: Review = acting.apply(
        SubjectKind.REVIEW, review_id, Action.RETURN_DECISION, version=version, given=given
    )
    write_note(acting, case, kind=NoteKind.RETURN, text=words)
    return review


def deliver_decision(
    acting: Acting, *, review_id: uuid.UUID, version: int, delivered_on: date | None
) -> Review:
    """Deliver the decision, and the changed conclusion with it. Raises InvalidInput (delivered_on), …"""
    review, case = review_with_case(acting, review_id)
    inputs = Inputs()
    least = civil(review.decided_at) if review.decided_at else None
    day = inputs.day("delivered_on", delivered_on, today=acting.sealing.day, least=least)
    if day > acting.sealing.day:
        inputs.wrong("delivered_on", _l("This lies in the future."))
    inputs.done()
    acting.apply(
        SubjectKind.REVIEW,
        review_id,
        Action.DELIVER_DECISION,
        version=version,
        noted={"delivered_on": day.isoformat()},
    )
    review.delivered_on, review.delivered_by = day, acting.staff_id
    deciding.hand_to_unit(acting, case, review)
    acting.session.flush()
    return review


def review_with_case(acting: Acting, review_id: uuid.UUID) -> tuple[Review, Case]:
    """A review and its case, both locked, the case first. Raises NotHere."""
    case = locked_case_of(acting, Review, review_id)
    review = acting.session.get(Review, review_id, with_for_update=True, populate_existing=True)
    if review is None:
        raise NotHere
    return review, case


def reviewers_of(acting: Acting, review_id: uuid.UUID) -> list[uuid.UUID]:
    """Who was named to review."""
    query = select(ReviewMember.staff_id).where(ReviewMember.review_id == review_id)
    return list(acting.session.scalars(query.order_by(ReviewMember.staff_id)))


def check_proposal(acting: Acting, case: Case, proposal: Proposal, *, inputs: Inputs) -> dict[str, str]:
    """Its words without outer white space; problems go into ``inputs``."""
    change = proposal.outcome is ReviewOutcome.CHANGE
    inputs.among("outcome", proposal.outcome, tuple(ReviewOutcome))
    words = {"decision": inputs.text("decision", proposal.decision, most=LONG)}
    for name, text in (("file_text", proposal.file_text), ("unit_text", proposal.unit_text)):
        words[name] = inputs.text(name, text, most=LONG, needed=change)
    for name in ("decision", "unit_text"):
        check_unit_text(
            acting, case, words[name], inputs=inputs, field=name, accepted=proposal.wording_accepted
        )
    claims = set(acting.session.scalars(select(Allegation.id).where(Allegation.case_id == case.id)))
    if not set(proposal.findings) <= claims:
        inputs.wrong("findings", _l("Please choose from the list."))
    items = select(RectificationItem.id).where(
        RectificationItem.case_id == case.id, RectificationItem.state != ItemState.WITHDRAWN
    )
    inputs.all_among("withdrawn", proposal.withdrawn, set(acting.session.scalars(items)))
    return words


def _document(acting: Acting, text: str, *, reader: str, case: Case) -> uuid.UUID:
    return acting.seal({"text": text, "for": reader}, kind=ObjectKind.DOCUMENT, to=[of_case(case)])

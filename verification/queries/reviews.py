"""Reviews as pages show them: what waits for whom, one review whole, a unit's own applications.

A constant number of queries for each. Source: Reg. art. 17; issue 4 "Review".
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select

from verification.domain.acting import Acting
from verification.domain.findings import ReadAllegation, read_allegations
from verification.domain.items import ItemText, items_of, read_items
from verification.domain.reviewing import CLOCK, reviewers_of
from verification.models import (
    Case,
    Conclusion,
    Deadline,
    Exhibit,
    Finding,
    RectificationItem,
    Review,
    ReviewFinding,
    ReviewMember,
    ReviewState,
    Role,
    Staff,
    StaffRole,
    Unit,
)
from verification.policy.deadlines import Light
from verification.policy.permissions import ROLE_PERMISSIONS, Permission
from verification.policy.recusal import recused_from
from verification.queries.cases import listed_titles, readable
from verification.queries.exhibits import ExhibitView, exhibits_of_case
from verification.queries.lights import light_at
from verification.workflow.apply import decide
from verification.workflow.facts import Facts
from verification.workflow.states import Action, SubjectKind

SHOWN = 50

#: Whose turn a state is, by permission; who was named to review is looked up by name.
_TURNS: dict[Permission, ReviewState] = {
    Permission.REVIEW_NAME: ReviewState.APPLIED,
    Permission.REVIEW_DECIDE: ReviewState.PROPOSED,
    Permission.REVIEW_DELIVER: ReviewState.DECIDED,
}
AT_WORK = (ReviewState.CHECKING, ReviewState.REVIEWING)


@dataclass(frozen=True, slots=True, repr=False)
class ReviewCard:
    """One review in a list. due_at: when the government's thirty days are over, while they run."""

    row: Review
    number: str | None
    title: str
    unit: Unit
    due_at: datetime | None
    light: Light | None


@dataclass(frozen=True, slots=True, repr=False)
class ReviewView:
    """A review with everything opened that its reader may open; empty where nothing was written yet."""

    card: ReviewCard
    case: Case
    conclusion: Conclusion
    application: str
    proofs: list[ExhibitView]
    reviewers: list[uuid.UUID]
    decision: str
    file_text: str
    unit_text: str
    findings: dict[uuid.UUID, Finding]
    allegations: list[ReadAllegation]
    items: list[tuple[RectificationItem, ItemText]]
    names: dict[uuid.UUID, str]


@dataclass(frozen=True, slots=True, repr=False)
class Application:
    """A unit's own application, with the decision once it was delivered."""

    row: Review
    text: str
    decision: str


def waiting_reviews(acting: Acting) -> list[ReviewCard]:
    """Reviews that wait for this person: to name reviewers, to review, to decide, to deliver."""
    turns: list[ColumnElement[bool]] = [
        Review.state == state for permission, state in _TURNS.items() if acting.actor.may(permission)
    ]
    mine = select(ReviewMember.review_id).where(ReviewMember.staff_id == acting.staff_id)
    turns.append(and_(Review.state.in_(AT_WORK), Review.id.in_(mine)))
    query = (
        select(Review)
        .join(Case, Case.id == Review.case_id)
        .where(or_(*turns), readable(acting))
        .order_by(Review.applied_on, Review.id)
        .limit(SHOWN)
    )
    return cards_of(acting, acting.session.scalars(query).all())


def reviews_of(acting: Acting, case_id: uuid.UUID) -> list[ReviewCard]:
    """Reviews of a case, the newest first."""
    query = select(Review).where(Review.case_id == case_id)
    rows = acting.session.scalars(query.order_by(Review.applied_on.desc(), Review.id))
    return cards_of(acting, rows.all())


def cards_of(acting: Acting, rows: Sequence[Review]) -> list[ReviewCard]:
    """These reviews as a list shows them, in order."""
    if not rows:
        return []
    session = acting.session
    cases = {
        case.id: case for case in session.scalars(select(Case).where(Case.id.in_(r.case_id for r in rows)))
    }
    units = {
        unit.id: unit for unit in session.scalars(select(Unit).where(Unit.id.in_(r.unit_id for r in rows)))
    }
    clocks = session.scalars(
        select(Deadline).where(
            Deadline.subject_id.in_(row.id for row in rows),
            Deadline.rule_id == CLOCK,
            Deadline.met_on.is_(None),
        )
    )
    due = {clock.subject_id: clock.due_at for clock in clocks}
    titles = listed_titles(acting, list(cases.values()))
    return [
        ReviewCard(
            row=row,
            number=cases[row.case_id].number,
            title=titles[row.case_id],
            unit=units[row.unit_id],
            due_at=due.get(row.id),
            light=light_at(due[row.id], clock=acting.clock) if row.id in due else None,
        )
        for row in rows
    ]


def view_review(acting: Acting, review: Review) -> ReviewView:
    """One review, for a reader of its case. Raises KeyLocked."""
    session = acting.session
    case = session.get_one(Case, review.case_id)
    sealed = (review.body_id, review.decision_id, review.file_version_id, review.unit_version_id)
    texts = acting.open_all(one for one in sealed if one is not None)
    brought = select(Exhibit.object_id).where(Exhibit.review_id == review.id)
    theirs = set(session.scalars(brought))
    items = items_of(acting, case.id)
    words = read_items(acting, items)
    findings = select(ReviewFinding).where(ReviewFinding.review_id == review.id)
    reviewers = reviewers_of(acting, review.id)
    people = {review.applied_by, review.named_by, review.admitted_by, review.proposed_by, *reviewers}
    people |= {review.decided_by, review.delivered_by}
    names = select(Staff.id, Staff.name).where(Staff.id.in_(people - {None}))
    return ReviewView(
        card=cards_of(acting, [review])[0],
        case=case,
        conclusion=session.get_one(Conclusion, review.conclusion_id),
        application=str(texts[review.body_id]["application"]),
        proofs=[one for one in exhibits_of_case(acting, case.id) if one.object_id in theirs],
        reviewers=reviewers,
        decision=_text(texts, review.decision_id),
        file_text=_text(texts, review.file_version_id),
        unit_text=_text(texts, review.unit_version_id),
        findings={row.allegation_id: row.finding for row in session.scalars(findings)},
        allegations=read_allegations(acting, case),
        items=[(item, words[item.id]) for item in items],
        names=dict(session.execute(names).all()),
    )


def possible_reviewers(acting: Acting, review: Review) -> list[Staff]:
    """Who could review: the role, no part in the case, nothing to keep away for; by name."""
    roles = [role for role in Role if Permission.REVIEW_WORK in ROLE_PERMISSIONS[role]]
    facts = Facts(acting.session, review, acting.actor, acting.clock, acting.rules, {})
    apart = facts.participants() | facts.signers() | recused_from(acting.session, case_id=review.case_id)
    query = (
        select(Staff)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(StaffRole.role.in_(roles), Staff.active.is_(True), Staff.id.not_in(apart))
        .order_by(Staff.name, Staff.id)
        .distinct()
    )
    return list(acting.session.scalars(query))


def application_of(acting: Acting, conclusion: Conclusion, unit_id: uuid.UUID) -> Application | None:
    """What a unit applied for against a conclusion, opened with the unit's key; None if it did not."""
    query = select(Review).where(Review.conclusion_id == conclusion.id, Review.unit_id == unit_id)
    review = acting.session.scalars(query).one_or_none()
    if review is None:
        return None
    told = review.state is ReviewState.DELIVERED and review.decision_id is not None
    return Application(
        row=review,
        text=str(acting.open(review.body_id)["application"]),
        decision=str(acting.open(review.decision_id)["text"]) if told and review.decision_id else "",
    )


def may_apply(acting: Acting, conclusion: Conclusion) -> bool:
    """Whether this liaison's unit can apply for review of this conclusion now, as the table decides it."""
    case = acting.session.get_one(Case, conclusion.case_id)
    facts = Facts(acting.session, case, acting.actor, acting.clock, acting.rules, {})
    row, refusals = decide(facts, kind=SubjectKind.CASE, action=Action.APPLY_REVIEW)
    newest = facts.latest_conclusion()
    return row is not None and not refusals and newest is not None and newest.id == conclusion.id


def _text(texts: dict[uuid.UUID, dict[str, object]], object_id: uuid.UUID | None) -> str:
    return "" if object_id is None else str(texts[object_id]["text"])

"""What happens when a clock passes: one audit entry and a notice to those who can act on it."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.clock import Clock, civil_day
from portal.models import Desk, Rng, Tip, new_id
from verification.audit import events
from verification.models import (
    Asking,
    Assignment,
    Case,
    Deadline,
    LookBack,
    LookBackMember,
    Measure,
    RectificationItem,
    RecusalRequest,
    Referral,
    Review,
    ReviewMember,
    Role,
    StaffNotice,
    Task,
    TaskMember,
)
from verification.policy.embargo import insiders, is_embargoed
from verification.policy.recusal import recused_from
from verification.policy.roles import desk_of, staff_with_role


def record_passing(session: Session, deadline: Deadline, *, clock: Clock, rng: Rng) -> None:
    """Write into the trail that ``deadline`` passed, and tell desk, director, team, reviewers, lookers.

    A tip of the alternate desk is told to that desk alone, a case to nobody who must keep away from it.
    """
    events.append(
        session,
        event=events.Event.CLOCK_PASSED,
        subject_kind=deadline.subject_kind,
        subject_id=deadline.subject_id,
        clock=clock,
        facts={"rule": deadline.rule_id},
        day_only=True,
    )
    for reader in sorted(_readers(session, deadline), key=str):
        session.add(
            StaffNotice(
                id=new_id(rng),
                staff_id=reader,
                code=events.Event.CLOCK_PASSED.value,
                subject_kind=deadline.subject_kind,
                subject_id=deadline.subject_id,
                written_on=civil_day(clock),
            )
        )


def _readers(session: Session, deadline: Deadline) -> set[uuid.UUID]:
    tip = session.get(Tip, deadline.subject_id) if deadline.subject_kind == "tip" else None
    if tip is not None and tip.desk is Desk.ALTERNATE:
        return desk_of(session, tip.desk_key_id)
    desk = desk_of(session, tip.desk_key_id) if tip is not None else staff_with_role(session, Role.SUPERVISOR)
    team = session.scalars(select(TaskMember.staff_id).where(TaskMember.task_id == deadline.subject_id))
    reviewers = session.scalars(
        select(ReviewMember.staff_id).where(ReviewMember.review_id == deadline.subject_id)
    )
    lookers = session.scalars(
        select(LookBackMember.staff_id).where(LookBackMember.look_back_id == deadline.subject_id)
    )
    readers = desk | staff_with_role(session, Role.DIRECTOR) | {*team, *reviewers, *lookers}
    case_id = tip.case_id if tip is not None else _case_of(session, deadline.subject_id)
    if case_id is None:
        return readers
    if deadline.subject_kind == "task" and is_embargoed(session, case_id):
        readers &= insiders(session, case_id=case_id)
    return readers - recused_from(session, case_id=case_id)


def _case_of(session: Session, subject_id: uuid.UUID) -> uuid.UUID | None:
    found = (
        select(Case.id).where(Case.id == subject_id),
        select(Task.case_id).where(Task.id == subject_id),
        select(RectificationItem.case_id).where(RectificationItem.id == subject_id),
        select(Review.case_id).where(Review.id == subject_id),
        select(Assignment.case_id).where(Assignment.id == subject_id),
        select(Referral.case_id).where(Referral.id == subject_id),
        select(Measure.case_id).where(Measure.id == subject_id),
        select(RecusalRequest.case_id).where(RecusalRequest.id == subject_id),
        select(Asking.case_id).where(Asking.id == subject_id),
        select(LookBack.case_id).where(LookBack.id == subject_id),
    )
    return next((case_id for query in found if (case_id := session.scalar(query)) is not None), None)

"""四不两直: who may know of an unannounced visit before the card is shown on site. The one place that knows.

A case is under embargo from the moment a plan version proposes to go unannounced, until a visit with the card
shown is recorded or the field work is over. Its plan, team, tasks, dates and records are for whoever wrote or
decides on the plan, for the team, for the directors, and for whom one of them has let in. Everybody else sees
the case as it was docketed. Source: county notice 四不两直; 2-domain §5 "the visit was known 98 days ahead".
"""

from __future__ import annotations

import uuid
from functools import cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    exists,
    or_,
    select,
    union,
)
from sqlalchemy.orm import Session, aliased

from verification.models import (
    Case,
    CaseInsider,
    CaseState,
    Plan,
    Role,
    Staff,
    StaffRole,
    Task,
    TaskGuest,
    TaskMember,
    TaskState,
)
from verification.policy.recusal import recused_from

#: Where field work may still be ahead.
BEFORE_THE_END = (CaseState.DOCKETED, CaseState.PLAN_PROPOSED, CaseState.PLANNED, CaseState.VERIFYING)
#: What somebody outside sees instead of where such a case stands.
SHOWN_STATE = CaseState.DOCKETED


def embargoed() -> ColumnElement[bool]:
    """Of a query on ``Case``: those whose visit nobody may hear of yet.

    An unannounced version counts until a later one is approved: proposing to announce it lifts nothing.
    """
    later = aliased(Plan)
    replaced = exists().where(
        later.case_id == Plan.case_id, later.number > Plan.number, later.approved_at.is_not(None)
    )
    return and_(
        Case.state.in_(BEFORE_THE_END),
        Case.embargo_ended_at.is_(None),
        exists().where(Plan.case_id == Case.id, Plan.unannounced.is_(True), ~replaced),
    )


def hidden_from(staff_id: uuid.UUID | BindParameter[uuid.UUID]) -> ColumnElement[bool]:
    """Of a query on ``Case``: those under embargo that this person is not let into."""
    return and_(embargoed(), Case.id.not_in(_cases_of(staff_id)), ~_directs(staff_id))


def is_embargoed(session: Session, case_id: uuid.UUID) -> bool:
    """Whether nobody may hear of this case's visit yet."""
    return session.scalar(_embargoed(), {"case": case_id}) is not None


def is_hidden(session: Session, *, staff_id: uuid.UUID, case_id: uuid.UUID) -> bool:
    """Whether this person sees this case only as it was docketed."""
    return session.scalar(_hidden(), {"case": case_id, "person": staff_id}) is not None


# Asked at every page and every act, so each is put together once.


@cache
def _embargoed() -> Select[uuid.UUID]:
    return select(Case.id).where(Case.id == bindparam("case", type_=Case.id.type), embargoed())


@cache
def _hidden() -> Select[uuid.UUID]:
    person = bindparam("person", type_=Staff.id.type)
    return select(Case.id).where(Case.id == bindparam("case", type_=Case.id.type), hidden_from(person))


def insiders(session: Session, *, case_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """Everybody who may know, but nobody who must keep away."""
    directors = select(StaffRole.staff_id).join(Staff, Staff.id == StaffRole.staff_id)
    directors = directors.where(StaffRole.role == Role.DIRECTOR, Staff.active.is_(True))
    people: CompoundSelect[uuid.UUID] = union(
        directors,
        select(Plan.written_by).where(Plan.case_id == case_id),
        select(Plan.approved_by).where(Plan.case_id == case_id, Plan.approved_by.is_not(None)),
        *(
            select(member.staff_id)
            .join(Task, Task.id == member.task_id)
            .where(Task.case_id == case_id, Task.state != TaskState.WITHDRAWN)
            for member in (TaskMember, TaskGuest)
        ),
        select(Task.dispatched_by).where(Task.case_id == case_id),
        select(CaseInsider.staff_id).where(CaseInsider.case_id == case_id),
    )
    return frozenset(session.scalars(people)) - recused_from(session, case_id=case_id)


def _directs(staff_id: uuid.UUID | BindParameter[uuid.UUID]) -> ColumnElement[bool]:
    return exists().where(StaffRole.staff_id == staff_id, StaffRole.role == Role.DIRECTOR)


def _cases_of(staff_id: uuid.UUID | BindParameter[uuid.UUID]) -> CompoundSelect[uuid.UUID]:
    wrote = or_(Plan.written_by == staff_id, Plan.approved_by == staff_id)
    return union(
        select(Plan.case_id).where(wrote),
        *(
            select(Task.case_id)
            .join(member, member.task_id == Task.id)
            .where(member.staff_id == staff_id, Task.state != TaskState.WITHDRAWN)
            for member in (TaskMember, TaskGuest)
        ),
        select(Task.case_id).where(Task.dispatched_by == staff_id),
        select(CaseInsider.case_id).where(CaseInsider.staff_id == staff_id),
    )

"""Who is told of a transition: content-free notices, written in the same transaction.

A notice is a code and a subject; opening it shows only what the reader may see anyway.
"""

from __future__ import annotations

import uuid
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.clock import Clock, civil_day
from portal.models import Rng, new_id
from verification.audit.events import Event
from verification.models import (
    Assignment,
    Case,
    CaseUnit,
    CoordinationPart,
    Extension,
    LookBackMember,
    Measure,
    RectificationItem,
    Review,
    ReviewMember,
    Role,
    Staff,
    StaffNotice,
    StaffRole,
    Task,
    TaskMember,
)
from verification.policy.actors import Actor
from verification.policy.embargo import insiders, is_embargoed
from verification.policy.recusal import recused_from
from verification.policy.roles import desk_of, staff_with_role
from verification.policy.uses import APPROVER, USES
from verification.workflow.states import SubjectKind
from verification.workflow.transition import Audience, Transition

#: What a visit is planned and made in.
EMBARGOED_KINDS = (SubjectKind.CASE, SubjectKind.TASK)
_ROLE_OF = {
    Audience.DIRECTORS: Role.DIRECTOR,
    Audience.HEADS: Role.HEAD,
    Audience.DEPUTIES: Role.DEPUTY,
}
#: Who was named for a subject: the table that says so, and its column of the subject.
_NAMED: Final[dict[Audience, tuple[Any, Any]]] = {
    Audience.REVIEWERS: (ReviewMember, ReviewMember.review_id),
    Audience.LOOKERS: (LookBackMember, LookBackMember.look_back_id),
}


def tell(
    session: Session, transition: Transition, subject: Any, *, actor: Actor, clock: Clock, rng: Rng
) -> None:
    """Write a notice for everybody the transition names, but not for the one who acted or must keep away."""
    if not transition.tells:
        return
    case_id = subject.id if isinstance(subject, Case) else subject.case_id
    away = recused_from(session, case_id=case_id) if case_id else frozenset()
    readers: set[uuid.UUID] = set()
    for audience in transition.tells:
        people = _people(session, audience, subject)
        if audience is Audience.PROPOSER and people <= away:
            # Whose case it was must keep away by now: the desk goes on with it.
            people = staff_with_role(session, Role.SUPERVISOR)
        # A unit's liaisons belong to it; what they are told of is theirs.
        readers |= people if audience is Audience.LIAISONS else people - away
    if transition.kind in EMBARGOED_KINDS and case_id and is_embargoed(session, case_id):
        # Not even that something happened: the unit's liaisons are no more told than the county's leaders.
        readers &= insiders(session, case_id=case_id)
    for reader in sorted(readers - {actor.staff_id}, key=str):
        session.add(
            StaffNotice(
                id=new_id(rng),
                staff_id=reader,
                code=transition.audit.value,
                subject_kind=transition.kind.value,
                subject_id=subject.id,
                written_on=civil_day(clock),
            )
        )


def tell_liaisons(session: Session, subject: Assignment, *, event: Event, clock: Clock, rng: Rng) -> None:
    """Tell a unit that something new is there for it: a row that no transition made, but its issue."""
    for reader in sorted(_people(session, Audience.LIAISONS, subject), key=str):
        session.add(
            StaffNotice(
                id=new_id(rng),
                staff_id=reader,
                code=event.value,
                subject_kind=SubjectKind.ASSIGNMENT.value,
                subject_id=subject.id,
                written_on=civil_day(clock),
            )
        )


def _people(session: Session, audience: Audience, subject: Any) -> set[uuid.UUID]:
    if audience is Audience.DESK:
        return desk_of(session, subject.desk_key_id)
    if audience in _ROLE_OF:
        return staff_with_role(session, _ROLE_OF[audience])
    if audience is Audience.SIGNER:
        return {subject.signer_id} if subject.signer_id else set()
    if audience in _NAMED:
        member, of_subject = _NAMED[audience]
        return set(session.scalars(select(member.staff_id).where(of_subject == subject.id)))
    if audience is Audience.APPROVERS:
        role = APPROVER[USES[subject.kind].approval]
        return set() if role is None else staff_with_role(session, role)
    case = subject if isinstance(subject, Case) else session.get_one(Case, subject.case_id)
    if audience is Audience.PROPOSER:
        return {case.proposed_by or case.opened_by}
    if audience is Audience.TEAM:
        query = select(TaskMember.staff_id).join(Task, Task.id == TaskMember.task_id)
        return set(session.scalars(query.where(Task.case_id == case.id)))
    liaisons = select(Staff.id).join(StaffRole, StaffRole.staff_id == Staff.id)
    liaisons = liaisons.where(StaffRole.role == Role.LIAISON, Staff.active.is_(True))
    if isinstance(subject, Measure) and subject.unit_id is None:
        return set()
    if isinstance(subject, RectificationItem | Review | Assignment | Measure | Extension | CoordinationPart):
        return set(session.scalars(liaisons.where(Staff.unit_id == subject.unit_id)))
    units = select(CaseUnit.unit_id).where(CaseUnit.case_id == case.id)
    return set(session.scalars(liaisons.where(Staff.unit_id.in_(units))))

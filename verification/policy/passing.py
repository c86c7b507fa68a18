"""What happens when a clock passes: one audit entry and a notice to those who can act on it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.clock import Clock, civil_day
from portal.models import Rng, new_id
from verification.audit import events
from verification.models import Deadline, Role, Staff, StaffNotice, StaffRole, TaskMember

_ROLES = (Role.SUPERVISOR, Role.DIRECTOR)


def record_passing(session: Session, deadline: Deadline, *, clock: Clock, rng: Rng) -> None:
    """Write into the trail that ``deadline`` passed, and tell desk, director and team."""
    events.append(
        session,
        event=events.Event.CLOCK_PASSED,
        subject_kind=deadline.subject_kind,
        subject_id=deadline.subject_id,
        clock=clock,
        facts={"rule": deadline.rule_id},
        day_only=True,
    )
    query = select(StaffRole.staff_id).join(Staff, Staff.id == StaffRole.staff_id)
    readers = set(session.scalars(query.where(StaffRole.role.in_(_ROLES), Staff.active.is_(True))))
    readers |= set(
        session.scalars(select(TaskMember.staff_id).where(TaskMember.task_id == deadline.subject_id))
    )
    for reader in sorted(readers, key=str):
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

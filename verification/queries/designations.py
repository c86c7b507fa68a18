"""Designations as lists show them: of one case, and of every case that the reader can read."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from verification.domain.acting import Acting
from verification.domain.designating import ReadDesignation, designations_of, read_designations
from verification.models import (
    Case,
    Designation,
    DesignationState,
    Staff,
    Task,
    TaskMember,
    TaskState,
    Unit,
    UnitKind,
)
from verification.policy.designations import made_for, ran_on
from verification.policy.workdays import civil
from verification.queries.cases import listed_titles, readable

SHOWN = 200


@dataclass(frozen=True, slots=True, repr=False)
class DesignationLine:
    """One designation with the bodies it names. is_over: its term has ended."""

    row: Designation
    unit: Unit
    scope: Sequence[Unit]
    is_over: bool
    case: Case
    title: str

    @property
    def is_running(self) -> bool:
        """Whether it covers anything today."""
        return self.row.state is DesignationState.RUNNING and not self.is_over


def all_designations(acting: Acting) -> list[DesignationLine]:
    """Every designation of a case this person can read, the latest to end first; at most 200."""
    rows = acting.session.execute(
        select(Designation, Case)
        .join(Case, Case.id == Designation.case_id)
        .where(readable(acting))
        .order_by(Designation.ends_on.desc(), Designation.id)
        .limit(SHOWN)
    ).all()
    cases = {case.id: case for _row, case in rows}
    titles = listed_titles(acting, list(cases.values()))
    return _lines(acting, [row for row, _case in rows], cases, titles)


def case_designations(
    acting: Acting, case: Case, *, title: str
) -> list[tuple[DesignationLine, ReadDesignation]]:
    """Those made within one case, opened. Raises KeyLocked."""
    rows = designations_of(acting, [case.id])
    lines = _lines(acting, rows, {case.id: case}, {case.id: title})
    return list(zip(lines, read_designations(acting, rows), strict=True))


def lent_members(session: Session, case: Case) -> list[tuple[uuid.UUID, bool]]:
    """Members of the case's teams from other bodies, and whether they were designated when they were sent."""
    members = session.execute(
        select(TaskMember.staff_id, Staff.unit_id, Task.dispatched_at)
        .join(Task, Task.id == TaskMember.task_id)
        .join(Staff, Staff.id == TaskMember.staff_id)
        .join(Unit, Unit.id == Staff.unit_id)
        .where(Task.case_id == case.id, Task.state != TaskState.WITHDRAWN, Unit.kind != UnitKind.OFFICE)
        .order_by(Task.dispatched_at, TaskMember.staff_id)
    ).all()
    if not members:
        return []
    made = made_for(session, case=case, bodies=[row.unit_id for row in members])
    return [
        (
            row.staff_id,
            any(one.unit_id == row.unit_id and ran_on(one, civil(row.dispatched_at)) for one in made),
        )
        for row in members
    ]


def _lines(
    acting: Acting, rows: Sequence[Designation], cases: dict[uuid.UUID, Case], titles: dict[uuid.UUID, str]
) -> list[DesignationLine]:
    units = {unit.id: unit for unit in acting.session.scalars(select(Unit))} if rows else {}
    today = acting.sealing.day
    return [
        DesignationLine(
            row=row,
            unit=units[row.unit_id],
            scope=[units[uuid.UUID(hex_id)] for hex_id in row.units],
            is_over=row.ends_on < today,
            case=cases[row.case_id],
            title=titles[row.case_id],
        )
        for row in rows
    ]

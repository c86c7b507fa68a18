"""Which departments may inspect in a case on a day, and as what: the one place that knows (Reg. art. 7).

Staff of the supervision office need no designation. Staff of a department need a running one of their
department that covers the case's category, its units and the day. A town or any other body cannot be
designated. Must not know: wordings, who made it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from verification.models import (
    Case,
    CaseUnit,
    Designation,
    DesignationDuty,
    DesignationState,
    Role,
    Staff,
    StaffRole,
    Unit,
    UnitKind,
)
from verification.policy.workdays import civil


def covering(
    session: Session, *, case: Case, on: date, until: date | None = None
) -> dict[uuid.UUID, frozenset[DesignationDuty]]:
    """Units whose running designation covers this case from ``on`` to ``until``, and their duties in it."""
    units = frozenset(session.scalars(select(CaseUnit.unit_id).where(CaseUnit.case_id == case.id)))
    rows = session.scalars(
        select(Designation).where(
            Designation.state == DesignationState.RUNNING,
            Designation.ends_on >= (until or on),
            Designation.starts_on <= on,
            or_(Designation.case_id == case.id, Designation.wide.is_(True)),
        )
    )
    found: dict[uuid.UUID, set[DesignationDuty]] = {}
    for row in rows:
        if covers(row, case=case, units=units):
            found.setdefault(row.unit_id, set()).add(row.duty)
    return {unit: frozenset(duties) for unit, duties in found.items()}


def covers(row: Designation, *, case: Case, units: Collection[uuid.UUID]) -> bool:
    """Whether matter and scope of a designation fit a case with these units; its term is not looked at."""
    is_matter = row.case_id == case.id or (
        row.wide and (not row.categories or case.category in row.categories)
    )
    return is_matter and (not row.units or {unit.hex for unit in units} <= set(row.units))


def undesignated(
    session: Session, *, case: Case, people: Iterable[uuid.UUID], on: date, until: date | None = None
) -> frozenset[uuid.UUID]:
    """Inspectors among ``people`` who belong to another body than the office, and to none that is designated.

    Whoever is invited from outside (Art. 8) inspects for no department and needs no designation.
    """
    lent = _lent(session, people)
    if not lent:
        return frozenset()
    units = covering(session, case=case, on=on, until=until)
    return frozenset(person for person, unit_id in lent.items() if unit_id not in units)


def strangers_on(
    session: Session, *, case: Case, people: Iterable[uuid.UUID], on: date
) -> frozenset[uuid.UUID]:
    """The same for a day that may have passed: who of them came from a body that was not designated then."""
    lent = _lent(session, people)
    made = made_for(session, case=case, bodies=lent.values()) if lent else []
    return frozenset(
        person
        for person, unit_id in lent.items()
        if not any(row.unit_id == unit_id and ran_on(row, on) for row in made)
    )


def made_for(session: Session, *, case: Case, bodies: Collection[uuid.UUID]) -> list[Designation]:
    """Designations of these bodies that were ever made and fit the case, whatever became of them."""
    units = frozenset(session.scalars(select(CaseUnit.unit_id).where(CaseUnit.case_id == case.id)))
    made = session.scalars(
        select(Designation).where(Designation.unit_id.in_(set(bodies)), Designation.made_at.is_not(None))
    )
    return [row for row in made if covers(row, case=case, units=units)]


def ran_on(row: Designation, day: date) -> bool:
    """Whether a designation was made by that day, within its term, and not yet ended."""
    if row.made_at is None or civil(row.made_at) > day:
        return False
    goes_on = row.ended_at is None or civil(row.ended_at) >= day
    return goes_on and row.starts_on <= day <= row.ends_on


def _lent(session: Session, people: Iterable[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Inspectors among these people who belong to another body than the office, and the body."""
    query = (
        select(Staff.id, Staff.unit_id)
        .join(Unit, Unit.id == Staff.unit_id)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(StaffRole.role == Role.INSPECTOR, Staff.id.in_(set(people)), Unit.kind != UnitKind.OFFICE)
    )
    return dict(session.execute(query).all())


def may_lead(session: Session, *, case: Case, person: uuid.UUID, on: date, until: date | None = None) -> bool:
    """Whether this person's body may lead here: the office, or a department designated to lead."""
    unit = session.scalar(select(Unit).join(Staff, Staff.unit_id == Unit.id).where(Staff.id == person))
    if unit is None or unit.kind is UnitKind.OFFICE:
        return unit is not None
    duties = covering(session, case=case, on=on, until=until).get(unit.id, frozenset())
    return DesignationDuty.LEAD in duties

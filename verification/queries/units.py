"""Units and people to choose from in forms."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from verification.models import INSPECTABLE, Role, Staff, StaffRole, Unit, UnitDuty, UnitKind


def towns(session: Session) -> Sequence[Unit]:
    """Towns and subdistricts, by code."""
    return session.scalars(select(Unit).where(Unit.kind == UnitKind.TOWN).order_by(Unit.code)).all()


def inspectable_units(session: Session) -> Sequence[Unit]:
    """Every body the county may inspect (Art. 5), departments first."""
    units = session.scalars(select(Unit).where(Unit.kind.in_(INSPECTABLE)).order_by(Unit.code)).all()
    return sorted(units, key=lambda unit: (INSPECTABLE.index(unit.kind), unit.code))


def vertical_units(session: Session) -> Sequence[Unit]:
    """Agencies managed from above: not the county's objects, each with the channel that helps."""
    return session.scalars(select(Unit).where(Unit.kind == UnitKind.VERTICAL).order_by(Unit.code)).all()


def responsible_units(session: Session, *, category: str) -> frozenset[uuid.UUID]:
    """Units whose duty a category is."""
    return frozenset(session.scalars(select(UnitDuty.unit_id).where(UnitDuty.category == category)))


def people_with(session: Session, roles: Sequence[Role]) -> Sequence[Staff]:
    """Active staff who hold one of ``roles``, by name."""
    query = (
        select(Staff)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(StaffRole.role.in_(roles), Staff.active.is_(True))
        .order_by(Staff.name, Staff.id)
        .distinct()
    )
    return session.scalars(query).all()

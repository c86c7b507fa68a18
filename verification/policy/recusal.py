"""Who must keep away from a unit, and why. Source: Civil Servant Law 76–77; 2-domain §2 "Other sources"."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from verification.models import Interest, InterestKind, Staff, Unit


@dataclass(frozen=True, slots=True)
class Conflict:
    """One reason that keeps ``staff_id`` away from ``unit_id``. ``kind`` None: it is their own unit."""

    staff_id: uuid.UUID
    unit_id: uuid.UUID
    kind: InterestKind | None


def conflicts_of(
    session: Session, *, staff_id: uuid.UUID, units: Collection[uuid.UUID]
) -> tuple[Conflict, ...]:
    """Every reason why this person must not deal with any of ``units``; empty if there is none."""
    staff = session.get_one(Staff, staff_id)
    found = [Conflict(staff_id, unit, None) for unit in units if unit == staff.unit_id]
    declared = session.scalars(
        select(Interest).where(Interest.staff_id == staff_id, Interest.unit_id.in_(units))
    )
    found += [Conflict(staff_id, interest.unit_id, interest.kind) for interest in declared]
    in_charge = session.scalars(select(Unit.id).where(Unit.in_charge_id == staff_id, Unit.id.in_(units)))
    found += [Conflict(staff_id, unit_id, InterestKind.IN_CHARGE) for unit_id in in_charge]
    return tuple(found)

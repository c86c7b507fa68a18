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
    return conflicts_among(session, staff_ids=(staff_id,), units=units).get(staff_id, ())


def conflicts_among(
    session: Session, *, staff_ids: Collection[uuid.UUID], units: Collection[uuid.UUID]
) -> dict[uuid.UUID, tuple[Conflict, ...]]:
    """The same for many people in three queries; people without a conflict are not in the answer."""
    own = session.execute(
        select(Staff.id, Staff.unit_id).where(Staff.id.in_(staff_ids), Staff.unit_id.in_(units))
    )
    found = [Conflict(staff_id, unit_id, None) for staff_id, unit_id in own]
    declared = session.scalars(
        select(Interest).where(Interest.staff_id.in_(staff_ids), Interest.unit_id.in_(units))
    )
    found += [Conflict(interest.staff_id, interest.unit_id, interest.kind) for interest in declared]
    led = session.execute(
        select(Unit.in_charge_id, Unit.id).where(Unit.in_charge_id.in_(staff_ids), Unit.id.in_(units))
    )
    found += [Conflict(leader, unit_id, InterestKind.IN_CHARGE) for leader, unit_id in led if leader]
    people = {conflict.staff_id for conflict in found}
    return {person: tuple(item for item in found if item.staff_id == person) for person in people}

"""Who must keep away from a unit or a case, and why: the one place that knows.

By the unit: one's own, one that one leads, a declared interest (Civil Servant Law 76–77). By the informant:
whom they named under "who must not see this". Whoever keeps away gets no key, no notice and no list entry of
the case, and signs nothing in it. Source: 2-domain §2 "Other sources"; 4-sealing "Compartments of a tip".
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, or_, select, union
from sqlalchemy.orm import Session

from verification.models import (
    Case,
    CaseKeptAway,
    CaseUnit,
    Interest,
    InterestKind,
    Staff,
    Unit,
    UnitKind,
)


@dataclass(frozen=True, slots=True)
class Conflict:
    """One reason that keeps ``staff_id`` away from ``unit_id``. ``kind`` None: it is their own unit."""

    staff_id: uuid.UUID
    unit_id: uuid.UUID
    kind: InterestKind | None


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


def kept_away(session: Session, *, case_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """Whom the informants of a case named."""
    named = select(CaseKeptAway.staff_id).where(CaseKeptAway.case_id == case_id)
    return frozenset(session.scalars(named))


def recused_from(session: Session, *, case_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """Everybody who keeps away from a case, for any of these reasons, in one query.

    The liaisons of its units are among them: they are no readers of the case, and get their own papers.
    """
    units = select(CaseUnit.unit_id).where(CaseUnit.case_id == case_id)
    people = union(
        select(Staff.id).where(Staff.unit_id.in_(units)),
        select(Interest.staff_id).where(Interest.unit_id.in_(units)),
        select(Staff.id).join(Unit, Unit.in_charge_id == Staff.id).where(Unit.id.in_(units)),
        select(CaseKeptAway.staff_id).where(CaseKeptAway.case_id == case_id),
    )
    return frozenset(session.scalars(people))


def recused_cases(staff_id: uuid.UUID) -> ColumnElement[bool]:
    """Of a query on ``Case``: the cases that this person keeps away from."""
    theirs = union(
        select(Staff.unit_id).where(Staff.id == staff_id),
        select(Interest.unit_id).where(Interest.staff_id == staff_id),
        select(Unit.id).where(Unit.in_charge_id == staff_id),
    )
    return or_(
        exists().where(CaseUnit.case_id == Case.id, CaseUnit.unit_id.in_(theirs)),
        exists().where(CaseKeptAway.case_id == Case.id, CaseKeptAway.staff_id == staff_id),
    )


def is_recused(session: Session, *, staff_id: uuid.UUID, case_id: uuid.UUID) -> bool:
    """Whether this person keeps away from this case."""
    found = select(Case.id).where(Case.id == case_id, recused_cases(staff_id))
    return session.scalar(found) is not None


def named_in(session: Session, wishes: Sequence[str]) -> frozenset[uuid.UUID]:
    """Staff whom these wishes name in full, by their own name or by the body they belong to or lead.

    Whoever is only described ("the director's cousin") is for the person who reads the wish to name. A whole
    supervision office cannot keep away from its own work: such a tip belongs to the alternate desk.
    """
    said = "".join("".join(wishes).split()).casefold()
    if not said:
        return frozenset()
    found = set()
    for person, unit in session.execute(select(Staff, Unit).join(Unit, Unit.id == Staff.unit_id)):
        if _names(said, person.name) or _names_body(said, unit):
            found.add(person.id)
    led = session.scalars(select(Unit).where(Unit.in_charge_id.is_not(None)))
    found |= {unit.in_charge_id for unit in led if unit.in_charge_id and _names_body(said, unit)}
    return frozenset(found)


def _names(said: str, name: str) -> bool:
    bare = "".join(name.split()).casefold()
    return len(bare) >= 2 and bare in said


def _names_body(said: str, unit: Unit) -> bool:
    return unit.kind is not UnitKind.OFFICE and (_names(said, unit.name) or _names(said, unit.name_en))

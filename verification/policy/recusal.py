"""Who must keep away from a unit or a case, and why: the one place that knows.

By the unit: one's own, one that one leads, a declared interest (Civil Servant Law 76–77). By the informant:
whom they named under "who must not see this". By decision: whoever was asked about and told to keep away
(``domain.recusing``). Whoever keeps away gets no key, no notice and no list entry of the case, and signs
nothing in it. Source: 2-domain §2 "Other sources"; 4-sealing "Compartments of a tip".
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    bindparam,
    exists,
    or_,
    select,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from verification.models import (
    Case,
    CaseKeptAway,
    CaseUnit,
    Interest,
    InterestKind,
    RecusalRequest,
    RecusalState,
    Staff,
    Task,
    TaskMember,
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


def decided_away(session: Session, *, case_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """Whom a decision of the office keeps away from a case."""
    granted = select(RecusalRequest.staff_id).where(
        RecusalRequest.case_id == case_id, RecusalRequest.state == RecusalState.GRANTED
    )
    return frozenset(session.scalars(granted))


def recused_from(session: Session, *, case_id: uuid.UUID) -> frozenset[uuid.UUID]:
    """Everybody who keeps away from a case, for any of these reasons, in one query.

    The liaisons of its units are among them: they are no readers of the case, and get their own papers.
    """
    return frozenset(session.scalars(_recused_from(), {"case": case_id}))


@cache
def _recused_from() -> CompoundSelect[uuid.UUID]:
    """The query, put together once: it is asked at every page and every act. Parameter: ``case``."""
    case_id = bindparam("case", type_=CaseUnit.case_id.type)
    units = select(CaseUnit.unit_id).where(CaseUnit.case_id == case_id)
    return union(
        select(Staff.id).where(Staff.unit_id.in_(units)),
        select(Interest.staff_id).where(Interest.unit_id.in_(units)),
        select(Staff.id).join(Unit, Unit.in_charge_id == Staff.id).where(Unit.id.in_(units)),
        select(CaseKeptAway.staff_id).where(CaseKeptAway.case_id == case_id),
        select(RecusalRequest.staff_id).where(
            RecusalRequest.case_id == case_id, RecusalRequest.state == RecusalState.GRANTED
        ),
    )


def recused_cases(
    staff_id: uuid.UUID | InstrumentedAttribute[uuid.UUID] | BindParameter[uuid.UUID],
) -> ColumnElement[bool]:
    """Of a query on ``Case``: the cases that this person, or the person of each row, keeps away from."""
    object_, person, interest = aliased(CaseUnit), aliased(Staff), aliased(Interest)
    unit, named, asked = aliased(Unit), aliased(CaseKeptAway), aliased(RecusalRequest)
    inspected = object_.case_id == Case.id
    return or_(
        exists().where(inspected, person.unit_id == object_.unit_id, person.id == staff_id),
        exists().where(inspected, interest.unit_id == object_.unit_id, interest.staff_id == staff_id),
        exists().where(inspected, unit.id == object_.unit_id, unit.in_charge_id == staff_id),
        exists().where(named.case_id == Case.id, named.staff_id == staff_id),
        exists().where(
            asked.case_id == Case.id, asked.staff_id == staff_id, asked.state == RecusalState.GRANTED
        ),
    )


def recused_members(
    session: Session, *, task_ids: Collection[uuid.UUID]
) -> frozenset[tuple[uuid.UUID, uuid.UUID]]:
    """(task, person) for every member of these teams who must keep away from the task's case by now."""
    found = (
        select(TaskMember.task_id, TaskMember.staff_id)
        .join(Task, Task.id == TaskMember.task_id)
        .join(Case, Case.id == Task.case_id)
        .where(TaskMember.task_id.in_(task_ids), recused_cases(TaskMember.staff_id))
    )
    return frozenset((row.task_id, row.staff_id) for row in session.execute(found))


def is_recused(session: Session, *, staff_id: uuid.UUID, case_id: uuid.UUID) -> bool:
    """Whether this person keeps away from this case."""
    return session.scalar(_is_recused(), {"case": case_id, "person": staff_id}) is not None


@cache
def _is_recused() -> Select[uuid.UUID]:
    person = bindparam("person", type_=Staff.id.type)
    return select(Case.id).where(Case.id == bindparam("case", type_=Case.id.type), recused_cases(person))


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

"""Rectification items: reading them, their clock, who could sign. The verbs are in ``rectification``.

What a unit may see of a case is here alone: its own items once they are ordered, its own reports, and the
unit version of a delivered conclusion. Source: Reg. art. 18; 2-domain §2a; 4-sealing "Keys" (unit key).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from portal.trust import KeyOf
from verification.domain.acting import Acting
from verification.domain.locking import locked_case_of
from verification.errors import NotHere
from verification.keys.addressees import of_unit
from verification.models import (
    Case,
    CaseState,
    CaseUnit,
    Conclusion,
    Exhibit,
    ItemReport,
    LookBack,
    LookBackResult,
    RectificationItem,
    Role,
    Staff,
    StaffRole,
    Unit,
)
from verification.policy import deadlines
from verification.policy.permissions import ROLE_PERMISSIONS, Permission
from verification.policy.recusal import recused_from
from verification.workflow.facts import Facts
from verification.workflow.states import SubjectKind

CLOCK = "clock-rectify"

#: Whom a version of a conclusion is for, as it stands inside what is sealed.
FOR_FILE, FOR_UNIT = "file", "unit"

#: Where a case stands when its items are the unit's business.
ORDERED = (CaseState.RECTIFYING, CaseState.CLOSED)


@dataclass(frozen=True, slots=True, repr=False)
class ItemText:
    """What is wrong, and when it is right."""

    problem: str
    standard: str


@dataclass(frozen=True, slots=True, repr=False)
class ReadReport:
    """A unit's report opened. ``returned``: why it was sent back, if it was; ``proofs``: its exhibits."""

    row: ItemReport
    measures: str
    returned: str
    proofs: tuple[Exhibit, ...]


@dataclass(frozen=True, slots=True, repr=False)
class ReadRelapse:
    """A look-back that opened an item again: since when, and what its unit reads of it."""

    since: datetime
    reason: str


def due_on_for(acting: Acting) -> date:
    """When an item is due that is written now."""
    return acting.sealing.day + timedelta(days=acting.rules.number(CLOCK))


def items_of(acting: Acting, case_id: uuid.UUID) -> list[RectificationItem]:
    """A case's items in order."""
    query = select(RectificationItem).where(RectificationItem.case_id == case_id)
    return list(acting.session.scalars(query.order_by(RectificationItem.ordinal)))


def read_items(acting: Acting, items: list[RectificationItem]) -> dict[uuid.UUID, ItemText]:
    """Items' texts by item id: for readers of the case, after the order for the unit. Raises KeyLocked."""
    bodies = acting.open_all(item.body_id for item in items)
    return {
        item.id: ItemText(
            problem=str(bodies[item.body_id]["problem"]), standard=str(bodies[item.body_id]["standard"])
        )
        for item in items
    }


def read_reports(acting: Acting, item: RectificationItem) -> list[ReadReport]:
    """The unit's reports on an item, the newest first; a constant number of queries."""
    session = acting.session
    query = select(ItemReport).where(ItemReport.item_id == item.id).order_by(ItemReport.reported_at.desc())
    rows = session.scalars(query).all()
    records = acting.open_all(part for row in rows for part in (row.body_id, row.returned_note_id) if part)
    proofs: dict[uuid.UUID, list[Exhibit]] = {row.id: [] for row in rows}
    brought = select(Exhibit).where(Exhibit.item_report_id.in_(proofs)).order_by(Exhibit.ordinal)
    for exhibit in session.scalars(brought):
        if exhibit.item_report_id is not None:
            proofs[exhibit.item_report_id].append(exhibit)
    return [
        ReadReport(
            row=row,
            measures=str(records[row.body_id]["measures"]),
            returned=str(records[row.returned_note_id]["returned"]) if row.returned_note_id else "",
            proofs=tuple(proofs[row.id]),
        )
        for row in rows
    ]


def newest_report(acting: Acting, item_id: uuid.UUID) -> ItemReport:
    """The unit's last report on an item that has one."""
    query = select(ItemReport).where(ItemReport.item_id == item_id).order_by(ItemReport.reported_at.desc())
    return acting.session.scalars(query.limit(1)).one()


def false_reports(acting: Acting, case_id: uuid.UUID) -> list[ItemReport]:
    """Reports of a case that were found to be false, a ground for an accountability proposal."""
    query = (
        select(ItemReport)
        .join(RectificationItem, RectificationItem.id == ItemReport.item_id)
        .where(RectificationItem.case_id == case_id, ItemReport.false_at.is_not(None))
        .order_by(ItemReport.false_at, ItemReport.id)
    )
    return list(acting.session.scalars(query))


def relapses_of(acting: Acting, item: RectificationItem) -> list[ReadRelapse]:
    """Why an item was opened again, the newest first; for its unit and for readers of the case."""
    query = (
        select(LookBackResult.reason_id, LookBack.settled_at)
        .join(LookBack, LookBack.id == LookBackResult.look_back_id)
        .where(LookBackResult.item_id == item.id, LookBackResult.reason_id.is_not(None))
        .order_by(LookBack.ordinal.desc())
    )
    rows = acting.session.execute(query).all()
    texts = acting.open_all(row.reason_id for row in rows)
    return [ReadRelapse(row.settled_at, str(texts[row.reason_id]["relapsed"])) for row in rows]


def items_for_unit(acting: Acting, unit_id: uuid.UUID) -> list[RectificationItem]:
    """What was ordered of a unit, by date; nothing before the order."""
    query = (
        select(RectificationItem)
        .join(Case, Case.id == RectificationItem.case_id)
        .where(RectificationItem.unit_id == unit_id, Case.state.in_(ORDERED))
        .order_by(RectificationItem.due_on, RectificationItem.id)
    )
    return list(acting.session.scalars(query))


def deliveries_for_unit(acting: Acting, unit_id: uuid.UUID) -> list[tuple[Conclusion, Case]]:
    """Conclusions that were delivered to a unit, the newest first; nothing before delivery."""
    query = (
        select(Conclusion, Case)
        .join(Case, Case.id == Conclusion.case_id)
        .join(CaseUnit, CaseUnit.case_id == Case.id)
        .where(CaseUnit.unit_id == unit_id, Conclusion.delivered_on.is_not(None))
        .order_by(Conclusion.delivered_on.desc(), Conclusion.number.desc(), Conclusion.id)
    )
    return [(conclusion, case) for conclusion, case in acting.session.execute(query)]


def possible_signers(acting: Acting, item: RectificationItem) -> list[Staff]:
    """Who could sign an item off: the role, no part in the case, no interest in the unit; by name."""
    roles = [role for role in Role if Permission.ITEM_SIGN_OFF in ROLE_PERMISSIONS[role]]
    facts = Facts(acting.session, item, acting.actor, acting.clock, acting.rules, {})
    apart = facts.participants() | facts.reviewers()
    query = (
        select(Staff)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(StaffRole.role.in_(roles), Staff.active.is_(True), Staff.id.not_in(apart))
        .order_by(Staff.name, Staff.id)
        .distinct()
    )
    people = list(acting.session.scalars(query))
    away = recused_from(acting.session, case_id=item.case_id)
    return [person for person in people if person.id not in away]


def item_with_case(acting: Acting, item_id: uuid.UUID) -> tuple[RectificationItem, Case]:
    """An item and its case, both locked. Raises NotHere."""
    case = locked_case_of(acting, RectificationItem, item_id)
    item = acting.session.get(RectificationItem, item_id, with_for_update=True, populate_existing=True)
    if item is None:
        raise NotHere
    return item, case


def unit_key(acting: Acting, unit_id: uuid.UUID) -> KeyOf:
    """The key that a unit's liaisons open its papers with; a body that can be inspected always has one."""
    return of_unit(acting.session.get_one(Unit, unit_id))


def run_clock(acting: Acting, item: RectificationItem) -> None:
    """Start the clock of an item, which ends with its own date."""
    deadlines.start(
        acting.session,
        rule_id=CLOCK,
        subject_kind=SubjectKind.ITEM.value,
        subject_id=item.id,
        clock=acting.clock,
        rng=acting.rng,
        rules=acting.rules,
        due_on=item.due_on,
    )

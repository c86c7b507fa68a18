"""Rectification items in lists: to verify, to sign, open; one item whole; what a unit sees of its own.

Each list costs a constant number of queries. Must not know: pages, words.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import not_, select

from verification.domain.acting import Acting
from verification.domain.items import (
    ItemText,
    ReadReport,
    deliveries_for_unit,
    items_for_unit,
    read_items,
    read_reports,
)
from verification.models import (
    UNITS_TURN,
    Case,
    CaseState,
    Conclusion,
    Deadline,
    ItemState,
    RectificationItem,
    Staff,
    Task,
    TaskMember,
    TaskState,
    Unit,
)
from verification.policy.deadlines import Light, last_day
from verification.policy.recusal import recused_cases
from verification.policy.workdays import end_of
from verification.queries.cases import readable
from verification.queries.exhibits import ExhibitView, view_exhibits
from verification.queries.lights import light_at
from verification.queries.paging import Cursor, Page, beyond, paged

OPEN = (*UNITS_TURN, ItemState.REPORTED, ItemState.VERIFIED)
_BACK = (ItemState.RETURNED, ItemState.FALSE)


@dataclass(frozen=True, slots=True, repr=False)
class ItemCard:
    """An item in a list. ``text`` None: sealed to another key. ``due_at``: of whoever has to act now."""

    item: RectificationItem
    number: str | None
    unit: Unit
    text: ItemText | None
    due_at: datetime | None
    light: Light | None


@dataclass(frozen=True, slots=True, repr=False)
class ReportView:
    """A unit's report with its proof."""

    measures: str
    returned: str
    reported_at: datetime
    reported_by: str
    proofs: list[ExhibitView]
    is_false: bool


@dataclass(frozen=True, slots=True, repr=False)
class ItemView:
    """One item, opened for readers of its case. ``note``: what its verifier wrote."""

    item: RectificationItem
    case: Case
    card: ItemCard
    title: str
    reports: list[ReportView]
    note: str
    names: dict[uuid.UUID, str]


@dataclass(frozen=True, slots=True, repr=False)
class UnitReport:
    """A unit's own report, for the unit: names of the files it sent, no clean copies."""

    measures: str
    returned: str
    reported_at: datetime
    files: int


@dataclass(frozen=True, slots=True, repr=False)
class Delivery:
    """A conclusion delivered to a unit. ``objection_until``: the unit may apply for review until then."""

    conclusion: Conclusion
    number: str | None
    objection_until: datetime | None


def items_to_verify(acting: Acting) -> list[ItemCard]:
    """Reported items of cases on whose team this person is, the most urgent first."""
    mine = (
        select(Task.case_id)
        .join(TaskMember, TaskMember.task_id == Task.id)
        .join(Case, Case.id == Task.case_id)
        .where(
            TaskMember.staff_id == acting.staff_id,
            Task.state != TaskState.WITHDRAWN,
            not_(recused_cases(acting.staff_id)),
        )
    )
    query = select(RectificationItem).where(
        RectificationItem.state == ItemState.REPORTED, RectificationItem.case_id.in_(mine)
    )
    return _by_date(cards_of(acting, acting.session.scalars(query).all()))


def items_to_sign(acting: Acting) -> list[ItemCard]:
    """Verified items that name this person as their signer."""
    query = (
        select(RectificationItem)
        .join(Case, Case.id == RectificationItem.case_id)
        .where(
            RectificationItem.state == ItemState.VERIFIED,
            RectificationItem.signer_id == acting.staff_id,
            not_(recused_cases(acting.staff_id)),
        )
    )
    return _by_date(cards_of(acting, acting.session.scalars(query).all()))


def open_items(acting: Acting, *, cursor: Cursor | None) -> Page[ItemCard]:
    """Every item not closed off, of cases this person can read and that are being rectified; paged by key."""
    mine = readable(acting)
    found: list[RectificationItem] = []
    for state in OPEN:
        query = (
            select(RectificationItem)
            .join(Case, Case.id == RectificationItem.case_id)
            .where(RectificationItem.state == state, Case.state == CaseState.RECTIFYING, mine)
        )
        query = beyond(
            query, RectificationItem.due_on, RectificationItem.id, cursor=cursor, newest_first=False
        )
        found += acting.session.scalars(query).all()
    page = paged(found, cursor=cursor, newest_first=False, edge=lambda item: (item.due_on, item.id))
    return Page(cards_of(acting, page.rows), page.before, page.after)


def cards_of(acting: Acting, items: Sequence[RectificationItem]) -> list[ItemCard]:
    """These items as cards; a text that this person cannot open is left out of its card."""
    session = acting.session
    case_ids, unit_ids = {item.case_id for item in items}, {item.unit_id for item in items}
    cases = {case.id: case for case in session.scalars(select(Case).where(Case.id.in_(case_ids)))}
    acting.keyring.learn(session, (case.key_id for case in cases.values()))
    texts = _readable(acting, items)
    units = {unit.id: unit for unit in session.scalars(select(Unit).where(Unit.id.in_(unit_ids)))}
    due = _due(acting, items)
    return [
        ItemCard(
            item=item,
            number=cases[item.case_id].number,
            unit=units[item.unit_id],
            text=texts.get(item.id),
            due_at=due.get(item.id),
            light=light_at(due.get(item.id), clock=acting.clock, returned=item.state in _BACK),
        )
        for item in items
    ]


def view_item(acting: Acting, item: RectificationItem) -> ItemView:
    """One item with everything reported on it. Raises KeyLocked for those who cannot read its case."""
    case = acting.session.get_one(Case, item.case_id)
    reports = read_reports(acting, item)
    proofs = view_exhibits(acting, [exhibit for report in reports for exhibit in report.proofs])
    people = {report.row.reported_by for report in reports}
    people |= {person for person in (item.verified_by, item.signer_id) if person is not None}
    staff = acting.session.scalars(select(Staff).where(Staff.id.in_(people)))
    names = {person.id: person.name for person in staff}
    return ItemView(
        item=item,
        case=case,
        card=cards_of(acting, [item])[0],
        title=str(acting.open(case.brief_id)["title"]),
        reports=[_report_view(report, proofs, names) for report in reports],
        note=str(acting.open(item.verification_id)["text"]) if item.verification_id else "",
        names=names,
    )


def cards_for_unit(acting: Acting, unit_id: uuid.UUID) -> list[ItemCard]:
    """What was ordered of a unit, opened with the unit's key; what waits for the unit comes first."""
    cards = cards_of(acting, items_for_unit(acting, unit_id))
    return sorted(cards, key=lambda card: (card.item.state not in UNITS_TURN, card.item.due_on))


def reports_for_unit(acting: Acting, item: RectificationItem) -> list[UnitReport]:
    """A unit's own reports on an item, the newest first."""
    return [
        UnitReport(
            measures=report.measures,
            returned=report.returned,
            reported_at=report.row.reported_at,
            files=len(report.proofs),
        )
        for report in read_reports(acting, item)
    ]


def deliveries(acting: Acting, unit_id: uuid.UUID) -> list[Delivery]:
    """Conclusions delivered to a unit, the newest first, each with the end of its time to object."""
    return [
        Delivery(conclusion, case.number, _objection_until(acting, conclusion))
        for conclusion, case in deliveries_for_unit(acting, unit_id)
    ]


def _objection_until(acting: Acting, conclusion: Conclusion) -> datetime | None:
    if conclusion.delivered_on is None or conclusion.revoked_at is not None:
        return None
    return end_of(last_day(conclusion.delivered_on, rule_id="reg-17-objection", rules=acting.rules))


def _readable(acting: Acting, items: Sequence[RectificationItem]) -> dict[uuid.UUID, ItemText]:
    keys = acting.keyring.file_keys(acting.session, [item.body_id for item in items])
    return read_items(acting, [item for item in items if item.body_id in keys])


def _due(acting: Acting, items: Sequence[RectificationItem]) -> dict[uuid.UUID, datetime]:
    """The running clock of each item; before the order, its own date."""
    query = select(Deadline).where(
        Deadline.subject_id.in_([item.id for item in items]), Deadline.met_on.is_(None)
    )
    due = {item.id: end_of(item.due_on) for item in items if item.state in UNITS_TURN}
    return due | {clock.subject_id: clock.due_at for clock in acting.session.scalars(query)}


def _by_date(cards: list[ItemCard]) -> list[ItemCard]:
    return sorted(cards, key=lambda card: (card.due_at or end_of(card.item.due_on), card.item.id.hex))


def _report_view(
    report: ReadReport, proofs: Sequence[ExhibitView], names: dict[uuid.UUID, str]
) -> ReportView:
    return ReportView(
        measures=report.measures,
        returned=report.returned,
        reported_at=report.row.reported_at,
        reported_by=names[report.row.reported_by],
        proofs=[proof for proof in proofs if proof.item_report_id == report.row.id],
        is_false=report.row.false_at is not None,
    )

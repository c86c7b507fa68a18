"""Coordination items as pages show them: of a case, one whole, open everywhere, and what waits for somebody.

Each list costs a constant number of queries. Must not know: pages, words. Source: issue 4.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select

from verification.domain.acting import Acting
from verification.domain.coordinating import ReadMeeting, read_meetings
from verification.domain.coordination_texts import (
    ItemWords,
    ReadReport,
    read_item,
    read_part_reports,
    words_in,
)
from verification.keys.records import open_whole_records
from verification.models import (
    HELPING,
    PART_OVER,
    Case,
    Coordination,
    CoordinationPart,
    CoordinationState,
    Deadline,
    PartState,
    Staff,
    Task,
    TaskMember,
    TaskState,
    Unit,
)
from verification.policy.deadlines import Light
from verification.policy.permissions import Permission
from verification.queries.cases import COULD_NOT_OPEN, readable
from verification.queries.exhibits import ExhibitView, view_exhibits
from verification.queries.lights import light_at
from verification.workflow.states import Action

SHOWN = 100


@dataclass(frozen=True, slots=True, repr=False)
class PartCard:
    """A department's part in a list. due_at: of whoever has to act now."""

    row: CoordinationPart
    item: Coordination
    number: str | None
    title: str
    unit: Unit
    due_at: datetime | None
    light: Light | None


@dataclass(frozen=True, slots=True, repr=False)
class ItemCard:
    """An item in a list, with its parts in order."""

    row: Coordination
    number: str | None
    title: str
    parts: list[PartCard]

    @property
    def done(self) -> int:
        """How many parts are confirmed or released."""
        return sum(part.row.state in (PartState.DONE, PartState.RELEASED) for part in self.parts)


@dataclass(frozen=True, slots=True, repr=False)
class ReportView:
    """A department's report with its proof, for readers of the case."""

    report: ReadReport
    proofs: list[ExhibitView]


@dataclass(frozen=True, slots=True, repr=False)
class PartView:
    """One part opened. before: the part that it waits for."""

    card: PartCard
    work: str
    before: PartCard | None
    reason: str
    ruling: str
    reports: list[ReportView]


@dataclass(frozen=True, slots=True, repr=False)
class ItemView:
    """One item opened, for readers of its case."""

    card: ItemCard
    case: Case
    words: ItemWords
    parts: list[PartView]
    meetings: list[ReadMeeting]
    names: dict[uuid.UUID, str]


@dataclass(frozen=True, slots=True, repr=False)
class Waiting:
    """Something of an item that waits for this person: what to do, and of which part."""

    action: Action
    title: str
    number: str | None
    item_id: uuid.UUID
    unit: Unit | None = None


# --- lists -------------------------------------------------------------------------------------------------


def items_of(acting: Acting, case_id: uuid.UUID) -> list[ItemCard]:
    """A case's items in order."""
    query = select(Coordination).where(Coordination.case_id == case_id)
    return item_cards(acting, acting.session.scalars(query.order_by(Coordination.ordinal)).all())


def carried_on_items(acting: Acting) -> list[ItemCard]:
    """Items that go on in a standing mechanism outside their case, of cases that this person reads."""
    query = (
        select(Coordination)
        .join(Case, Case.id == Coordination.case_id)
        .where(Coordination.state == CoordinationState.CARRIED_ON, readable(acting))
        .order_by(Coordination.agreed_at, Coordination.id)
        .limit(SHOWN)
    )
    return item_cards(acting, acting.session.scalars(query).all())


def open_parts(acting: Acting) -> list[PartCard]:
    """Every part that goes on, of cases that this person reads, those due first first."""
    query = (
        select(CoordinationPart)
        .join(Coordination, Coordination.id == CoordinationPart.coordination_id)
        .join(Case, Case.id == CoordinationPart.case_id)
        .where(Coordination.state.in_(HELPING), CoordinationPart.state.not_in(PART_OVER), readable(acting))
        .order_by(CoordinationPart.due_on, CoordinationPart.id)
        .limit(SHOWN)
    )
    return part_cards(acting, acting.session.scalars(query).all())


def item_cards(acting: Acting, rows: Sequence[Coordination]) -> list[ItemCard]:
    """These items as a list shows them."""
    if not rows:
        return []
    query = select(CoordinationPart).where(CoordinationPart.coordination_id.in_([row.id for row in rows]))
    cards = part_cards(acting, acting.session.scalars(query.order_by(CoordinationPart.ordinal)).all())
    by_item: dict[uuid.UUID, list[PartCard]] = {}
    for card in cards:
        by_item.setdefault(card.item.id, []).append(card)
    return [
        ItemCard(row, by_item[row.id][0].number, by_item[row.id][0].title, by_item[row.id]) for row in rows
    ]


def part_cards(acting: Acting, rows: Sequence[CoordinationPart]) -> list[PartCard]:
    """These parts as a list shows them; the title is what departments are told."""
    if not rows:
        return []
    session = acting.session
    items = select(Coordination).where(Coordination.id.in_({row.coordination_id for row in rows}))
    item_of = {item.id: item for item in session.scalars(items)}
    units = select(Unit).where(Unit.id.in_({row.unit_id for row in rows}))
    unit_of = {unit.id: unit for unit in session.scalars(units)}
    cases = session.execute(
        select(Case.id, Case.number, Case.key_id).where(Case.id.in_({row.case_id for row in rows}))
    ).all()
    acting.keyring.learn(session, (case.key_id for case in cases))
    numbers = {case.id: case.number for case in cases}
    shared = (item.shared_id for item in item_of.values())
    texts = open_whole_records(session, shared, keyring=acting.keyring)
    due = _due(acting, rows)
    return [
        PartCard(
            row=row,
            item=item,
            number=numbers[row.case_id],
            title=str(texts[item.shared_id]["title"]) if item.shared_id in texts else str(COULD_NOT_OPEN),
            unit=unit_of[row.unit_id],
            due_at=due.get(row.id),
            light=light_at(due.get(row.id), clock=acting.clock, returned=row.state is PartState.RETURNED),
        )
        for row in rows
        for item in [item_of[row.coordination_id]]
    ]


def _due(acting: Acting, rows: Sequence[CoordinationPart]) -> dict[uuid.UUID, datetime]:
    """The running clock of each part."""
    query = select(Deadline.subject_id, Deadline.due_at).where(
        Deadline.subject_id.in_([row.id for row in rows]), Deadline.met_on.is_(None)
    )
    return dict(acting.session.execute(query).all())


# --- what waits --------------------------------------------------------------------------------------------


def waiting_coordination(acting: Acting) -> list[Waiting]:
    """Proposals to compare or to agree to, refusals to rule on or to endorse, reports to check."""
    may = acting.actor.may
    found: list[Waiting] = []
    if may(Permission.COORDINATION_READ_OVER) or may(Permission.COORDINATION_AGREE):
        found += _waiting_items(acting)
    states = {
        state: action
        for state, action, permission in (
            (PartState.DECLINED, Action.RULE_PART, Permission.COORDINATION_AGREE),
            (PartState.RULED, Action.ENDORSE_RULING, Permission.COORDINATION_ENDORSE),
            (PartState.REPORTED, Action.CONFIRM_PART, Permission.COORDINATION_CHECK),
        )
        if may(permission)
    }
    if not states:
        return found
    query = (
        select(CoordinationPart)
        .join(Case, Case.id == CoordinationPart.case_id)
        .where(CoordinationPart.state.in_(states), readable(acting))
        .order_by(CoordinationPart.due_on, CoordinationPart.id)
    )
    if may(Permission.TASK_WORK):
        query = query.where(CoordinationPart.case_id.in_(_own_cases(acting)))
    cards = part_cards(acting, acting.session.scalars(query.limit(SHOWN)).all())
    return found + [
        Waiting(states[card.row.state], card.title, card.number, card.item.id, card.unit) for card in cards
    ]


def _waiting_items(acting: Acting) -> list[Waiting]:
    """To compare with the tips, for the desk; to agree to, for the director once that was done."""
    unchecked, checked = Coordination.checked_by.is_(None), Coordination.checked_by.is_not(None)
    mine = []
    if acting.actor.may(Permission.COORDINATION_READ_OVER):
        mine.append(unchecked)
    if acting.actor.may(Permission.COORDINATION_AGREE):
        mine.append(checked)
    query = (
        select(Coordination)
        .join(Case, Case.id == Coordination.case_id)
        .where(and_(Coordination.state == CoordinationState.PROPOSED, or_(*mine)), readable(acting))
        .order_by(Coordination.written_at, Coordination.id)
        .limit(SHOWN)
    )
    return [
        Waiting(
            Action.CHECK_COORDINATION if card.row.checked_by is None else Action.AGREE_COORDINATION,
            card.title,
            card.number,
            card.row.id,
        )
        for card in item_cards(acting, acting.session.scalars(query).all())
    ]


def _own_cases(acting: Acting) -> list[uuid.UUID]:
    query = (
        select(Task.case_id)
        .join(TaskMember, TaskMember.task_id == Task.id)
        .where(TaskMember.staff_id == acting.staff_id, Task.state != TaskState.WITHDRAWN)
    )
    return list(acting.session.scalars(query))


# --- one item ----------------------------------------------------------------------------------------------


def view_item(acting: Acting, row: Coordination) -> ItemView:
    """One item with its parts, reports and meetings. Raises KeyLocked for those who cannot read its case."""
    (card,) = item_cards(acting, [row])
    meetings = read_meetings(acting, row.id)
    parts = _part_views(acting, card)
    people = {row.written_by, row.checked_by, row.agreed_by, row.ended_by}
    people |= {meeting.row.recorded_by for meeting in meetings}
    for part in card.parts:
        people |= {part.row.ruled_by, part.row.endorsed_by, part.row.confirmed_by}
    people |= {one.report.row.reported_by for part in parts for one in part.reports}
    names = select(Staff.id, Staff.name).where(Staff.id.in_(people - {None}))
    return ItemView(
        card=card,
        case=acting.session.get_one(Case, row.case_id),
        words=read_item(acting, row),
        parts=parts,
        meetings=meetings,
        names=dict(acting.session.execute(names).all()),
    )


def _part_views(acting: Acting, card: ItemCard) -> list[PartView]:
    rows = [part.row for part in card.parts]
    texts = acting.open_all(one for row in rows for one in (row.body_id, row.reason_id, row.ruling_id) if one)
    reports = read_part_reports(acting, [row.id for row in rows])
    proofs = [proof for found in reports.values() for one in found for proof in one.proofs]
    seen = {view.object_id: view for view in view_exhibits(acting, proofs)} if proofs else {}
    by_id = {part.row.id: part for part in card.parts}
    return [
        PartView(
            card=part,
            work=str(texts[part.row.body_id]["work"]),
            before=by_id.get(part.row.after_id) if part.row.after_id else None,
            reason=words_in(texts[part.row.reason_id]) if part.row.reason_id else "",
            ruling=words_in(texts[part.row.ruling_id]) if part.row.ruling_id else "",
            reports=[
                ReportView(one, [seen[proof.object_id] for proof in one.proofs])
                for one in reports[part.row.id]
            ],
        )
        for part in card.parts
    ]

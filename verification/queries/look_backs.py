"""Look-backs as pages show them: lists, one whole, who could look, what waits for whom.

A constant number of queries for each. Must not know: pages, words. Source: issue 4 "look-back".
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, not_, select

from portal.models import Tip
from verification.domain.acting import Acting
from verification.domain.items import ItemText, items_of, read_items
from verification.models import (
    Case,
    Deadline,
    Exhibit,
    ItemState,
    LookBack,
    LookBackFinding,
    LookBackMember,
    LookBackResult,
    LookBackSample,
    LookBackState,
    RectificationItem,
    Role,
    Staff,
    Unit,
)
from verification.policy.deadlines import Light
from verification.policy.permissions import Permission
from verification.policy.recusal import recused_from
from verification.policy.roles import staff_with_role
from verification.policy.sampling import by_lot, lot_of
from verification.queries.cases import listed_titles, readable, units_by_case
from verification.queries.exhibits import ExhibitView, view_exhibits
from verification.queries.lights import light_at
from verification.queries.paging import Cursor, Page, beyond, paged
from verification.workflow.guards_asking import GONE, informants_of
from verification.workflow.guards_look_back import closers_of, lookers_of

S = LookBackState


class Shelf(StrEnum):
    """The list's tabs."""

    DUE = "due"
    OVERDUE = "overdue"
    RUNNING = "running"
    SETTLED = "settled"


STATES: Final[dict[Shelf, tuple[LookBackState, ...]]] = {
    Shelf.DUE: (S.DUE,),
    Shelf.OVERDUE: (S.DUE, S.ASSIGNED),
    Shelf.RUNNING: (S.ASSIGNED, S.REPORTED),
    Shelf.SETTLED: (S.SETTLED, S.DROPPED),
}


@dataclass(frozen=True, slots=True, repr=False)
class LookBackCard:
    """One look-back in a list. found: how many items of each finding, once it is reported."""

    row: LookBack
    number: str | None
    title: str
    units: list[Unit]
    lookers: list[str]
    found: dict[LookBackFinding, int]
    due_at: datetime | None
    light: Light | None


@dataclass(frozen=True, slots=True, repr=False)
class ItemLook:
    """One item with what was found of it. was_verified: what its verifier had written."""

    item: RectificationItem
    text: ItemText
    unit: Unit
    result: LookBackResult | None
    seen: str
    was_verified: str
    exhibits: list[ExhibitView]


@dataclass(frozen=True, slots=True, repr=False)
class LookBackView:
    """A look-back opened for readers of its case. informants: how many mailboxes there are to write to."""

    card: LookBackCard
    case: Case
    items: list[ItemLook]
    lookers: frozenset[uuid.UUID]
    returned: str
    decision: str
    informants: int
    names: dict[uuid.UUID, str]

    @property
    def left(self) -> int:
        """How many items nothing is noted of yet."""
        return sum(one.result is None for one in self.items)


@dataclass(frozen=True, slots=True)
class LooksWaiting:
    """What waits for one person: to look, to settle, to tell; and for those who name, what is late."""

    to_look: int
    to_settle: int
    to_tell: int
    late: int


@dataclass(frozen=True, slots=True)
class Lot:
    """One case of a sample's list: its lot in hexadecimal, and whether it was drawn."""

    case_id: uuid.UUID
    number: str | None
    lot: str
    is_drawn: bool


def list_look_backs(acting: Acting, shelf: Shelf, *, cursor: Cursor | None) -> Page[LookBackCard]:
    """One page of a shelf, by day: what is over the newest first, everything else the soonest."""
    newest_first, mine = shelf is Shelf.SETTLED, readable(acting)
    found: list[LookBack] = []
    for state in STATES[shelf]:
        # One range of the index for each state, as in the ledger.
        query = select(LookBack).join(Case, Case.id == LookBack.case_id).where(LookBack.state == state, mine)
        if shelf is Shelf.OVERDUE:
            query = query.where(LookBack.due_on < acting.sealing.day)
        query = beyond(query, LookBack.due_on, LookBack.id, cursor=cursor, newest_first=newest_first)
        found += acting.session.scalars(query).all()
    page = paged(found, cursor=cursor, newest_first=newest_first, edge=lambda row: (row.due_on, row.id))
    return Page(cards_of(acting, page.rows), page.before, page.after)


def look_backs_of(acting: Acting, case_id: uuid.UUID) -> list[LookBackCard]:
    """Look-backs of a case, the newest first."""
    query = select(LookBack).where(LookBack.case_id == case_id).order_by(LookBack.ordinal.desc())
    return cards_of(acting, acting.session.scalars(query).all())


def cards_of(acting: Acting, rows: Sequence[LookBack]) -> list[LookBackCard]:
    """These look-backs as a list shows them, in order."""
    if not rows:
        return []
    session, ids = acting.session, [row.id for row in rows]
    cases = {
        case.id: case for case in session.scalars(select(Case).where(Case.id.in_(r.case_id for r in rows)))
    }
    clocks = session.scalars(
        select(Deadline)
        .where(Deadline.subject_id.in_(ids), Deadline.met_on.is_(None))
        .order_by(Deadline.due_at.desc())
    )
    due = {clock.subject_id: clock.due_at for clock in clocks}
    named = session.execute(
        select(LookBackMember.look_back_id, Staff.name)
        .join(Staff, Staff.id == LookBackMember.staff_id)
        .where(LookBackMember.look_back_id.in_(ids))
        .order_by(Staff.name)
    ).all()
    results = session.execute(
        select(LookBackResult.look_back_id, LookBackResult.finding).where(
            LookBackResult.look_back_id.in_(ids)
        )
    ).all()
    titles, units = listed_titles(acting, list(cases.values())), units_by_case(acting, list(cases))
    return [
        LookBackCard(
            row=row,
            number=cases[row.case_id].number,
            title=titles[row.case_id],
            units=units.get(row.case_id, []),
            lookers=[name for look_back_id, name in named if look_back_id == row.id],
            found=_counted(row, [one for look_back_id, one in results if look_back_id == row.id]),
            due_at=due.get(row.id),
            light=light_at(due.get(row.id), clock=acting.clock),
        )
        for row in rows
    ]


def _counted(row: LookBack, findings: Sequence[LookBackFinding]) -> dict[LookBackFinding, int]:
    if row.state not in (S.REPORTED, S.SETTLED):
        return {}
    counts = Counter(findings)
    return {finding: counts[finding] for finding in LookBackFinding if counts[finding]}


def view_look_back(acting: Acting, row: LookBack) -> LookBackView:
    """One look-back, for a reader of its case. Raises KeyLocked."""
    session, case = acting.session, acting.session.get_one(Case, row.case_id)
    results = session.scalars(select(LookBackResult).where(LookBackResult.look_back_id == row.id)).all()
    lookers = lookers_of(session, row.id)
    people = {row.named_by, row.reported_by, row.settled_by, row.told_by, *lookers}
    people |= {person for result in results for person in (result.verified_by, result.signer_id)}
    names = select(Staff.id, Staff.name).where(Staff.id.in_(people - {None}))
    notes = [one for one in (row.returned_note_id, row.decision_id) if one is not None]
    texts = acting.open_all(notes)
    return LookBackView(
        card=cards_of(acting, [row])[0],
        case=case,
        items=_item_looks(acting, case, results),
        lookers=lookers,
        returned=str(texts[row.returned_note_id]["text"]) if row.returned_note_id else "",
        decision=str(texts[row.decision_id]["text"]) if row.decision_id else "",
        informants=len(informants_of(session, case.id)),
        names=dict(session.execute(names).all()),
    )


def _item_looks(acting: Acting, case: Case, results: Sequence[LookBackResult]) -> list[ItemLook]:
    """What there is to look at, and whatever was looked at although it stands otherwise by now."""
    by_item = {result.item_id: result for result in results}
    items = [
        item for item in items_of(acting, case.id) if item.state is ItemState.CLOSED_OFF or item.id in by_item
    ]
    session, words = acting.session, read_items(acting, items)
    units = {
        unit.id: unit
        for unit in session.scalars(select(Unit).where(Unit.id.in_({item.unit_id for item in items})))
    }
    verified = {
        item.id: by_item[item.id].verification_id if item.id in by_item else item.verification_id
        for item in items
    }
    sealed = [result.seen_id for result in results]
    texts = acting.open_all([*sealed, *(one for one in verified.values() if one is not None)])
    taken = select(Exhibit).where(Exhibit.look_back_result_id.in_([result.id for result in results]))
    rows = session.scalars(taken).all()
    result_of = {one.object_id: one.look_back_result_id for one in rows}
    exhibits = view_exhibits(acting, rows)
    looks = []
    for item in items:
        result, verification = by_item.get(item.id), verified[item.id]
        looks.append(
            ItemLook(
                item=item,
                text=words[item.id],
                unit=units[item.unit_id],
                result=result,
                seen="" if result is None else str(texts[result.seen_id]["seen"]),
                was_verified="" if verification is None else str(texts[verification]["text"]),
                exhibits=[one for one in exhibits if result and result_of[one.object_id] == result.id],
            )
        )
    return looks


def possible_lookers(acting: Acting, row: LookBack) -> list[tuple[Staff, bool]]:
    """Active inspectors who need not keep away, by name; whether each verified or signed off an item."""
    people = staff_with_role(acting.session, Role.INSPECTOR)
    people -= recused_from(acting.session, case_id=row.case_id)
    closers = closers_of(acting.session, row.case_id)
    query = select(Staff).where(Staff.id.in_(people)).order_by(Staff.name, Staff.id)
    return [(person, person.id in closers) for person in acting.session.scalars(query)]


def looks_waiting(acting: Acting) -> LooksWaiting:
    """Counts for one person's first page."""
    may, mine = acting.actor.may, (LookBackMember.staff_id == acting.staff_id)
    named = exists().where(LookBackMember.look_back_id == LookBack.id, mine)
    untold = and_(
        LookBack.state == S.SETTLED,
        LookBack.told_on.is_(None),
        exists().where(Tip.case_id == LookBack.case_id, Tip.state.not_in(GONE)),
    )
    late = and_(LookBack.state.in_(STATES[Shelf.OVERDUE]), LookBack.due_on < acting.sealing.day)
    settles, names = may(Permission.LOOK_BACK_SETTLE), may(Permission.LOOK_BACK_NAME)
    return LooksWaiting(
        to_look=_count(acting, LookBack.state == S.ASSIGNED, named) if may(Permission.LOOK_BACK_WORK) else 0,
        to_settle=_count(acting, LookBack.state == S.REPORTED, not_(named)) if settles else 0,
        to_tell=_count(acting, untold) if may(Permission.TIP_ANSWER) else 0,
        late=_count(acting, late) if names else 0,
    )


def _count(acting: Acting, *conditions: ColumnElement[bool]) -> int:
    query = select(func.count(LookBack.id)).join(Case, Case.id == LookBack.case_id)
    return acting.session.scalar(query.where(readable(acting), *conditions)) or 0


def samples(acting: Acting) -> Sequence[LookBackSample]:
    """The newest draws."""
    query = select(LookBackSample).order_by(LookBackSample.drawn_on.desc(), LookBackSample.id).limit(20)
    return acting.session.scalars(query).all()


def lots_of(acting: Acting, sample: LookBackSample) -> list[Lot]:
    """A sample's whole list, drawn once more now: in the order of the lots."""
    pool = [uuid.UUID(one) for one in sample.pool]
    query = select(Case.id, Case.number).where(Case.id.in_(pool))
    numbers = dict(acting.session.execute(query).all())
    return [
        Lot(case_id, numbers.get(case_id), lot_of(case_id, seed=sample.seed).hex(), place < sample.count)
        for place, case_id in enumerate(by_lot(pool, seed=sample.seed))
    ]

"""Uses of conclusions as lists show them: the office's, paged by key, a case's, a unit's own.

A constant number of queries for each. Source: Reg. art. 13, 19–22; issue 4 "Uses".
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select

from verification.domain.acting import Acting
from verification.models import Case, Measure, MeasureKind, MeasureState, Role, Unit
from verification.policy import deadlines
from verification.policy.deadlines import Light
from verification.policy.permissions import Permission
from verification.policy.uses import APPROVER, USES
from verification.queries.cases import listed_titles, readable
from verification.queries.lights import light_at
from verification.queries.paging import Cursor, Page, beyond, paged

SHOWN = 50


class Pile(StrEnum):
    """The office list's tabs."""

    OPEN = "open"
    TO_APPROVE = "to-approve"
    TO_SEND = "to-send"
    SENT = "sent"
    ENDED = "ended"


S = MeasureState
STATES: dict[Pile, tuple[MeasureState, ...]] = {
    Pile.OPEN: (S.DRAFT, S.PROPOSED, S.APPROVED, S.SENT, S.RECEIVED),
    Pile.TO_APPROVE: (S.PROPOSED,),
    Pile.TO_SEND: (S.DRAFT, S.APPROVED),
    Pile.SENT: (S.SENT, S.RECEIVED),
    Pile.ENDED: (S.ANSWERED, S.WITHDRAWN),
}
#: What a unit knows of: nothing before it was sent.
OF_UNIT = (S.SENT, S.RECEIVED, S.ANSWERED)


@dataclass(frozen=True, slots=True, repr=False)
class UseCard:
    """One use in a list. unit: whom it goes to, where that is a unit of ours."""

    row: Measure
    number: str | None
    title: str
    unit: Unit | None
    due_at: datetime | None
    light: Light | None


def list_uses(acting: Acting, pile: Pile, *, cursor: Cursor | None) -> Page[UseCard]:
    """One page of the office's uses, newest first: those of cases that this person reads."""
    mine = readable(acting)
    found: list[Measure] = []
    for state in STATES[pile]:
        # One range of the index for each state, as in the ledger.
        query = select(Measure).join(Case, Case.id == Measure.case_id).where(Measure.state == state, mine)
        found += acting.session.scalars(
            beyond(query, Measure.written_on, Measure.id, cursor=cursor, newest_first=True)
        )
    page = paged(found, cursor=cursor, newest_first=True, edge=lambda row: (row.written_on, row.id))
    return Page(rows=cards_of(acting, page.rows), before=page.before, after=page.after)


def uses_to_decide(acting: Acting) -> list[UseCard]:
    """Proposed uses that this person approves, those proposed longest first."""
    if not acting.actor.may(Permission.USE_APPROVE):
        return []
    kinds = [kind for kind in MeasureKind if _approver(kind) in acting.actor.roles]
    query = (
        select(Measure)
        .join(Case, Case.id == Measure.case_id)
        .where(Measure.state == S.PROPOSED, Measure.kind.in_(kinds), readable(acting))
        .order_by(Measure.written_on, Measure.id)
        .limit(SHOWN)
    )
    return cards_of(acting, acting.session.scalars(query).all())


def _approver(kind: MeasureKind) -> Role | None:
    return APPROVER[USES[kind].approval]


def uses_for_unit(acting: Acting, unit_id: uuid.UUID) -> list[Measure]:
    """What was sent to a unit, the newest first."""
    query = select(Measure).where(Measure.unit_id == unit_id, Measure.state.in_(OF_UNIT))
    return list(acting.session.scalars(query.order_by(Measure.sent_on.desc(), Measure.id).limit(SHOWN)))


def cards_of(acting: Acting, rows: Sequence[Measure]) -> list[UseCard]:
    """These uses as a list shows them, in order."""
    if not rows:
        return []
    session = acting.session
    cases = {
        case.id: case for case in session.scalars(select(Case).where(Case.id.in_(r.case_id for r in rows)))
    }
    named = {row.unit_id for row in rows if row.unit_id is not None}
    units = {unit.id: unit for unit in session.scalars(select(Unit).where(Unit.id.in_(named)))}
    clocks = deadlines.running(session, [row.id for row in rows])
    titles = listed_titles(acting, list(cases.values()))
    return [
        UseCard(
            row=row,
            number=cases[row.case_id].number,
            title=titles[row.case_id],
            unit=units.get(row.unit_id) if row.unit_id else None,
            due_at=clocks[row.id].due_at if row.id in clocks else None,
            light=light_at(clocks[row.id].due_at, clock=acting.clock) if row.id in clocks else None,
        )
        for row in rows
    ]

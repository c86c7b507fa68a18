"""A department's own parts of coordination items, and what it may see beside them.

Its part, title and goal open with its own key; of the others it sees who they are, which one leads, and their
dates. Nothing of the case, and nothing of what led to it. Source: issue 4.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from verification.domain.acting import Acting
from verification.domain.coordination_texts import RULED, ReadReport, read_part_reports, words_in
from verification.models import DEPARTMENTS_TURN, CoordinationPart, PartState, Unit
from verification.queries.coordination import PartCard, part_cards


@dataclass(frozen=True, slots=True, repr=False)
class Neighbour:
    """Another department of the same item: who and by when, and nothing of what it does."""

    unit: Unit
    due_on: date
    is_lead: bool
    is_waited_for: bool


@dataclass(frozen=True, slots=True, repr=False)
class OwnPart:
    """A department's part as it sees it itself."""

    card: PartCard
    goal: str
    work: str
    neighbours: list[Neighbour]
    reason: str
    ruling: str
    mechanism: str
    reports: list[ReadReport]


def parts_for_unit(acting: Acting, unit_id: uuid.UUID) -> list[PartCard]:
    """What a department was asked, what waits for it first; nothing before the director agreed."""
    query = select(CoordinationPart).where(
        CoordinationPart.unit_id == unit_id, CoordinationPart.asked_at.is_not(None)
    )
    rows = acting.session.scalars(query.order_by(CoordinationPart.due_on, CoordinationPart.id)).all()
    cards = part_cards(acting, rows)
    return sorted(cards, key=lambda card: card.row.state not in DEPARTMENTS_TURN)


def parts_of_unit(acting: Acting, *, unit_id: uuid.UUID) -> int:
    """Parts that wait for a department."""
    query = select(func.count()).where(
        CoordinationPart.unit_id == unit_id, CoordinationPart.state.in_(DEPARTMENTS_TURN)
    )
    return acting.session.scalar(query) or 0


def view_own_part(acting: Acting, row: CoordinationPart) -> OwnPart:
    """A part as its department sees it. Raises KeyLocked for those of another."""
    (card,) = part_cards(acting, [row])
    stands = row.ruling_id is not None and row.state in RULED
    ids = [row.body_id, card.item.shared_id, row.reason_id, row.ruling_id if stands else None]
    texts = acting.open_all(one for one in [*ids, card.item.mechanism_id] if one)
    return OwnPart(
        card=card,
        goal=str(texts[card.item.shared_id]["goal"]),
        work=str(texts[row.body_id]["work"]),
        neighbours=_neighbours(acting, row),
        reason=words_in(texts[row.reason_id]) if row.reason_id else "",
        ruling=words_in(texts[row.ruling_id]) if stands and row.ruling_id else "",
        mechanism=words_in(texts[card.item.mechanism_id]) if card.item.mechanism_id else "",
        reports=read_part_reports(acting, [row.id])[row.id],
    )


def _neighbours(acting: Acting, row: CoordinationPart) -> list[Neighbour]:
    query = (
        select(CoordinationPart, Unit)
        .join(Unit, Unit.id == CoordinationPart.unit_id)
        .where(
            CoordinationPart.coordination_id == row.coordination_id,
            CoordinationPart.id != row.id,
            CoordinationPart.state.not_in((PartState.RELEASED, PartState.WITHDRAWN)),
        )
        .order_by(CoordinationPart.ordinal)
    )
    return [
        Neighbour(unit, part.due_on, part.is_lead, part.id == row.after_id)
        for part, unit in acting.session.execute(query)
    ]

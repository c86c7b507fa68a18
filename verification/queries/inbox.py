"""The inbox: tips of the desks one holds, by state, paged by key and decrypted in the session.

The coarse columns filter; what a row says comes from its digest, or from the statement before the first
opening. The number of queries does not depend on the number of rows. Source: 3-architecture rule 7;
4-sealing "digest".
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Select, func, select, true

from portal.errors import Tampered
from portal.models import Desk, KeyPurpose, Message, RecipientKey, SealedObject, Tip, TipState
from verification.domain.acting import Acting
from verification.domain.triage import Digest, read_digest
from verification.errors import KeyLocked, NotHere
from verification.models import Deadline, Unit
from verification.policy import deadlines
from verification.policy.deadlines import Light
from verification.queries.lights import light_at
from verification.queries.paging import Cursor, Page, beyond, paged

URGENT_SHOWN = 10


class Tray(StrEnum):
    """The inbox's tabs."""

    TRIAGE = "triage"
    ASKING = "asking"
    ACCEPTED = "accepted"
    IN_CASE = "in-case"
    FINISHED = "finished"


STATES: dict[Tray, tuple[TipState, ...]] = {
    Tray.TRIAGE: (TipState.RECEIVED, TipState.TRIAGE),
    Tray.ASKING: (TipState.ASKING,),
    Tray.ACCEPTED: (TipState.ACCEPTED,),
    Tray.IN_CASE: (TipState.IN_CASE,),
    Tray.FINISHED: (TipState.ANSWERED, TipState.DECLINED, TipState.REFERRED, TipState.HANDED_ON),
}
#: Trays that stay small, whose numbers are shown.
COUNTED = (Tray.TRIAGE, Tray.ASKING, Tray.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to list. newest_first: otherwise what has waited longest comes first."""

    tray: Tray
    category: str = ""
    town_id: uuid.UUID | None = None
    newest_first: bool = False
    cursor: Cursor | None = None


@dataclass(frozen=True, slots=True, repr=False)
class InboxRow:
    """One tip in the list.

    ``digest`` None: it lies on a generation of the desk's key nobody gave us; or, where ``damaged``, what is
    stored of it is not what was written.
    """

    id: uuid.UUID
    received_on: date
    urgent: bool
    state: TipState
    category: str | None
    town: Unit | None
    digest: Digest | None
    due_at: datetime | None
    light: Light | None
    new_messages: int
    damaged: bool


def desks_of(acting: Acting) -> tuple[Desk, ...]:
    """The desks whose keys this person holds."""
    purposes = {KeyPurpose.DESK: Desk.DESK, KeyPurpose.ALTERNATE: Desk.ALTERNATE}
    keys = acting.session.execute(
        select(RecipientKey.id, RecipientKey.purpose).where(RecipientKey.purpose.in_(purposes))
    ).all()
    held = {purposes[purpose] for key, purpose in keys if acting.keyring.holds(acting.session, key)}
    return tuple(desk for desk in Desk if desk in held)


def list_tips(acting: Acting, wanted: Wanted) -> Page[InboxRow]:
    """One page of a tray."""
    found: list[Tip] = []
    for desk in desks_of(acting):
        for state in STATES[wanted.tray]:
            # One range of the index for each desk and state; merging a few short lists is cheap.
            query = _narrowed(select(Tip).where(Tip.desk == desk, Tip.state == state), wanted)
            found += acting.session.scalars(
                beyond(query, Tip.received_on, Tip.id, cursor=wanted.cursor, newest_first=wanted.newest_first)
            )
    page = paged(
        found, cursor=wanted.cursor, newest_first=wanted.newest_first,
        edge=lambda tip: (tip.received_on, tip.id),
    )  # fmt: skip
    return Page(rows=_described(acting, page.rows), before=page.before, after=page.after)


def urgent_tips(acting: Acting) -> list[InboxRow]:
    """Urgent tips nobody has decided on yet, those that wait longest first."""
    query = (
        select(Tip)
        .where(Tip.desk.in_(desks_of(acting)), Tip.state.in_(STATES[Tray.TRIAGE]), Tip.urgent == true())
        .order_by(Tip.received_on, Tip.id)
        .limit(URGENT_SHOWN)
    )
    return _described(acting, acting.session.scalars(query).all())


def tray_counts(acting: Acting) -> dict[Tray, int]:
    """How many tips lie in the trays that stay small."""
    states = [state for tray in COUNTED for state in STATES[tray]]
    rows = acting.session.execute(
        select(Tip.state, func.count())
        .where(Tip.desk.in_(desks_of(acting)), Tip.state.in_(states))
        .group_by(Tip.state)
    )
    numbers = dict(rows.all())
    return {tray: sum(numbers.get(state, 0) for state in STATES[tray]) for tray in COUNTED}


def _narrowed(query: Select[Tip], wanted: Wanted) -> Select[Tip]:
    if wanted.category:
        query = query.where(Tip.category == wanted.category)
    if wanted.town_id is not None:
        query = query.where(Tip.town_id == wanted.town_id)
    return query


def _described(acting: Acting, tips: Sequence[Tip]) -> list[InboxRow]:
    ids = [tip.id for tip in tips]
    digests, damaged = _digests(acting, tips)
    clocks = deadlines.running(acting.session, ids) if ids else {}
    towns = _towns(acting, {tip.town_id for tip in tips if tip.town_id is not None})
    messages = _new_messages(acting, ids)
    return [
        InboxRow(
            id=tip.id,
            received_on=tip.received_on,
            urgent=tip.urgent,
            state=tip.state,
            category=tip.category,
            town=towns.get(tip.town_id) if tip.town_id else None,
            digest=digests.get(tip.id),
            due_at=_due(clocks.get(tip.id)),
            light=light_at(_due(clocks.get(tip.id)), clock=acting.clock),
            new_messages=messages.get(tip.id, 0),
            damaged=tip.id in damaged,
        )
        for tip in tips
    ]


def _digests(acting: Acting, tips: Sequence[Tip]) -> tuple[dict[uuid.UUID, Digest], set[uuid.UUID]]:
    """What each tip says, and those that cannot be read any more: one bad row must not hide the others."""
    # Everything the unopened ones need comes in two queries; ``read_digest`` then finds it at hand, as long
    # as the rows are held here (a session holds its rows weakly).
    unopened = [tip.statement_id for tip in tips if tip.digest is None]
    at_hand = acting.session.scalars(select(SealedObject).where(SealedObject.id.in_(unopened))).all()
    acting.keyring.file_keys(acting.session, (row.id for row in at_hand))
    found: dict[uuid.UUID, Digest] = {}
    damaged: set[uuid.UUID] = set()
    for tip in tips:
        try:
            found[tip.id] = read_digest(acting, tip)
        except KeyLocked:
            continue
        except (Tampered, NotHere):
            damaged.add(tip.id)
    return found, damaged


def _due(clock: Deadline | None) -> datetime | None:
    return None if clock is None else clock.due_at


def _towns(acting: Acting, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Unit]:
    if not ids:
        return {}
    return {unit.id: unit for unit in acting.session.scalars(select(Unit).where(Unit.id.in_(ids)))}


def _new_messages(acting: Acting, ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, int]:
    if not ids:
        return {}
    rows = acting.session.execute(
        select(Message.tip_id, func.count())
        .where(Message.tip_id.in_(ids), Message.read_by_office.is_(False))
        .group_by(Message.tip_id)
    )
    return dict(rows.all())

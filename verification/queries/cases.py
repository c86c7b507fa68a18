"""Cases as their readers see them: the ledger, paged by key, and one case opened whole.

Only cases whose key the reader holds are listed; the number of queries does not depend on the number of rows.
Source: 3-architecture rules 5 and 7; 1-mission journey 3–8.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, exists, not_, select
from sqlalchemy.orm import aliased

from portal.models import KeyPurpose, Priority, RecipientKey, Tip
from verification.domain.acting import Acting
from verification.keys.records import open_whole_records
from verification.models import (
    Case,
    CaseSource,
    CaseState,
    CaseType,
    CaseUnit,
    KeyWrap,
    Unit,
)
from verification.policy import deadlines
from verification.policy.deadlines import Light
from verification.policy.embargo import SHOWN_STATE, hidden_from
from verification.policy.recusal import recused_cases
from verification.queries.lights import light_at
from verification.queries.paging import Cursor, Page, beyond, paged

COULD_NOT_OPEN = _l("Could not be opened")


class Shelf(StrEnum):
    """The ledger's tabs."""

    OPEN = "open"
    DOCKETING = "docketing"
    VERIFYING = "verifying"
    CONCLUDING = "concluding"
    RECTIFYING = "rectifying"
    ASSIGNED = "assigned"
    CLOSED = "closed"


C = CaseState
STATES: dict[Shelf, tuple[CaseState, ...]] = {
    Shelf.OPEN: tuple(state for state in CaseState if state is not CaseState.CLOSED),
    Shelf.DOCKETING: (C.DRAFT, C.PROPOSED),
    Shelf.VERIFYING: (C.DOCKETED, C.PLAN_PROPOSED, C.PLANNED, C.VERIFYING),
    Shelf.CONCLUDING: (C.CONCLUDING, C.CONCLUSION_PROPOSED, C.CONCLUDED),
    Shelf.RECTIFYING: (C.DELIVERED, C.RECTIFYING),
    Shelf.ASSIGNED: (C.ASSIGNED, C.SETTLED),
    Shelf.CLOSED: (C.CLOSED,),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to list."""

    shelf: Shelf
    category: str = ""
    unit_id: uuid.UUID | None = None
    cursor: Cursor | None = None


@dataclass(frozen=True, slots=True, repr=False)
class CaseRow:
    """One case in the ledger."""

    id: uuid.UUID
    number: str | None
    title: str
    case_type: CaseType
    source: CaseSource
    state: CaseState
    priority: Priority
    category: str
    opened_on: date
    units: list[Unit]
    due_at: datetime | None
    light: Light | None


def holder_keys(acting: Acting) -> list[uuid.UUID]:
    """Keys through which this person reads cases: their own, and the desk's where they hold it."""
    desk_keys = acting.session.scalars(
        select(RecipientKey.id).where(RecipientKey.purpose.in_((KeyPurpose.DESK, KeyPurpose.ALTERNATE)))
    ).all()
    held = [key for key in desk_keys if acting.keyring.holds(acting.session, key)]
    return [acting.keyring.staff_key_id, *held]


def readable(acting: Acting) -> ColumnElement[bool]:
    """Cases whose key is wrapped to this person or their desk, and that they need not keep away from."""
    wrapped = exists().where(KeyWrap.key_id == Case.key_id, KeyWrap.holder_key_id.in_(holder_keys(acting)))
    return and_(wrapped, not_(recused_cases(acting.staff_id)))


def list_cases(acting: Acting, wanted: Wanted) -> Page[CaseRow]:
    """One page of a shelf, newest first."""
    mine = readable(acting)
    found: list[Case] = []
    for state in STATES[wanted.shelf]:
        # One range of the index for each state, as in the inbox.
        query = select(Case).where(Case.state == state, mine)
        if wanted.category:
            query = query.where(Case.category == wanted.category)
        if wanted.unit_id is not None:
            of_unit = aliased(CaseUnit)
            query = query.where(exists().where(of_unit.case_id == Case.id, of_unit.unit_id == wanted.unit_id))
        found += acting.session.scalars(
            beyond(query, Case.opened_on, Case.id, cursor=wanted.cursor, newest_first=True)
        )
    page = paged(found, cursor=wanted.cursor, newest_first=True, edge=lambda case: (case.opened_on, case.id))
    return Page(rows=case_rows(acting, page.rows), before=page.before, after=page.after)


def case_rows(acting: Acting, cases: Sequence[Case]) -> list[CaseRow]:
    """These cases as a list shows them, in order."""
    ids = [case.id for case in cases]
    titles = listed_titles(acting, cases)
    clocks = deadlines.running(acting.session, ids) if ids else {}
    units = units_by_case(acting, ids)
    secret = select(Case.id).where(Case.id.in_(ids), hidden_from(acting.staff_id))
    hidden = set(acting.session.scalars(secret)) if ids else set()
    return [
        CaseRow(
            id=case.id,
            number=case.number,
            title=titles[case.id],
            case_type=case.case_type,
            source=case.source,
            state=SHOWN_STATE if case.id in hidden else case.state,
            priority=case.priority,
            category=case.category,
            opened_on=case.opened_on,
            units=units.get(case.id, []),
            due_at=clocks[case.id].due_at if case.id in clocks else None,
            light=light_at(clocks[case.id].due_at, clock=acting.clock) if case.id in clocks else None,
        )
        for case in cases
    ]


def titles_of(acting: Acting, cases: Sequence[Case]) -> dict[uuid.UUID, str]:
    """Titles from the sealed briefs. Raises KeyLocked where one of them is not this person's."""
    if not cases:
        return {}
    acting.keyring.learn(acting.session, (case.key_id for case in cases))
    records = acting.open_all(case.brief_id for case in cases)
    return {case.id: str(records[case.brief_id]["title"]) for case in cases}


def listed_titles(acting: Acting, cases: Sequence[Case]) -> dict[uuid.UUID, str]:
    """Titles for a list of cases that are this person's: one that does not open says so, all others show."""
    acting.keyring.learn(acting.session, (case.key_id for case in cases))
    briefs = (case.brief_id for case in cases)
    records = open_whole_records(acting.session, briefs, keyring=acting.keyring)
    return {
        case.id: str(records[case.brief_id]["title"]) if case.brief_id in records else str(COULD_NOT_OPEN)
        for case in cases
    }


def units_by_case(acting: Acting, case_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Unit]]:
    """Inspected units of each case, by code, in one query."""
    if not case_ids:
        return {}
    rows = acting.session.execute(
        select(CaseUnit.case_id, Unit)
        .join(Unit, Unit.id == CaseUnit.unit_id)
        .where(CaseUnit.case_id.in_(case_ids))
        .order_by(Unit.code)
    )
    found: dict[uuid.UUID, list[Unit]] = {}
    for case_id, unit in rows:
        found.setdefault(case_id, []).append(unit)
    return found


def tips_of(acting: Acting, case_id: uuid.UUID) -> list[Tip]:
    """Tips of a case that this person may open: none for anybody but their desk."""
    query = select(Tip).where(Tip.case_id == case_id).order_by(Tip.received_on, Tip.id)
    return [
        tip for tip in acting.session.scalars(query) if acting.keyring.holds(acting.session, tip.desk_key_id)
    ]

"""Obstruction and retaliation as pages show them: of a task, of a tip, of a case, and the office's list.

A constant number of queries for each. Source: issue 4 "Obstruction and retaliation".
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import and_, exists, or_, select

from portal.models import Tip
from verification.domain.acting import Acting
from verification.models import Case, FieldRecord, Interference
from verification.policy.embargo import hidden_from
from verification.queries.cases import readable
from verification.queries.inbox import desks_of

SHOWN = 200


@dataclass(frozen=True, slots=True)
class InterferenceRow:
    """One of them. from_case, tip_id: where it came from, as far as this person reads that."""

    row: Interference
    number: str | None
    case_id: uuid.UUID | None
    from_case: uuid.UUID | None
    tip_id: uuid.UUID | None


def of_records(acting: Acting, record_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Interference]:
    """By field record."""
    query = select(Interference).where(Interference.record_id.in_(record_ids))
    return {row.record_id: row for row in acting.session.scalars(query) if row.record_id}


def of_tip(acting: Acting, tip_id: uuid.UUID) -> list[Interference]:
    """What an informant reported, in order."""
    query = select(Interference).where(Interference.tip_id == tip_id)
    return list(acting.session.scalars(query.order_by(Interference.noted_on, Interference.id)))


def source_of(acting: Acting, case_id: uuid.UUID) -> InterferenceRow | None:
    """What a case is about, if it was opened about one of them."""
    query = select(Interference).where(Interference.case_id == case_id)
    row = acting.session.scalars(query).one_or_none()
    return None if row is None else _rows(acting, [row])[0]


def list_interference(acting: Acting) -> list[InterferenceRow]:
    """Those that this person may know of, what has no case yet first: from a case or a tip that they read."""
    mine = and_(Case.id == FieldRecord.case_id, readable(acting), ~hidden_from(acting.staff_id))
    from_case = exists().where(FieldRecord.id == Interference.record_id, mine)
    from_tip = exists().where(Tip.id == Interference.tip_id, Tip.desk.in_(desks_of(acting)))
    opened = exists().where(Case.id == Interference.case_id, readable(acting))
    query = (
        select(Interference)
        .where(or_(from_case, from_tip, opened))
        .order_by(Interference.case_id.is_not(None), Interference.noted_on.desc(), Interference.id)
        .limit(SHOWN)
    )
    return _rows(acting, list(acting.session.scalars(query)))


def _rows(acting: Acting, rows: list[Interference]) -> list[InterferenceRow]:
    session = acting.session
    records = select(FieldRecord.id, FieldRecord.case_id).where(
        FieldRecord.id.in_([row.record_id for row in rows if row.record_id])
    )
    case_of = dict(session.execute(records).all())
    wanted = {row.case_id for row in rows if row.case_id} | set(case_of.values())
    numbers = select(Case.id, Case.number).where(Case.id.in_(wanted), readable(acting))
    readables = dict(session.execute(numbers).all())
    tips = select(Tip.id).where(
        Tip.id.in_([row.tip_id for row in rows if row.tip_id]), Tip.desk.in_(desks_of(acting))
    )
    open_tips = set(session.scalars(tips))
    return [
        InterferenceRow(
            row=row,
            number=readables.get(row.case_id) if row.case_id else None,
            case_id=row.case_id if row.case_id in readables else None,
            from_case=_known(case_of.get(row.record_id) if row.record_id else None, readables),
            tip_id=row.tip_id if row.tip_id in open_tips else None,
        )
        for row in rows
    ]


def _known(case_id: uuid.UUID | None, readables: Collection[uuid.UUID]) -> uuid.UUID | None:
    return case_id if case_id in readables else None

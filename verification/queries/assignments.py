"""The light path as pages show it: programmes, what waits to be checked, one assignment, a unit's own.

A constant number of queries for each. Source: 2-domain §2a; issue 4 "The light path".
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from verification.domain.acting import Acting
from verification.domain.findings import ReadAllegation, read_allegations
from verification.domain.replies import ReadReply, flags_against, read_replies
from verification.keys.records import open_whole_records
from verification.models import (
    Assignment,
    AssignmentState,
    Case,
    Deadline,
    Programme,
    Staff,
    Unit,
)
from verification.policy.deadlines import Light
from verification.policy.replies import Flagged
from verification.queries.cases import COULD_NOT_OPEN, CaseRow, case_rows, readable
from verification.queries.exhibits import ExhibitView, exhibits_of_case
from verification.queries.lights import light_at

SHOWN = 50
TO_CHECK = (AssignmentState.REPLIED, AssignmentState.HANDED_BACK)
UNITS_TURN = (AssignmentState.ISSUED, AssignmentState.SIGNED, AssignmentState.RETURNED)


@dataclass(frozen=True, slots=True, repr=False)
class AssignmentCard:
    """One assignment in a list."""

    row: Assignment
    number: str | None
    title: str
    unit: Unit
    due_at: datetime | None
    light: Light | None


@dataclass(frozen=True, slots=True, repr=False)
class AssignmentView:
    """One assignment opened. note: why it was handed back, or the ruling on it."""

    card: AssignmentCard
    case: Case
    text: str
    ask: str
    questions: dict[uuid.UUID, str]
    note: str
    replies: list[ReadReply]
    names: dict[uuid.UUID, str]


@dataclass(frozen=True, slots=True, repr=False)
class Checking:
    """What a supervisor compares: the allegations as they stand, the proofs, and what speaks against."""

    allegations: list[ReadAllegation]
    proofs: list[ExhibitView]
    flags: list[Flagged]


@dataclass(frozen=True, slots=True, repr=False)
class ProgrammeRow:
    """A standing programme, its case as the ledger shows it, and how many leads move under it."""

    row: Programme
    case: CaseRow
    running: int
    done: int


def programmes(acting: Acting) -> list[ProgrammeRow]:
    """Every programme this person can read, those that end last first."""
    session = acting.session
    rows = session.execute(
        select(Programme, Case)
        .join(Case, Case.id == Programme.case_id)
        .where(readable(acting))
        .order_by(Programme.ends_on.desc(), Programme.case_id)
        .limit(SHOWN)
    ).all()
    cases = {card.id: card for card in case_rows(acting, [case for _programme, case in rows])}
    counted = session.execute(
        select(Assignment.programme_id, Assignment.state, func.count())
        .where(Assignment.programme_id.in_(list(cases)))
        .group_by(Assignment.programme_id, Assignment.state)
    ).all()
    done: dict[uuid.UUID, int] = {}
    running: dict[uuid.UUID, int] = {}
    for programme_id, state, count in counted:
        if state is AssignmentState.ACCEPTED:
            done[programme_id] = done.get(programme_id, 0) + count
        elif state is not AssignmentState.WITHDRAWN:
            running[programme_id] = running.get(programme_id, 0) + count
    return [
        ProgrammeRow(programme, cases[case.id], running=running.get(case.id, 0), done=done.get(case.id, 0))
        for programme, case in rows
    ]


def assignments_of(acting: Acting, case_id: uuid.UUID) -> list[AssignmentCard]:
    """Assignments of a case, the newest first."""
    query = select(Assignment).where(Assignment.case_id == case_id)
    return cards_of(acting, acting.session.scalars(query.order_by(Assignment.issued_at.desc())).all())


def waiting_assignments(acting: Acting) -> list[AssignmentCard]:
    """Replies to check and hand-backs to rule on, those due first first."""
    query = (
        select(Assignment)
        .join(Case, Case.id == Assignment.case_id)
        .where(Assignment.state.in_(TO_CHECK), readable(acting))
        .order_by(Assignment.due_on, Assignment.id)
        .limit(SHOWN)
    )
    return cards_of(acting, acting.session.scalars(query).all())


def assignments_for_unit(acting: Acting, unit_id: uuid.UUID) -> list[AssignmentCard]:
    """What a unit was assigned, its open ones first, by date."""
    query = select(Assignment).where(
        Assignment.unit_id == unit_id, Assignment.state != AssignmentState.WITHDRAWN
    )
    return cards_of(acting, acting.session.scalars(query.order_by(Assignment.due_on, Assignment.id)).all())


def cards_of(acting: Acting, rows: Sequence[Assignment]) -> list[AssignmentCard]:
    """These assignments as a list shows them; the title is what the unit was told."""
    if not rows:
        return []
    session = acting.session
    units = select(Unit).where(Unit.id.in_({row.unit_id for row in rows}))
    by_id = {unit.id: unit for unit in session.scalars(units)}
    numbers = select(Case.id, Case.number).where(Case.id.in_({row.case_id for row in rows}))
    number_of = dict(session.execute(numbers).all())
    bodies = open_whole_records(session, (row.body_id for row in rows), keyring=acting.keyring)
    clocks = session.scalars(
        select(Deadline)
        .where(Deadline.subject_id.in_([row.id for row in rows]), Deadline.met_on.is_(None))
        .order_by(Deadline.due_at.desc())
    )
    due = {clock.subject_id: clock.due_at for clock in clocks}
    return [
        AssignmentCard(
            row=row,
            number=number_of.get(row.case_id),
            title=_title(bodies.get(row.body_id)),
            unit=by_id[row.unit_id],
            due_at=due.get(row.id),
            light=_light(acting, row, due.get(row.id)),
        )
        for row in rows
    ]


def view_assignment(acting: Acting, row: Assignment) -> AssignmentView:
    """One assignment, for whoever can read its case or holds its unit's key. Raises KeyLocked."""
    session = acting.session
    body = acting.open(row.body_id)
    replies = read_replies(acting, row)
    people = {row.issued_by, row.signed_by, row.checked_by, *(one.row.replied_by for one in replies)}
    names = select(Staff.id, Staff.name).where(Staff.id.in_(people - {None}))
    return AssignmentView(
        card=cards_of(acting, [row])[0],
        case=session.get_one(Case, row.case_id),
        text=str(body["text"]),
        ask=str(body["ask"]),
        questions={uuid.UUID(one["id"]): str(one["text"]) for one in body["questions"]},
        note="" if row.note_id is None else str(acting.open(row.note_id)["returned"]),
        replies=replies,
        names=dict(session.execute(names).all()),
    )


def checking_of(acting: Acting, view: AssignmentView) -> Checking:
    """What a supervisor compares before accepting a reply."""
    shown = {exhibit.object_id for reply in view.replies for exhibit in reply.proofs}
    exhibits = exhibits_of_case(acting, view.case.id) if shown else []
    return Checking(
        allegations=read_allegations(acting, view.case),
        proofs=[one for one in exhibits if one.object_id in shown],
        flags=flags_against(acting, view.card.row),
    )


def _title(body: dict[str, Any] | None) -> str:
    return str(COULD_NOT_OPEN) if body is None else str(body["title"])


def _light(acting: Acting, row: Assignment, due_at: datetime | None) -> Light | None:
    if due_at is None:
        return None
    return light_at(due_at, clock=acting.clock, returned=row.state is AssignmentState.RETURNED)

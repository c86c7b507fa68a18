"""Who keeps away from a case by now, with every reason; which requests wait for this person's decision.

A constant number of queries. Must not know: pages, words.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select

from verification.domain.acting import Acting
from verification.models import (
    Case,
    CaseUnit,
    InterestKind,
    RecusalRequest,
    RecusalState,
    Role,
    Staff,
    StaffRole,
    Unit,
)
from verification.policy.permissions import Permission
from verification.policy.recusal import conflicts_among, decided_away, kept_away, recused_from
from verification.queries.cases import listed_titles, readable

SHOWN = 50


@dataclass(frozen=True, slots=True)
class KeptAwayPerson:
    """One person and why: (kind of tie, unit) each, named by the informant, kept away by decision."""

    name: str
    ties: tuple[tuple[InterestKind | None, Unit], ...]
    named: bool
    decided: bool


@dataclass(frozen=True, slots=True, repr=False)
class WaitingRequest:
    """A request that waits for a decision, and the case it is in."""

    row: RecusalRequest
    title: str
    number: str | None


def who_keeps_away(acting: Acting, case_id: uuid.UUID) -> list[KeptAwayPerson]:
    """Everybody of the office's side who keeps away; the inspected units' liaisons are no part of it."""
    session = acting.session
    away = recused_from(session, case_id=case_id)
    units = {
        unit.id: unit
        for unit in session.scalars(
            select(Unit).join(CaseUnit, CaseUnit.unit_id == Unit.id).where(CaseUnit.case_id == case_id)
        )
    }
    people = session.scalars(
        select(Staff)
        .join(StaffRole, StaffRole.staff_id == Staff.id)
        .where(Staff.id.in_(away), Staff.active.is_(True), StaffRole.role != Role.LIAISON)
        .order_by(Staff.name)
    ).unique()
    ties = conflicts_among(session, staff_ids=away, units=units.keys())
    named, decided = kept_away(session, case_id=case_id), decided_away(session, case_id=case_id)
    return [
        KeptAwayPerson(
            name=person.name,
            ties=tuple((tie.kind, units[tie.unit_id]) for tie in ties.get(person.id, ())),
            named=person.id in named,
            decided=person.id in decided,
        )
        for person in people
    ]


def requests_to_decide(acting: Acting) -> list[WaitingRequest]:
    """Undecided requests of readable cases, the oldest first; about a director for heads alone."""
    if not acting.actor.may(Permission.RECUSAL_DECIDE):
        return []
    query = (
        select(RecusalRequest, Case)
        .join(Case, Case.id == RecusalRequest.case_id)
        .where(
            RecusalRequest.state == RecusalState.ASKED,
            RecusalRequest.staff_id != acting.staff_id,
            readable(acting),
        )
        .order_by(RecusalRequest.made_on, RecusalRequest.id)
        .limit(SHOWN)
    )
    found = [(row, case) for row, case in acting.session.execute(query)]
    titles = listed_titles(acting, list({case.id: case for _row, case in found}.values()))
    return [WaitingRequest(row=row, title=titles[case.id], number=case.number) for row, case in found]

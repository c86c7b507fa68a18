"""Standing programmes (日常督办): docketed once with scope, objects and term; ordinary leads move under them.

A programme is a case like any other until its plan is approved; then leads are assigned under it.
Source: Reg. art. 11; 2-domain §2 "standing programme", §2a.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import select

from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.casework import Brief, CaseFrame, open_case
from verification.domain.inputs import Inputs
from verification.models import Case, CaseSource, CaseType, Programme
from verification.policy.codes import CATEGORIES
from verification.workflow.facts import Facts
from verification.workflow.guards_assign import programme_covers_lead, programme_runs
from verification.workflow.states import Action, SubjectKind


@dataclass(frozen=True, slots=True)
class Term:
    """From when to when leads move under a programme, both days included, and which (none: all)."""

    starts_on: date | None
    ends_on: date | None
    categories: tuple[str, ...] = ()


def open_programme(acting: Acting, *, brief: Brief, frame: CaseFrame, term: Term) -> Case:
    """Write a programme; it is then proposed, docketed and planned like any case.

    Raises InvalidInput (title, brief, allegations, units, starts_on, ends_on, categories).
    """
    inputs = Inputs()
    starts = inputs.day("starts_on", term.starts_on, today=acting.sealing.day)
    ends = inputs.day("ends_on", term.ends_on, today=acting.sealing.day, least=starts)
    inputs.all_among("categories", term.categories, CATEGORIES)
    inputs.done()
    case = open_case(
        acting,
        tips=(),
        brief=brief,
        frame=replace(frame, case_type=CaseType.ROUTINE),
        source=CaseSource.PLAN,
    )
    acting.session.add(
        Programme(case_id=case.id, starts_on=starts, ends_on=ends, categories=list(term.categories))
    )
    acting.session.flush()
    acting.trace(Event.PROGRAMME_OPENED, subject_kind="case", subject_id=case.id)
    return case


def end_programme(acting: Acting, *, case_id: uuid.UUID, version: int) -> Case:
    """End a programme under which nothing is being handled any more."""
    case: Case = acting.apply(SubjectKind.CASE, case_id, Action.END_PROGRAMME, version=version)
    case.closed_at = acting.clock.now()
    return case


def programmes_for(acting: Acting, case: Case) -> Sequence[Programme]:
    """Programmes that run today and cover this lead."""
    rows = acting.session.scalars(select(Programme).order_by(Programme.ends_on, Programme.case_id)).all()
    return [row for row in rows if _covers(acting, case, row)]


def _covers(acting: Acting, case: Case, programme: Programme) -> bool:
    given = {"programme": programme.case_id}
    facts = Facts(acting.session, case, acting.actor, acting.clock, acting.rules, given)
    return programme_runs(facts) is None and programme_covers_lead(facts) is None

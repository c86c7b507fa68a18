"""Locking a case before anything of it is read that an act rests on: the same first step for every verb.

``workflow.apply`` locks the row it changes. A verb that decides by a case's version or state outside of it
locks here first, because on PostgreSQL a row that was only read may be another's before it is written.
Whoever locks a case together with something of it (a task, an allegation, an item) locks the case first and
writes the trail last: in one order nobody waits in a circle. Must not know: pages, rules.
"""

from __future__ import annotations

import uuid
from typing import TypeAlias

from sqlalchemy import select

from verification.domain.acting import Acting
from verification.errors import NotHere, StaleSubject
from verification.models import (
    Allegation,
    Asking,
    Assignment,
    Case,
    Coordination,
    CoordinationPart,
    DerivedLead,
    Designation,
    Extension,
    Holding,
    LookBack,
    Measure,
    RectificationItem,
    RecusalRequest,
    Referral,
    Review,
    Task,
)
from verification.workflow.apply import FOR_CHANGE


def locked_case(acting: Acting, case_id: uuid.UUID, *, version: int | None = None) -> Case:
    """The case as it stands now; nobody else changes it until this transaction ends.

    version: the one that the page was loaded with; None where ``apply`` compares it later, or where the act
    only adds something. Raises NotHere, StaleSubject.
    """
    case = acting.session.get(Case, case_id, with_for_update=FOR_CHANGE, populate_existing=True)
    if case is None:
        raise NotHere
    if version is not None and case.version != version:
        raise StaleSubject(case.version)
    return case


OfCase: TypeAlias = (
    type[Task]
    | type[Allegation]
    | type[RectificationItem]
    | type[Review]
    | type[Assignment]
    | type[Referral]
    | type[Measure]
    | type[RecusalRequest]
    | type[Asking]
    | type[Designation]
    | type[Holding]
    | type[DerivedLead]
    | type[Extension]
    | type[LookBack]
    | type[Coordination]
    | type[CoordinationPart]
)


def locked_case_of(acting: Acting, kind: OfCase, row_id: uuid.UUID) -> Case:
    """The case that a task, an allegation, an item or a paper of it belongs to, locked. Raises NotHere."""
    case_id = acting.session.scalar(select(kind.case_id).where(kind.id == row_id))
    if case_id is None:
        raise NotHere
    return locked_case(acting, case_id)

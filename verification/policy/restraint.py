"""How often a unit is inspected, whose duty a matter is, and what may not be called an inspection.

Finds; the guards decide. Planned inspections (comprehensive, special, routine) count against a unit's quota;
events and leads do not, or a unit could be sheltered by having been inspected often. Must not know: texts at
rest, pages. Source: Reg. art. 15; 2-domain §5 "duplicate inspections", "pushing a department's duty down".
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from verification.models import Case, CaseType, CaseUnit, Programme, Unit, UnitDuty, UnitKind
from verification.policy.codes import MISCONDUCT
from verification.policy.workdays import end_of

#: What an office plans by itself; the other two types answer to what has happened.
PLANNED = (CaseType.COMPREHENSIVE, CaseType.SPECIAL, CaseType.ROUTINE)
_YEAR = timedelta(days=365)

#: A department's own daily supervision, as such checks are titled.
_DAILY = re.compile(
    r"(日常|例行|常规|双随机)[^，。；,.;]{0,8}(检查|巡查|抽查|监管|执法)(工作|行动|活动|情况)?$"
    r"|\b(daily|routine) (check|inspection|supervision|patrol)s?$",
    re.IGNORECASE,
)


def inspections_within_a_year(session: Session, *, case: Case, today: date) -> dict[uuid.UUID, int]:
    """How many other planned inspections of each of this case's units were docketed in the last 365 days."""
    units = select(CaseUnit.unit_id).where(CaseUnit.case_id == case.id)
    query = (
        select(CaseUnit.unit_id, func.count())
        .join(Case, Case.id == CaseUnit.case_id)
        .where(
            CaseUnit.unit_id.in_(units),
            Case.id != case.id,
            Case.case_type.in_(PLANNED),
            Case.programme_id.is_(None),
            Case.docketed_at >= end_of(today - _YEAR),
            ~exists().where(Programme.case_id == Case.id),
        )
        .group_by(CaseUnit.unit_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def units_over_quota(session: Session, *, case: Case, today: date, quota: int) -> list[Unit]:
    """Units of a planned inspection that had their quota of them already; a programme visits nobody."""
    is_programme = session.get(Programme, case.id) is not None
    if case.case_type not in PLANNED or is_programme or case.programme_id is not None:
        return []
    counts = inspections_within_a_year(session, case=case, today=today)
    full = [unit_id for unit_id, count in counts.items() if count >= quota]
    return list(session.scalars(select(Unit).where(Unit.id.in_(full)).order_by(Unit.code)))


def duty_pushed_down(session: Session, *, case: Case) -> tuple[Sequence[Unit], Sequence[Unit]]:
    """Towns inspected alone over what the duty list gives to departments, and these departments; or neither.

    Where people are said to have done wrong, the wrong is their own, whoever's duty the matter is.
    """
    units = session.scalars(
        select(Unit).join(CaseUnit, CaseUnit.unit_id == Unit.id).where(CaseUnit.case_id == case.id)
    ).all()
    if case.category in MISCONDUCT or any(unit.kind is UnitKind.DEPARTMENT for unit in units):
        return (), ()
    responsible = session.scalars(
        select(Unit).join(UnitDuty, UnitDuty.unit_id == Unit.id).where(UnitDuty.category == case.category)
    ).all()
    own = {unit.id for unit in responsible}
    departments = [unit for unit in responsible if unit.kind is UnitKind.DEPARTMENT]
    towns = [unit for unit in units if unit.kind is UnitKind.TOWN and unit.id not in own]
    return (towns, departments) if towns and departments else ((), ())


def is_daily_check(title: str) -> bool:
    """Whether a title names a department's daily check rather than an inspection of the government."""
    return _DAILY.search(title.strip()) is not None

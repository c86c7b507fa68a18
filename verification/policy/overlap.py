"""Running and recent inspections of the same units, to keep duplicates away. Source: Reg. art. 15."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from verification.models import Case, CaseState, CaseUnit
from verification.policy.workdays import end_of


def overlapping_cases(session: Session, case: Case, *, today: date, window_days: int) -> list[Case]:
    """Docketed cases of the same category and a common unit that run now or closed within the window.

    window_days: how far back a closed one still counts (rule overlap-window).
    """
    units = select(CaseUnit.unit_id).where(CaseUnit.case_id == case.id)
    query = (
        select(Case)
        .join(CaseUnit, CaseUnit.case_id == Case.id)
        .where(
            Case.id != case.id,
            Case.docketed_at.is_not(None),
            Case.category == case.category,
            CaseUnit.unit_id.in_(units),
            or_(
                Case.state != CaseState.CLOSED,
                Case.closed_at >= end_of(today - timedelta(days=window_days)),
            ),
        )
        .order_by(Case.opened_on.desc())
        .distinct()
    )
    return list(session.scalars(query))

"""依法督查对照表: the line on coordination items. Must not know: words, pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from verification.models import CaseState, Coordination, CoordinationState
from verification.queries.compliance_steps import Step, StepCode
from verification.workflow.states import Action

_SETTLED = (CoordinationState.DONE, CoordinationState.CARRIED_ON)


def coordination_steps(counted: Callable[..., Step], session: Session, case_id: uuid.UUID) -> Iterator[Step]:
    """Items that are done or carried on, of all that were not taken back. counted: of the sheet."""
    rows = session.scalars(
        select(Coordination).where(
            Coordination.case_id == case_id, Coordination.state != CoordinationState.WITHDRAWN
        )
    ).all()
    if not rows:
        return
    settled = [row for row in rows if row.state in _SETTLED and row.agreed_by is not None]
    yield counted(
        StepCode.COORDINATED,
        ("coordination-agreed", "close-coordination"),
        len(settled),
        len(rows),
        CaseState.CLOSED,
        on=max((row.agreed_at for row in rows if row.agreed_at), default=None),
        people=[row.agreed_by for row in rows],
        paper=(Action.AGREE_COORDINATION, Action.CARRY_ON_COORDINATION),
    )

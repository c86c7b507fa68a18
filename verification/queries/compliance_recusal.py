"""Lines of the compliance sheet around a team: who keeps away, what rested on their work, what it holds."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from verification.models import Allegation, CaseState, FindingCheck, Holding, HoldingState, RecusalRequest
from verification.queries.compliance_steps import Step, StepCode
from verification.workflow.guards_recusal import unchecked_findings


def recusal_steps(session: Session, case_id: uuid.UUID, counted: Callable[..., Step]) -> Iterable[Step]:
    """The lines, where there is something to show. counted: makes one (``compliance.Sheet``)."""
    asked = session.scalars(select(RecusalRequest).where(RecusalRequest.case_id == case_id)).all()
    if asked:
        decided = [row.decided_by for row in asked if row.decided_by is not None]
        yield counted(
            StepCode.RECUSED, ("csl-77", "recusal-director"), len(decided), len(asked), CaseState.CONCLUDED,
            people=decided,
        )  # fmt: skip
    held = session.scalars(
        select(Holding).where(Holding.case_id == case_id, Holding.received_on.is_not(None))
    ).all()
    if held:
        settled = [row for row in held if row.state is not HoldingState.HELD]
        yield counted(
            StepCode.GIVEN_BACK, ("material-returned",), len(settled), len(held), CaseState.CLOSED,
            people=[row.ended_by for row in settled],
        )  # fmt: skip
    checks = session.scalars(
        select(FindingCheck.checked_by)
        .join(Allegation, Allegation.id == FindingCheck.allegation_id)
        .where(Allegation.case_id == case_id)
    ).all()
    needed = len(checks) + len(unchecked_findings(session, case_id=case_id))
    if needed:
        yield counted(
            StepCode.RECHECKED, ("recusal-work",), len(checks), needed, CaseState.CONCLUDED, people=checks
        )

"""依法督查对照表 of a lead on the light path: the programme that covers it, the unit's reply, the check.

Source: 2-domain §2a; issue 4 "The compliance sheet", "The light path".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from sqlalchemy import select

from verification.domain.acting import Acting
from verification.models import Assignment, AssignmentReply, AssignmentState, Case, CaseState, Exhibit, Plan
from verification.queries.compliance import Sheet
from verification.queries.compliance_steps import Step, StepCode


def light_steps_of(acting: Acting, case: Case) -> list[Step]:
    """Every step of a lead that was assigned to a unit, in order, for whoever may read it."""
    return _LightSheet(acting.session, case).steps()


class _LightSheet(Sheet):
    """The same sheet for the shorter way."""

    order: ClassVar[tuple[CaseState, ...]] = (
        CaseState.DRAFT,
        CaseState.ASSIGNED,
        CaseState.SETTLED,
        CaseState.CLOSED,
    )

    def steps(self) -> list[Step]:
        """All lines."""
        self._learn_names()
        asked = self._session.scalars(
            select(Assignment).where(
                Assignment.case_id == self._case.id, Assignment.state != AssignmentState.WITHDRAWN
            )
        ).all()
        return [
            *self._matter(CaseState.ASSIGNED),
            self._covered(),
            *self._asked(list(asked)),
            *self._found(CaseState.SETTLED),
            *self._ending(),
        ]

    def _covered(self) -> Step:
        session, programme_id = self._session, self._case.programme_id
        programme = session.get_one(Case, programme_id)
        plan = session.scalars(
            select(Plan)
            .where(Plan.case_id == programme_id, Plan.approved_at.is_not(None))
            .order_by(Plan.number.desc())
            .limit(1)
        ).first()
        return self._step(
            StepCode.COVERED, ("reg-11-2", "programme-covers"),
            programme.docketed_at is not None and plan is not None, CaseState.ASSIGNED,
            on=programme.docketed_at,
            people=[programme.docketed_by, plan.approved_by if plan else None],
        )  # fmt: skip

    def _asked(self, asked: list[Assignment]) -> Iterable[Step]:
        replies = select(AssignmentReply.assignment_id, AssignmentReply.id).where(
            AssignmentReply.assignment_id.in_([row.id for row in asked])
        )
        replied = self._session.execute(replies).all()
        shown = set(
            self._session.scalars(
                select(Exhibit.reply_id).where(Exhibit.reply_id.in_([row.id for row in replied]))
            )
        )
        proven = {row.assignment_id for row in replied if row.id in shown}
        yield self._step(
            StepCode.ASSIGNED, ("assign-unconflicted", "pet-30"), bool(asked), CaseState.ASSIGNED,
            on=min((row.issued_at for row in asked), default=None), people=[row.issued_by for row in asked],
        )  # fmt: skip
        signed = [row for row in asked if row.signed_at is not None]
        yield self._counted(
            StepCode.SIGNED_FOR, ("clock-assign-sign",), len(signed), len(asked), CaseState.SETTLED,
            people=[row.signed_by for row in signed],
        )  # fmt: skip
        yield self._counted(
            StepCode.REPLIED, ("assign-answered", "assign-proof"), len(proven), len(asked), CaseState.SETTLED
        )
        checked = [row for row in asked if row.checked_at is not None]
        yield self._counted(
            StepCode.CHECKED, ("reply-checked", "reply-flagged"), len(checked), len(asked), CaseState.SETTLED,
            on=max((row.checked_at for row in checked if row.checked_at), default=None),
            people=[row.checked_by for row in checked],
        )  # fmt: skip

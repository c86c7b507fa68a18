"""How a line of the compliance sheet is made: from what is met, when it was due, who did it, on what paper.

Must not know: which lines there are. Source: issue 4 "The compliance sheet".
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.clock import CIVIL_ZONE
from verification.models import Case, CaseState, Conclusion, PaperAct, Plan, Staff
from verification.queries.compliance_steps import Met, Step, StepCode
from verification.workflow.states import Action


class Lines:
    """One case, and how its lines are made. ``order``: a case's states on the way of this sheet."""

    order: ClassVar[tuple[CaseState, ...]] = tuple(
        state for state in CaseState if state not in (CaseState.ASSIGNED, CaseState.SETTLED)
    )

    def __init__(self, session: Session, case: Case) -> None:
        self._session = session
        self._case = case
        self._plan = session.scalars(
            select(Plan).where(Plan.case_id == case.id).order_by(Plan.number.desc()).limit(1)
        ).first()
        self._conclusion = session.scalars(
            select(Conclusion)
            .where(Conclusion.case_id == case.id)
            .order_by(Conclusion.number.desc())
            .limit(1)
        ).first()
        self._papers = {
            paper.action: paper
            for paper in session.scalars(
                select(PaperAct)
                .where(PaperAct.case_id == case.id, PaperAct.confirmed_at.is_not(None))
                .order_by(PaperAct.confirmed_at)
            )
        }
        self._names: dict[uuid.UUID, str] = {}

    def _step(
        self,
        code: StepCode,
        rules: tuple[str, ...],
        is_met: bool,
        due: CaseState,
        *,
        on: date | datetime | None = None,
        people: Sequence[uuid.UUID | None] = (),
        paper: Sequence[Action] = (),
    ) -> Step:
        """due: from this state on, what is not met is missing."""
        return Step(
            code,
            rules,
            self._judged(is_met, due),
            on=on,
            people=self._named(people),
            paper_id=self._paper_of(paper),
        )

    def _counted(
        self,
        code: StepCode,
        rules: tuple[str, ...],
        done: int,
        needed: int,
        due: CaseState,
        *,
        on: date | datetime | None = None,
        people: Sequence[uuid.UUID | None] = (),
        paper: Sequence[Action] = (),
    ) -> Step:
        met = self._judged(done == needed, due)
        if needed == 0:
            met = Met.NOT_NEEDED if self._is_past(due) else Met.NOT_YET
        return Step(
            code,
            rules,
            met,
            on=on,
            people=self._named(people),
            done=done,
            needed=needed,
            paper_id=self._paper_of(paper),
        )

    def _paper_of(self, actions: Sequence[Action]) -> uuid.UUID | None:
        return next((self._papers[one.value].id for one in actions if one.value in self._papers), None)

    def _docketed_on(self) -> date | None:
        for action in (Action.APPROVE_DOCKETING, Action.DOCKET_BY_INSTRUCTION):
            if action.value in self._papers:
                return self._papers[action.value].signed_on
        return None if self._case.docketed_at is None else civil_date(self._case.docketed_at)

    def _judged(self, is_met: bool, due: CaseState) -> Met:
        if is_met:
            return Met.DONE
        return Met.MISSING if self._is_past(due) else Met.NOT_YET

    def _is_past(self, due: CaseState) -> bool:
        return self.order.index(self._case.state) >= self.order.index(due)

    def _named(self, people: Sequence[uuid.UUID | None]) -> tuple[str, ...]:
        return tuple(self._names[one] for one in dict.fromkeys(people) if one is not None)

    def _learn_names(self) -> None:
        rows = self._session.execute(select(Staff.id, Staff.name))
        self._names = {row.id: row.name for row in rows}


def civil_date(moment: datetime) -> date:
    return moment.astimezone(CIVIL_ZONE).date()

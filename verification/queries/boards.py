"""What waits for one person: proposals to decide, papers to confirm, identities to agree on, work to do.

Each board is short and its number of queries constant. Source: issue 2 "the head approves or returns it".
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select

from portal.clock import civil_day
from portal.models import OutboxRow, Tip
from verification.domain.acting import Acting
from verification.keys.records import open_whole_records
from verification.models import (
    UNITS_TURN,
    Assignment,
    AssignmentState,
    Case,
    CaseState,
    Deadline,
    IdentityOpening,
    ItemState,
    PaperAct,
    Plan,
    Programme,
    RectificationItem,
    Staff,
    Task,
    TaskMember,
    TaskState,
)
from verification.policy.embargo import hidden_from
from verification.policy.permissions import Permission
from verification.policy.recusal import recused_cases
from verification.policy.workdays import end_of
from verification.queries.cases import COULD_NOT_OPEN, CaseRow, case_rows, listed_titles, readable
from verification.queries.inbox import STATES, Tray, desks_of

SHOWN = 50
SEEN = 500


@dataclass(frozen=True, slots=True, repr=False)
class PaperView:
    """A recorded paper that waits for a second person. ``mine``: this person recorded it.

    cases: how many of them it dockets together.
    """

    row: PaperAct
    title: str
    number: str | None
    signed_by: str
    recorded_by: str
    mine: bool
    cases: int = 1


@dataclass(frozen=True, slots=True, repr=False)
class OpeningRow:
    """A request to open an identity that waits for this person's key."""

    row: IdentityOpening
    asked_by: str
    reason: str


@dataclass(frozen=True, slots=True, repr=False)
class TaskRow:
    """A task of this person's team."""

    row: Task
    title: str


#: Proposals by who decides them: permission, and the state that waits for it.
DECISIONS: dict[Permission, CaseState] = {
    Permission.DOCKET_APPROVE: CaseState.PROPOSED,
    Permission.CASE_ENDORSE: CaseState.PROPOSED,
    Permission.PLAN_APPROVE: CaseState.PLAN_PROPOSED,
    Permission.CONCLUSION_APPROVE: CaseState.CONCLUSION_PROPOSED,
}
#: What a supervisor has to go on with.
SUPERVISOR_STEPS = (CaseState.DRAFT, CaseState.DOCKETED, CaseState.PLANNED, CaseState.CONCLUDED)


def _standing() -> ColumnElement[bool]:
    """A programme with its plan: nothing is left to do on it but to assign leads under it."""
    return and_(Case.state == CaseState.PLANNED, exists().where(Programme.case_id == Case.id))


def _amended() -> ColumnElement[bool]:
    """A team is out, and the next version of its plan waits."""
    waits = (Plan.approved_at.is_(None), Plan.returned_at.is_(None))
    return and_(Case.state == CaseState.VERIFYING, exists().where(Plan.case_id == Case.id, *waits))


def cases_in(acting: Acting, states: Sequence[CaseState]) -> list[CaseRow]:
    """Readable cases in these states, those open longest first."""
    query = (
        select(Case)
        .where(
            Case.state.in_(states), readable(acting), not_(_standing()), not_(hidden_from(acting.staff_id))
        )
        .order_by(Case.opened_on, Case.id)
        .limit(SHOWN)
    )
    return case_rows(acting, acting.session.scalars(query).all())


def cases_to_decide(acting: Acting) -> list[CaseRow]:
    """Proposals that this person's permissions decide on; a deputy sees those not endorsed yet."""
    states = {state for permission, state in DECISIONS.items() if acting.actor.may(permission)}
    if not states:
        return []
    waiting: ColumnElement[bool] = Case.state.in_(states)
    if acting.actor.may(Permission.PLAN_APPROVE):
        waiting = or_(waiting, _amended())
    query = select(Case).where(waiting, readable(acting), not_(hidden_from(acting.staff_id)))
    if not acting.actor.may(Permission.DOCKET_APPROVE):
        query = query.where(or_(Case.state != CaseState.PROPOSED, Case.endorsed_by.is_(None)))
    query = query.order_by(Case.opened_on, Case.id).limit(SHOWN)
    return case_rows(acting, acting.session.scalars(query).all())


def papers_to_confirm(acting: Acting) -> list[PaperView]:
    """Recorded papers of readable cases that nobody has confirmed."""
    rows = acting.session.execute(
        select(PaperAct, Case)
        .join(Case, Case.id == PaperAct.case_id)
        .where(PaperAct.confirmed_at.is_(None), readable(acting), not_(hidden_from(acting.staff_id)))
        .order_by(PaperAct.recorded_at)
        .limit(SHOWN)
    )
    every = list(rows)
    counts = Counter(paper.list_id or paper.id for paper, _case in every)
    found = list({paper.list_id or paper.id: (paper, case) for paper, case in every}.values())
    titles = listed_titles(acting, list({case.id: case for _paper, case in found}.values()))
    people = {paper.signed_by for paper, _case in found} | {paper.recorded_by for paper, _case in found}
    names = _names(acting, people)
    return [
        PaperView(
            row=paper,
            title=titles[case.id],
            number=case.number,
            signed_by=names[paper.signed_by],
            recorded_by=names[paper.recorded_by],
            mine=paper.recorded_by == acting.staff_id,
            cases=counts[paper.list_id or paper.id],
        )
        for paper, case in found
    ]


def openings_to_agree(acting: Acting) -> list[OpeningRow]:
    """Identity openings that wait for the director's key, where this person holds it."""
    rows = acting.session.execute(
        select(IdentityOpening, Tip.director_key_id)
        .join(Tip, Tip.id == IdentityOpening.tip_id)
        .where(IdentityOpening.agreed_at.is_(None), IdentityOpening.asked_by != acting.staff_id)
        .order_by(IdentityOpening.asked_at)
        .limit(SHOWN)
    )
    mine = [opening for opening, key in rows if acting.keyring.holds(acting.session, key)]
    reasons = open_whole_records(
        acting.session, (opening.reason_object_id for opening in mine), keyring=acting.keyring
    )
    names = _names(acting, {opening.asked_by for opening in mine})
    return [
        OpeningRow(
            row=opening,
            asked_by=names[opening.asked_by],
            reason=_text(reasons.get(opening.reason_object_id)),
        )
        for opening in mine
    ]


def _text(record: dict[str, Any] | None) -> str:
    return str(COULD_NOT_OPEN) if record is None else str(record["text"])


def own_tasks(acting: Acting) -> list[TaskRow]:
    """Tasks of one's own teams that are not over, those due first first."""
    over = (TaskState.DONE, TaskState.WITHDRAWN)
    rows = acting.session.execute(
        select(Task, Case)
        .join(TaskMember, TaskMember.task_id == Task.id)
        .join(Case, Case.id == Task.case_id)
        .where(
            TaskMember.staff_id == acting.staff_id,
            Task.state.not_in(over),
            not_(recused_cases(acting.staff_id)),
        )
        .order_by(Task.due_on, Task.id)
        .limit(SHOWN)
    )
    found = [(task, case) for task, case in rows if acting.keyring.holds(acting.session, case.key_id)]
    titles = listed_titles(acting, list({case.id: case for _task, case in found}.values()))
    return [TaskRow(row=task, title=titles[case.id]) for task, case in found]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Tips of one's desks that must be decided on: late already, and by the end of today; at most SEEN."""

    overdue: int
    due_today: int


def tips_waiting(acting: Acting) -> Waiting:
    """Triage clocks that ran out or do so today; no more than SEEN are looked at."""
    triage_rules = [rule.id for rule in acting.rules.all() if rule.id.startswith("clock-triage")]
    query = (
        select(Deadline.due_at)
        .join(Tip, Tip.id == Deadline.subject_id)
        .where(
            Deadline.met_on.is_(None),
            Deadline.due_at <= end_of(civil_day(acting.clock)),
            Deadline.rule_id.in_(triage_rules),
            Tip.desk.in_(desks_of(acting)),
            Tip.state.in_(STATES[Tray.TRIAGE]),
        )
        .order_by(Deadline.due_at)
        .limit(SEEN)
    )
    moments = acting.session.scalars(query).all()
    now = acting.clock.now()
    return Waiting(overdue=sum(moment < now for moment in moments), due_today=len(moments))


def items_of_unit(acting: Acting, *, unit_id: uuid.UUID) -> int:
    """Rectification items a unit has to report on."""
    query = select(func.count()).where(
        RectificationItem.unit_id == unit_id,
        RectificationItem.state.in_(UNITS_TURN),
    )
    return acting.session.scalar(query) or 0


def assignments_of_unit(acting: Acting, *, unit_id: uuid.UUID) -> int:
    """Assignments a unit has to sign for or to reply to."""
    turn = (AssignmentState.ISSUED, AssignmentState.SIGNED, AssignmentState.RETURNED)
    query = select(func.count()).where(Assignment.unit_id == unit_id, Assignment.state.in_(turn))
    return acting.session.scalar(query) or 0


def items_to_sign(acting: Acting) -> int:
    """Verified items that name this person as their signer."""
    query = (
        select(func.count(RectificationItem.id))
        .join(Case, Case.id == RectificationItem.case_id)
        .where(
            RectificationItem.signer_id == acting.staff_id,
            RectificationItem.state == ItemState.VERIFIED,
            not_(recused_cases(acting.staff_id)),
        )
    )
    return acting.session.scalar(query) or 0


def dead_letters(acting: Acting) -> int:
    """Background work that was given up."""
    query = select(func.count()).select_from(OutboxRow).where(OutboxRow.dead.is_(True))
    return acting.session.scalar(query) or 0


def _names(acting: Acting, ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    rows = acting.session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(ids)))
    return dict(rows.all())

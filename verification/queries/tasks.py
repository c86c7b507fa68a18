"""The inspectors' queue and one task whole, opened in the session. Source: 1-mission "what do I do next".

Each list costs a constant number of queries, however many tasks. Must not know: pages, words.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import not_, select

from portal.models import Priority
from verification.domain.acting import Acting
from verification.domain.casework import read_brief
from verification.domain.fieldwork import ReadRecord, read_records
from verification.domain.findings import ReadAllegation, read_allegations
from verification.domain.offplan import approved_plan
from verification.models import (
    UNITS_TURN,
    Allegation,
    Case,
    CaseMaterial,
    CaseNote,
    CaseState,
    Deadline,
    FieldRecord,
    ItemState,
    NoteKind,
    Plan,
    RecordKind,
    RectificationItem,
    Staff,
    Task,
    TaskGuest,
    TaskMember,
    TaskState,
    Unit,
)
from verification.policy.deadlines import Light
from verification.policy.recusal import recused_cases, recused_members
from verification.policy.workdays import end_of
from verification.queries.cases import listed_titles, units_by_case
from verification.queries.exhibits import ExhibitView, exhibits_of_case
from verification.queries.files import FileView, view_material
from verification.queries.lights import light_at

OPEN = (TaskState.DISPATCHED, TaskState.CARRY, TaskState.FOLLOW, TaskState.FIX, TaskState.HANDED_BACK)

_ON_SITE = (RecordKind.VISIT, RecordKind.INTERVIEW)
#: Stages in which a team that is too small stands still.
_NEEDS_TWO = (TaskState.DISPATCHED, TaskState.CARRY, TaskState.FOLLOW, TaskState.FIX)
_DELIVERED = (CaseState.DELIVERED, CaseState.RECTIFYING, CaseState.CLOSED)


class NextStep(StrEnum):
    """What the team of a task does next."""

    SIGN = "sign"
    AWAIT_RULING = "await-ruling"
    AWAIT_MEMBER = "await-member"
    VISIT = "visit"
    FOLLOW = "follow"
    FIND = "find"
    WATCH = "watch"
    AWAIT_CONCLUSION = "await-conclusion"
    AWAIT_REPORT = "await-report"
    VERIFY_ITEM = "verify-item"
    AWAIT_SIGNER = "await-signer"
    FINISH = "finish"
    NOTHING = "nothing"


_FAR = datetime.max.replace(tzinfo=UTC)

#: What waits for somebody else; such tasks stand below those that wait for oneself.
WAITING = frozenset(
    {
        NextStep.AWAIT_RULING,
        NextStep.AWAIT_MEMBER,
        NextStep.AWAIT_CONCLUSION,
        NextStep.AWAIT_REPORT,
        NextStep.AWAIT_SIGNER,
        NextStep.NOTHING,
    }
)


@dataclass(frozen=True, slots=True)
class Progress:
    """What of a task is done, from coarse fields alone. short: recusal left fewer than a team needs."""

    state: TaskState
    case_state: CaseState
    on_site: bool
    allegations: int
    found: int
    items: Counter[ItemState]
    short: bool = False

    @property
    def next_step(self) -> NextStep:
        """What the team does next."""
        if self.short and self.state in _NEEDS_TWO:
            return NextStep.AWAIT_MEMBER
        match self.state:
            case TaskState.DISPATCHED:
                return NextStep.SIGN
            case TaskState.HANDED_BACK:
                return NextStep.AWAIT_RULING
            case TaskState.CARRY:
                return NextStep.FOLLOW if self.on_site else NextStep.VISIT
            case TaskState.FOLLOW:
                return NextStep.WATCH if self.found == self.allegations else NextStep.FIND
            case TaskState.FIX:
                return self._while_fixing()
        return NextStep.NOTHING

    def _while_fixing(self) -> NextStep:
        if self.case_state is CaseState.VERIFYING and self.found < self.allegations:
            return NextStep.FIND
        if self.case_state not in _DELIVERED:
            return NextStep.AWAIT_CONCLUSION
        if self.items[ItemState.REPORTED]:
            return NextStep.VERIFY_ITEM
        if any(self.items[state] for state in UNITS_TURN):
            return NextStep.AWAIT_REPORT
        return NextStep.AWAIT_SIGNER if self.items[ItemState.VERIFIED] else NextStep.FINISH


@dataclass(frozen=True, slots=True, repr=False)
class TaskCard:
    """A task in the queue. ``due_at``: what runs out first, and its light; None while the unit's items run.

    Verifying ends with the stage of watching the fix: from there on the items' own clocks count.
    """

    task: Task
    number: str | None
    priority: Priority
    title: str
    category: str
    units: tuple[Unit, ...]
    unannounced: bool
    progress: Progress
    due_at: datetime | None
    light: Light | None

    @property
    def next_step(self) -> NextStep:
        """What the team does next."""
        return self.progress.next_step

    @property
    def waits(self) -> bool:
        """Whether it waits for somebody else."""
        return self.next_step in WAITING


@dataclass(frozen=True, slots=True, repr=False)
class Member:
    """Somebody of a team."""

    staff_id: uuid.UUID
    name: str
    is_leader: bool
    signed_at: datetime | None
    kept_away: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class NoteView:
    """Words that went with an act."""

    kind: NoteKind
    text: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class TaskView:
    """One task, opened for its team or for those who oversee it."""

    task: Task
    case: Case
    card: TaskCard
    brief: str
    plan: Plan | None
    team: list[Member]
    guests: list[str]
    allegations: list[ReadAllegation]
    records: list[ReadRecord]
    exhibits: list[ExhibitView]
    material: list[FileView]
    notes: list[NoteView]
    items: Sequence[RectificationItem]
    clocks: Sequence[Deadline]


def my_tasks(acting: Acting) -> list[TaskCard]:
    """Open tasks of the person acting: what waits for them first, and within that by date."""
    query = (
        select(Task)
        .join(TaskMember, TaskMember.task_id == Task.id)
        .join(Case, Case.id == Task.case_id)
        .where(
            TaskMember.staff_id == acting.staff_id,
            Task.state.in_(OPEN),
            not_(recused_cases(acting.staff_id)),
        )
    )
    cards = cards_of(acting, acting.session.scalars(query).all())
    return sorted(cards, key=lambda card: (card.waits, card.due_at or _FAR, card.task.id.hex))


def cards_of(acting: Acting, tasks: Sequence[Task]) -> list[TaskCard]:
    """These tasks as cards, for readers of their cases; a case that does not open says so."""
    session = acting.session
    case_ids = {task.case_id for task in tasks}
    cases = {case.id: case for case in session.scalars(select(Case).where(Case.id.in_(case_ids)))}
    titles = listed_titles(acting, list(cases.values()))
    progress = _progress(acting, tasks, cases)
    units = units_by_case(acting, list(case_ids))
    plan_ids = {task.plan_id for task in tasks}
    plans = {plan.id: plan for plan in session.scalars(select(Plan).where(Plan.id.in_(plan_ids)))}
    running = _running(acting, tasks)
    cards = []
    for task in tasks:
        case = cases[task.case_id]
        due_at = _due(task, running)
        cards.append(
            TaskCard(
                task=task,
                number=case.number,
                priority=case.priority,
                title=titles[case.id],
                category=case.category,
                units=tuple(units.get(case.id, ())),
                unannounced=plans[task.plan_id].unannounced,
                progress=progress[task.id],
                due_at=due_at,
                light=_light(acting, task, due_at),
            )
        )
    return cards


def read_task(acting: Acting, task: Task) -> TaskView:
    """Everything a team sees of its task. Raises KeyLocked for those who are not the case's readers."""
    session = acting.session
    case = session.get_one(Case, task.case_id)
    material = session.scalars(
        select(CaseMaterial.object_id).where(CaseMaterial.case_id == case.id).order_by(CaseMaterial.ordinal)
    ).all()
    clocks = select(Deadline).where(Deadline.subject_id == task.id, Deadline.met_on.is_(None))
    items = select(RectificationItem).where(RectificationItem.case_id == case.id)
    return TaskView(
        task=task,
        case=case,
        card=cards_of(acting, [task])[0],
        brief=read_brief(acting, case).text,
        plan=approved_plan(acting, case.id),
        team=team_of(acting, task.id),
        guests=guests_of(acting, task.id),
        allegations=read_allegations(acting, case),
        records=read_records(acting, task_id=task.id),
        exhibits=exhibits_of_case(acting, case.id),
        material=view_material(acting, material),
        notes=notes_of(acting, case.id, kinds=(NoteKind.HAND_BACK, NoteKind.RULING)),
        items=session.scalars(items.order_by(RectificationItem.ordinal)).all(),
        clocks=session.scalars(clocks.order_by(Deadline.due_at)).all(),
    )


def team_of(acting: Acting, task_id: uuid.UUID) -> list[Member]:
    """A task's team, its leader first."""
    query = (
        select(TaskMember, Staff.name)
        .join(Staff, Staff.id == TaskMember.staff_id)
        .where(TaskMember.task_id == task_id)
        .order_by(TaskMember.is_leader.desc(), Staff.name)
    )
    away = recused_members(acting.session, task_ids=[task_id])
    return [
        Member(row.staff_id, name, row.is_leader, row.signed_at, (task_id, row.staff_id) in away)
        for row, name in acting.session.execute(query)
    ]


def guests_of(acting: Acting, task_id: uuid.UUID) -> list[str]:
    """Names of a task's outside members."""
    query = select(Staff.name).join(TaskGuest, TaskGuest.staff_id == Staff.id)
    return list(acting.session.scalars(query.where(TaskGuest.task_id == task_id).order_by(Staff.name)))


def notes_of(acting: Acting, case_id: uuid.UUID, *, kinds: Sequence[NoteKind]) -> list[NoteView]:
    """Words that went with acts on a case, the newest first."""
    query = (
        select(CaseNote, Staff.name)
        .join(Staff, Staff.id == CaseNote.written_by)
        .where(CaseNote.case_id == case_id, CaseNote.kind.in_(kinds))
        .order_by(CaseNote.written_at.desc())
    )
    found = [(note, name) for note, name in acting.session.execute(query)]
    texts = acting.open_all(note.object_id for note, _name in found)
    return [
        NoteView(note.kind, str(texts[note.object_id]["text"]), name, note.written_at) for note, name in found
    ]


def _due(task: Task, running: dict[uuid.UUID, list[datetime]]) -> datetime | None:
    if task.state in (TaskState.FIX, TaskState.DONE):
        return min(running.get(task.case_id, []), default=None)
    return min([end_of(task.due_on), *running.get(task.id, [])])


def _light(acting: Acting, task: Task, due_at: datetime | None) -> Light | None:
    return light_at(due_at, clock=acting.clock, returned=task.state is TaskState.HANDED_BACK)


def _progress(
    acting: Acting, tasks: Sequence[Task], cases: dict[uuid.UUID, Case]
) -> dict[uuid.UUID, Progress]:
    session = acting.session
    went = select(FieldRecord.task_id).where(
        FieldRecord.task_id.in_([task.id for task in tasks]), FieldRecord.kind.in_(_ON_SITE)
    )
    on_site = set(session.scalars(went.distinct()))
    allegations: Counter[uuid.UUID] = Counter()
    found: Counter[uuid.UUID] = Counter()
    claims = select(Allegation.case_id, Allegation.finding).where(Allegation.case_id.in_(cases))
    for case_id, finding in session.execute(claims):
        allegations[case_id] += 1
        found[case_id] += finding is not None
    items: dict[uuid.UUID, Counter[ItemState]] = {case_id: Counter() for case_id in cases}
    ordered = select(RectificationItem.case_id, RectificationItem.state)
    for case_id, state in session.execute(ordered.where(RectificationItem.case_id.in_(cases))):
        items[case_id][state] += 1
    free = _free_members(acting, tasks)
    return {
        task.id: Progress(
            state=task.state,
            case_state=cases[task.case_id].state,
            on_site=task.id in on_site,
            allegations=allegations[task.case_id],
            found=found[task.case_id],
            items=items[task.case_id],
            short=free[task.id] < acting.rules.number("team-two"),
        )
        for task in tasks
    }


def _free_members(acting: Acting, tasks: Sequence[Task]) -> Counter[uuid.UUID]:
    """How many of each team need not keep away."""
    ids = [task.id for task in tasks]
    away = recused_members(acting.session, task_ids=ids)
    members = acting.session.execute(
        select(TaskMember.task_id, TaskMember.staff_id).where(TaskMember.task_id.in_(ids))
    )
    return Counter(row.task_id for row in members if (row.task_id, row.staff_id) not in away)


def _running(acting: Acting, tasks: Sequence[Task]) -> dict[uuid.UUID, list[datetime]]:
    """Running clocks of tasks by task id, and of rectification items by case id."""
    items = select(RectificationItem).where(RectificationItem.case_id.in_([task.case_id for task in tasks]))
    owner = {task.id: task.id for task in tasks}
    owner |= {item.id: item.case_id for item in acting.session.scalars(items)}
    query = select(Deadline).where(Deadline.subject_id.in_(owner), Deadline.met_on.is_(None))
    found: dict[uuid.UUID, list[datetime]] = {}
    for clock in acting.session.scalars(query):
        found.setdefault(owner[clock.subject_id], []).append(clock.due_at)
    return found

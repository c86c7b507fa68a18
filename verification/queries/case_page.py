"""One case, opened whole for its page: from the brief to the trail. Source: 1-mission journey 3–8."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.models import Tip
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.dispatch import may_see_task
from verification.domain.findings import ReadAllegation, read_allegations
from verification.domain.items import ItemText, read_items
from verification.domain.openings import Origin, read_origin
from verification.models import (
    Case,
    CaseMaterial,
    CaseNote,
    Conclusion,
    Coordination,
    CoordinationPart,
    Deadline,
    Exhibit,
    LookBack,
    PaperAct,
    Plan,
    RectificationItem,
    Staff,
    Task,
    TaskMember,
    Unit,
)
from verification.policy.embargo import is_hidden
from verification.queries.cases import tips_of, units_by_case
from verification.queries.files import FileView, view_material
from verification.queries.trail import TrailLine, trail_of


@dataclass(frozen=True, slots=True, repr=False)
class TaskView:
    """A task with its team's names, the leader first. is_open: whether its page opens for this person."""

    row: Task
    team: list[str]
    is_open: bool


@dataclass(frozen=True, slots=True, repr=False)
class NoteView:
    """Words that went with an act."""

    row: CaseNote
    text: str


@dataclass(frozen=True, slots=True, repr=False)
class CaseView:
    """One case, opened. is_secret: under embargo; what came after the docketing is left out."""

    case: Case
    title: str
    brief: str
    origin: Origin | None
    allegations: list[ReadAllegation]
    units: list[Unit]
    town: Unit | None
    plan: Plan | None
    tasks: list[TaskView]
    conclusion: Conclusion | None
    items: Sequence[RectificationItem]
    item_texts: dict[uuid.UUID, ItemText]
    exhibits: int
    material: list[FileView]
    notes: list[NoteView]
    papers: Sequence[PaperAct]
    overlap_reason: str
    tips: list[Tip]
    clocks: Sequence[Deadline]
    trail: list[TrailLine]
    is_secret: bool

    @property
    def open_papers(self) -> list[PaperAct]:
        """Papers that a second person has still to confirm."""
        return [paper for paper in self.papers if paper.confirmed_at is None]

    def people(self) -> set[uuid.UUID | None]:
        """Everybody this page names."""
        case = self.case
        found = {case.opened_by, case.proposed_by, case.endorsed_by, case.docketed_by}
        found |= {note.row.written_by for note in self.notes}
        for paper in self.papers:
            found |= {paper.signed_by, paper.recorded_by, paper.confirmed_by}
        return found


def read_case(acting: Acting, case: Case) -> CaseView:
    """Open a case. Raises KeyLocked for those who do not hold its key."""
    session = acting.session
    is_secret = is_hidden(session, staff_id=acting.staff_id, case_id=case.id)
    brief = acting.open(case.brief_id)
    items = list(
        session.scalars(
            select(RectificationItem)
            .where(RectificationItem.case_id == case.id)
            .order_by(RectificationItem.ordinal)
        )
    )
    tasks = [] if is_secret else _tasks(acting, case.id)
    look_backs = session.scalars(select(LookBack.id).where(LookBack.case_id == case.id)).all()
    subjects = [case.id, *(task.row.id for task in tasks), *(item.id for item in items), *look_backs]
    subjects += [] if is_secret else _coordinated(acting, case.id)
    return CaseView(
        case=case,
        title=str(brief["title"]),
        brief=str(brief["text"]),
        origin=read_origin(acting, case),
        allegations=read_allegations(acting, case),
        units=units_by_case(acting, [case.id]).get(case.id, []),
        town=None if case.town_id is None else session.get(Unit, case.town_id),
        plan=None if is_secret else _newest_plan(acting, case.id),
        tasks=tasks,
        conclusion=session.scalars(
            select(Conclusion)
            .where(Conclusion.case_id == case.id)
            .order_by(Conclusion.number.desc())
            .limit(1)
        ).one_or_none(),
        items=items,
        item_texts=read_items(acting, items),
        exhibits=0 if is_secret else _count_exhibits(acting, case.id),
        material=_material(acting, case.id),
        notes=_notes(acting, case.id, until=case.docketed_at if is_secret else None),
        papers=_papers(acting, case.id, until=case.docketed_at if is_secret else None),
        overlap_reason=(
            "" if case.overlap_reason_id is None else str(acting.open(case.overlap_reason_id)["text"])
        ),
        tips=tips_of(acting, case.id),
        clocks=_clocks(acting, subjects),
        # Every look is traced too, for the auditor; here it would bury what was done.
        trail=trail_of(session, subjects, without=_SECRET if is_secret else (Event.CASE_VIEWED,)),
        is_secret=is_secret,
    )


#: What may still be told of a case under embargo: how it came about, and nothing after its docketing.
_DOCKETING = (
    Event.CASE_OPENED,
    Event.BRIEF_REVISED,
    Event.MATERIAL_SELECTED,
    Event.CASE_PROPOSED,
    Event.CASE_ENDORSED,
    Event.CASE_RETURNED,
    Event.CASE_DOCKETED,
)
_SECRET = tuple(event for event in Event if event not in _DOCKETING)


def _newest_plan(acting: Acting, case_id: uuid.UUID) -> Plan | None:
    query = select(Plan).where(Plan.case_id == case_id).order_by(Plan.number.desc()).limit(1)
    return acting.session.scalars(query).one_or_none()


def _coordinated(acting: Acting, case_id: uuid.UUID) -> list[uuid.UUID]:
    """Coordination items of the case and their parts."""
    items = select(Coordination.id).where(Coordination.case_id == case_id)
    parts = select(CoordinationPart.id).where(CoordinationPart.case_id == case_id)
    return list(acting.session.scalars(items.union_all(parts)))


def _papers(acting: Acting, case_id: uuid.UUID, *, until: datetime | None) -> Sequence[PaperAct]:
    query = select(PaperAct).where(PaperAct.case_id == case_id).order_by(PaperAct.recorded_at.desc())
    if until is not None:
        query = query.where(PaperAct.recorded_at <= until)
    return acting.session.scalars(query).all()


def _tasks(acting: Acting, case_id: uuid.UUID) -> list[TaskView]:
    tasks = acting.session.scalars(
        select(Task).where(Task.case_id == case_id).order_by(Task.dispatched_at)
    ).all()
    rows = acting.session.execute(
        select(TaskMember.task_id, Staff.name)
        .join(Staff, Staff.id == TaskMember.staff_id)
        .where(TaskMember.task_id.in_([task.id for task in tasks]))
        .order_by(TaskMember.is_leader.desc(), Staff.name)
    )
    teams: dict[uuid.UUID, list[str]] = {}
    for task_id, name in rows:
        teams.setdefault(task_id, []).append(name)
    return [
        TaskView(row=task, team=teams.get(task.id, []), is_open=may_see_task(acting, task.id))
        for task in tasks
    ]


def _count_exhibits(acting: Acting, case_id: uuid.UUID) -> int:
    query = select(func.count()).select_from(Exhibit).where(Exhibit.case_id == case_id)
    return acting.session.scalar(query) or 0


def _material(acting: Acting, case_id: uuid.UUID) -> list[FileView]:
    clean_ids = acting.session.scalars(
        select(CaseMaterial.object_id)
        .where(CaseMaterial.case_id == case_id)
        .order_by(CaseMaterial.ordinal, CaseMaterial.object_id)
    ).all()
    return view_material(acting, clean_ids)


def _notes(acting: Acting, case_id: uuid.UUID, *, until: datetime | None) -> list[NoteView]:
    query = select(CaseNote).where(CaseNote.case_id == case_id).order_by(CaseNote.written_at.desc())
    if until is not None:
        query = query.where(CaseNote.written_at <= until)
    rows = acting.session.scalars(query).all()
    texts = acting.open_all(row.object_id for row in rows)
    return [NoteView(row=row, text=str(texts[row.object_id]["text"])) for row in rows]


def _clocks(acting: Acting, subject_ids: Sequence[uuid.UUID]) -> Sequence[Deadline]:
    query = select(Deadline).where(Deadline.subject_id.in_(subject_ids), Deadline.met_on.is_(None))
    return acting.session.scalars(query.order_by(Deadline.due_at)).all()

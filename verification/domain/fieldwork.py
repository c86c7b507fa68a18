"""What a team does on a task: logging records, adding exhibits, moving through the three stages.

A record is never refused for lying outside the plan; it is kept, marked 计划外 with its reasons, and supports
no finding until a plan version covers it. Source: 1-mission journey 5; 2-domain §2 (Art. 12, 15, 25).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from portal.crypto.header import ObjectKind
from portal.models import new_id
from verification.domain.acting import Acting
from verification.domain.codes import publish_codes
from verification.domain.embargo import end_embargo
from verification.domain.exhibits import Belongs, NewExhibit, check_exhibits, file_exhibit
from verification.domain.inputs import SHORT, Inputs
from verification.domain.interfering import note_obstruction
from verification.domain.locking import locked_case_of
from verification.domain.offplan import exhibit_is_off_plan, gaps_now
from verification.domain.record_forms import checked_words, in_order
from verification.errors import InvalidInput, NotHere, Refused
from verification.keys.addressees import of_case
from verification.models import (
    Case,
    Exhibit,
    ExhibitSource,
    FieldRecord,
    FieldRecordStaff,
    Method,
    RecordKind,
    Task,
    TaskMember,
    Unit,
)
from verification.policy.coverage import Act
from verification.policy.workdays import civil
from verification.workflow.apply import decide
from verification.workflow.facts import Facts
from verification.workflow.states import Action, SubjectKind

MAX_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, repr=False)
class RecordEntry:
    """A record as it was typed. ``people``: who of the team was there. ``words``: see ``RECORD_FORMS``."""

    kind: RecordKind
    method: Method
    began_at: datetime | None
    minutes: int | None
    unit_id: uuid.UUID | None
    people: tuple[uuid.UUID, ...]
    place: str
    words: Mapping[str, str | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class ReadRecord:
    """A record opened. ``people``: who of the team was there."""

    row: FieldRecord
    place: str
    words: dict[str, str | bool]
    people: tuple[uuid.UUID, ...]


def log_record(
    acting: Acting, *, task_id: uuid.UUID, entry: RecordEntry, exhibits: Sequence[NewExhibit] = ()
) -> FieldRecord:
    """Save a record with its exhibits. An append collides with nothing, so it asks for no version.

    Raises InvalidInput (began_at, minutes, unit, people, place, files, and the fields of the kind's form),
    Refused (not of the team, not signed for), NotHere, KeyLocked.
    """
    task = _locked_task(acting, task_id)
    began_at, minutes, words = _checked_entry(acting, task, entry, exhibits)
    act = Act(
        kind=entry.kind,
        method=entry.method,
        day=civil(began_at),
        unit_id=entry.unit_id,
        people=len(set(entry.people)),
    )
    gaps = gaps_now(acting, act, case_id=task.case_id)
    acting.apply(
        SubjectKind.TASK,
        task_id,
        Action.LOG_RECORD,
        version=task.version,
        noted={"kind": entry.kind.value, "gaps": [gap.value for gap in gaps]},
    )
    case = acting.session.get_one(Case, task.case_id)
    body = {"place": entry.place.strip(), "words": words}
    record = FieldRecord(
        id=new_id(acting.rng),
        case_id=case.id,
        task_id=task_id,
        kind=entry.kind,
        method=entry.method,
        stage=task.state,
        began_at=began_at,
        minutes=minutes,
        unit_id=entry.unit_id,
        body_id=acting.seal(body, kind=ObjectKind.RECORD, to=[of_case(case)]),
        off_plan=bool(gaps),
        gaps=[gap.value for gap in gaps],
        written_by=acting.staff_id,
        written_at=acting.clock.now(),
    )
    acting.session.add(record)
    acting.session.flush()
    _file_with_record(acting, case, record, people=entry.people, exhibits=exhibits)
    if record.kind is RecordKind.OBSTRUCTION:
        note_obstruction(acting, record)
    if entry.kind is RecordKind.VISIT and words["card_shown"]:
        end_embargo(acting, case)
        publish_codes(acting, case)
    return record


def _file_with_record(
    acting: Acting,
    case: Case,
    record: FieldRecord,
    *,
    people: Sequence[uuid.UUID],
    exhibits: Sequence[NewExhibit],
) -> None:
    acting.session.add_all(
        FieldRecordStaff(record_id=record.id, staff_id=person) for person in dict.fromkeys(people)
    )
    belongs = Belongs(ExhibitSource.INSPECTOR, record.off_plan, task_id=record.task_id, record_id=record.id)
    for exhibit in exhibits:
        file_exhibit(acting, case=case, new=exhibit, belongs=belongs)
    acting.session.flush()


def add_exhibit(
    acting: Acting, *, task_id: uuid.UUID, new: NewExhibit, record_id: uuid.UUID | None = None
) -> Exhibit:
    """Add an exhibit to a task, or to one of its records. The same may do it as may log a record."""
    inputs = Inputs()
    check_exhibits([new], inputs=inputs)
    inputs.done()
    task = _locked_task(acting, task_id)
    _refuse_unless_working(acting, task)
    case = acting.session.get_one(Case, task.case_id)
    if record_id is not None:
        record = acting.session.get(FieldRecord, record_id)
        if record is None or record.task_id != task_id:
            raise NotHere
        off_plan = record.off_plan
    else:
        taken_at = new.taken_at or acting.clock.now()
        off_plan = exhibit_is_off_plan(acting, case_id=case.id, taken_at=taken_at)
    belongs = Belongs(ExhibitSource.INSPECTOR, off_plan, task_id=task_id, record_id=record_id)
    return file_exhibit(acting, case=case, new=new, belongs=belongs)


def begin_follow(acting: Acting, *, task_id: uuid.UUID, version: int) -> Task:
    """From carrying the lead there to following the problem."""
    task: Task = acting.apply(SubjectKind.TASK, task_id, Action.BEGIN_FOLLOW, version=version)
    return task


def begin_fix(acting: Acting, *, task_id: uuid.UUID, version: int) -> Task:
    """From following the problem to watching until it is fixed: every allegation has its finding."""
    task: Task = acting.apply(SubjectKind.TASK, task_id, Action.BEGIN_FIX, version=version)
    return task


def finish_task(acting: Acting, *, task_id: uuid.UUID, version: int) -> Task:
    """The problem is fixed: the conclusion delivered, every item closed off."""
    task: Task = acting.apply(SubjectKind.TASK, task_id, Action.FINISH_TASK, version=version)
    return task


def read_records(acting: Acting, *, task_id: uuid.UUID) -> list[ReadRecord]:
    """A task's records in the order of what happened, opened; a constant number of queries."""
    session = acting.session
    query = select(FieldRecord).where(FieldRecord.task_id == task_id)
    rows = session.scalars(query.order_by(FieldRecord.began_at, FieldRecord.written_at)).all()
    bodies = acting.open_all(row.body_id for row in rows)
    present: dict[uuid.UUID, list[uuid.UUID]] = {row.id: [] for row in rows}
    for there in session.scalars(select(FieldRecordStaff).where(FieldRecordStaff.record_id.in_(present))):
        present[there.record_id].append(there.staff_id)
    return [
        ReadRecord(
            row=row,
            place=str(bodies[row.body_id]["place"]),
            words=in_order(row.kind, bodies[row.body_id]["words"]),
            people=tuple(present[row.id]),
        )
        for row in rows
    ]


def person_minutes(acting: Acting, *, case_id: uuid.UUID) -> int:
    """Minutes on site, counted for each person there; compared with the plan's hours (Art. 15)."""
    query = (
        select(func.coalesce(func.sum(FieldRecord.minutes), 0))
        .join(FieldRecordStaff, FieldRecordStaff.record_id == FieldRecord.id)
        .where(FieldRecord.case_id == case_id)
    )
    return int(acting.session.scalar(query) or 0)


def _locked_task(acting: Acting, task_id: uuid.UUID) -> Task:
    # The case first, as everywhere: its exhibits are counted under its lock.
    locked_case_of(acting, Task, task_id)
    task = acting.session.get(Task, task_id, with_for_update=True, populate_existing=True)
    if task is None:
        raise NotHere
    return task


def _checked_entry(
    acting: Acting, task: Task, entry: RecordEntry, exhibits: Sequence[NewExhibit]
) -> tuple[datetime, int, dict[str, str | bool]]:
    session, inputs, now = acting.session, Inputs(), acting.clock.now()
    team = set(session.scalars(select(TaskMember.staff_id).where(TaskMember.task_id == task.id)))
    words = checked_words(entry.kind, entry.words, inputs=inputs)
    inputs.text("place", entry.place, most=SHORT, needed=False)
    minutes = inputs.number("minutes", entry.minutes, least=1, most=MAX_MINUTES)
    if entry.unit_id is not None and session.get(Unit, entry.unit_id) is None:
        inputs.wrong("unit", _l("Please choose one from the list."))
    if not inputs.all_among("people", entry.people, team):
        inputs.wrong("people", _l("Say who of the team was there."))
    if entry.began_at is None:
        inputs.wrong("began_at", _l("Please give day and time."))
    elif entry.began_at > now:
        inputs.wrong("began_at", _l("This lies in the future."))
    check_exhibits(exhibits, inputs=inputs)
    inputs.done()
    return entry.began_at or now, minutes, words


def _refuse_unless_working(acting: Acting, task: Task) -> None:
    """Adding an exhibit is no transition of its own: it is allowed where logging a record is."""
    facts = Facts(acting.session, task, acting.actor, acting.clock, acting.rules, {})
    transition, refusals = decide(facts, kind=SubjectKind.TASK, action=Action.LOG_RECORD)
    if transition is None or refusals:
        raise Refused(tuple(refusals))


def no_file() -> InvalidInput:
    """Nothing was attached where something has to be."""
    return InvalidInput({"files": _l("Please choose a photo or a file.")})

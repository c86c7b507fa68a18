"""What a team does on a task: logging records, adding exhibits, moving through the three stages.

A record is never refused for lying outside the plan; it is kept, marked 计划外 with its reasons, and supports
no finding until a plan version covers it. Source: 1-mission journey 5; 2-domain §2 (Art. 12, 15, 25).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from portal.clock import day_start
from portal.crypto.header import ObjectKind
from portal.models import new_id
from verification.domain.acting import Acting
from verification.domain.codes import publish_codes
from verification.domain.embargo import end_embargo
from verification.domain.exhibits import Belongs, NewExhibit, check_exhibits, file_exhibit
from verification.domain.holdings import refuse_unless_working, take_with_record
from verification.domain.inputs import SHORT, Inputs
from verification.domain.interfering import note_obstruction
from verification.domain.locking import locked_case_of
from verification.domain.offplan import exhibit_is_off_plan, gaps_now
from verification.domain.record_forms import checked_words, in_order
from verification.domain.witnesses import code_witness, next_code_name, witnesses_of
from verification.errors import InvalidInput, NotHere
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
from verification.policy.coverage import Act, Gap
from verification.policy.designations import strangers_on
from verification.policy.recusal import recused_from
from verification.policy.workdays import civil
from verification.workflow.states import Action, SubjectKind

MAX_MINUTES = 24 * 60
#: What the guard of interview records looks at.
_OF_INTERVIEWS = ("refused", "read_back", "signed", "refused_sign")


@dataclass(frozen=True, slots=True, repr=False)
class RecordEntry:
    """A record as it was typed. ``people``: who of the team was there. ``words``: see ``RECORD_FORMS``.

    witness: of an interview with somebody who has a code name already. true_name: of one who gets one now;
    None for everybody else.
    """

    kind: RecordKind
    method: Method
    began_at: datetime | None
    minutes: int | None
    unit_id: uuid.UUID | None
    people: tuple[uuid.UUID, ...]
    place: str
    words: Mapping[str, str | bool] = field(default_factory=dict)
    travel_minutes: int | None = 0
    witness: uuid.UUID | None = None
    true_name: str | None = None


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
    entry = _coded(acting, task, entry)
    began_at, minutes, words = _checked_entry(acting, task, entry, exhibits)
    act = Act(
        kind=entry.kind,
        method=entry.method,
        day=civil(began_at),
        unit_id=entry.unit_id,
        people=len(set(entry.people)),
        strangers=bool(
            strangers_on(
                acting.session,
                case=acting.session.get_one(Case, task.case_id),
                people=entry.people,
                on=civil(began_at),
            )
        ),
    )
    gaps = gaps_now(acting, act, case_id=task.case_id)
    acting.apply(
        SubjectKind.TASK,
        task_id,
        Action.LOG_RECORD,
        version=task.version,
        given={"kind": entry.kind, **{name: bool(words.get(name)) for name in _OF_INTERVIEWS}},
        noted={"kind": entry.kind.value, "gaps": [gap.value for gap in gaps]},
    )
    if entry.true_name is not None:
        code_witness(acting, task, true_name=entry.true_name.strip())
    case = acting.session.get_one(Case, task.case_id)
    record = _new_record(
        acting, case, task, entry, began_at=began_at, minutes=minutes, words=words, gaps=gaps
    )
    acting.session.add(record)
    acting.session.flush()
    _file_with_record(acting, case, record, people=entry.people, exhibits=exhibits)
    if record.kind is RecordKind.OBSTRUCTION:
        note_obstruction(acting, record)
    take_with_record(acting, case, record, words)
    if entry.kind is RecordKind.VISIT and words["card_shown"]:
        end_embargo(acting, case)
        publish_codes(acting, case)
    return record


def _new_record(
    acting: Acting,
    case: Case,
    task: Task,
    entry: RecordEntry,
    *,
    began_at: datetime,
    minutes: int,
    words: Mapping[str, str | bool],
    gaps: Sequence[Gap],
) -> FieldRecord:
    body = {"place": entry.place.strip(), "words": words}
    return FieldRecord(
        id=new_id(acting.rng),
        case_id=case.id,
        task_id=task.id,
        kind=entry.kind,
        method=entry.method,
        stage=task.state,
        began_at=began_at,
        minutes=minutes,
        travel_minutes=entry.travel_minutes or 0,
        unit_id=entry.unit_id,
        body_id=acting.seal(body, kind=ObjectKind.RECORD, to=[of_case(case)]),
        off_plan=bool(gaps),
        gaps=[gap.value for gap in gaps],
        written_by=acting.staff_id,
        written_at=acting.clock.now(),
    )


def _coded(acting: Acting, task: Task, entry: RecordEntry) -> RecordEntry:
    """The entry with the witness's code name for the person."""
    known = witnesses_of(acting, task.id)
    if entry.witness is not None:
        if entry.witness not in known:
            raise InvalidInput({"witness": _l("Please choose one from the list.")})
        return replace(entry, words={**entry.words, "person": known[entry.witness]}, true_name=None)
    if entry.true_name is not None:
        return replace(entry, words={**entry.words, "person": next_code_name(acting, task)})
    return entry


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
    refuse_unless_working(acting, task)
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


def last_record_of_day(acting: Acting, task_id: uuid.UUID) -> ReadRecord | None:
    """The team's latest record of today, opened: where they are, and with whom."""
    day = civil(acting.clock.now())
    query = select(FieldRecord.id).where(
        FieldRecord.task_id == task_id,
        FieldRecord.began_at >= day_start(day),
        FieldRecord.kind != RecordKind.DESK,
    )
    last = acting.session.scalar(query.order_by(FieldRecord.began_at.desc()).limit(1))
    return next((one for one in read_records(acting, task_id=task_id) if one.row.id == last), None)


def person_minutes(acting: Acting, *, case_id: uuid.UUID) -> int:
    """Minutes on site, counted for each person there; compared with the plan's hours (Art. 15)."""
    query = (
        select(func.coalesce(func.sum(FieldRecord.minutes), 0))
        .join(FieldRecordStaff, FieldRecordStaff.record_id == FieldRecord.id)
        .where(FieldRecord.case_id == case_id, FieldRecord.kind != RecordKind.DESK)
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
    team -= recused_from(session, case_id=task.case_id)
    words = checked_words(entry.kind, entry.words, inputs=inputs)
    _check_true_name(entry, words, inputs)
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
    inputs.number("travel_minutes", entry.travel_minutes, least=0, most=MAX_MINUTES)
    if entry.kind is RecordKind.DESK and exhibits:
        inputs.wrong("files", _l("Desk work brings no exhibit: log where it comes from instead."))
    check_exhibits(exhibits, inputs=inputs)
    inputs.done()
    return entry.began_at or now, minutes, words


def _check_true_name(entry: RecordEntry, words: Mapping[str, str | bool], inputs: Inputs) -> None:
    if entry.true_name is None:
        return
    name = inputs.text("true_name", entry.true_name, most=SHORT)
    said = [entry.place, *(word for word in words.values() if isinstance(word, str))]
    if name and any(name in one for one in said):
        inputs.wrong("true_name", _l("This name stands elsewhere in the record. Take it out there."))


def no_file() -> InvalidInput:
    """Nothing was attached where something has to be."""
    return InvalidInput({"files": _l("Please choose a photo or a file.")})

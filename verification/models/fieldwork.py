"""Plans, tasks, what inspectors record, and exhibits.

Source: 2-domain §2 (Art. 12, 15), 1-mission journey 4–5.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, code_column


class Method(StrEnum):
    """Eight methods. Source: Reg. art. 12."""

    SELF_CHECK = "self-check"
    REPORT = "report"
    INSPECTION = "inspection"
    DISCUSSION = "discussion"
    READING = "reading"
    COLLECTING = "collecting"
    SUMMONS = "summons"
    INTERNET = "internet"


class TaskState(StrEnum):
    """States of a task; the middle three are the stages carry, follow, fix."""

    DISPATCHED = "dispatched"
    CARRY = "carry"
    FOLLOW = "follow"
    FIX = "fix"
    HANDED_BACK = "handed-back"
    WITHDRAWN = "withdrawn"
    DONE = "done"


class RecordKind(StrEnum):
    """What an inspector records."""

    VISIT = "visit"
    INTERVIEW = "interview"
    DOCUMENT = "document"
    OBSTRUCTION = "obstruction"
    STATEMENT = "statement"
    SAMPLE = "sample"
    DESK = "desk"


class ExhibitSource(StrEnum):
    """Who brought an exhibit."""

    INSPECTOR = "inspector"
    UNIT = "unit"
    PAPER = "paper"


class Plan(Base):
    """A version of a case's plan; locked once approved. Objects, scope and methods bind the field work.

    burdens: the rule ids that the lint warns of (``verification.policy.burden``). Once returned, a version is
    never approved: the next one is.
    """

    __tablename__ = "plan"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    number: Mapped[int]
    body_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    methods: Mapped[list[str]]
    unannounced: Mapped[bool] = mapped_column(default=False)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    people_planned: Mapped[int]
    hours_planned: Mapped[int]
    written_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    approved_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    approved_at: Mapped[datetime | None]
    burdens: Mapped[list[str]] = mapped_column(default=list)
    returned_at: Mapped[datetime | None]


class PlanUnit(Base):
    """A unit the plan covers."""

    __tablename__ = "plan_unit"

    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("plan.id"), primary_key=True)
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"), primary_key=True)


class InspectionNotice(Base):
    """What a unit was told of an announced inspection; ``body_id`` is sealed to the case and to the unit."""

    __tablename__ = "inspection_notice"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("plan.id"), index=True)
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"), index=True)
    body_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    issued_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    issued_at: Mapped[datetime]


class Task(Base):
    """A unit of the inspectors' queue. Its clock runs from dispatch."""

    __tablename__ = "task"
    __table_args__ = (Index(None, "state", "due_on", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("plan.id"))
    state: Mapped[TaskState] = mapped_column(code_column(TaskState), default=TaskState.DISPATCHED)
    version: Mapped[int] = mapped_column(default=1)
    due_on: Mapped[date]
    dispatched_at: Mapped[datetime]
    dispatched_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    handed_back: Mapped[bool] = mapped_column(default=False)


class TaskMember(Base):
    """A member of the team; the leader is appointed with the plan's approval."""

    __tablename__ = "task_member"

    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("task.id"), primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True, index=True)
    is_leader: Mapped[bool] = mapped_column(default=False)
    signed_at: Mapped[datetime | None]


class TaskGuest(Base):
    """An outside member of a team: reads this one case, and does nothing in it alone (Art. 8)."""

    __tablename__ = "task_guest"

    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("task.id"), primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True, index=True)


class IssuedCode(Base):
    """The inspection code of a task's team. ``body_id`` holds the code and what the desk signed for it.

    lookup: what the public side finds it by. published_at: since when it is shown there; None under embargo.
    """

    __tablename__ = "issued_code"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("task.id"), index=True)
    plan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("plan.id"))
    body_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    lookup: Mapped[bytes] = mapped_column(unique=True)
    issued_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    issued_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    revoked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    revoked_at: Mapped[datetime | None]


class FieldRecord(Base):
    """A visit, interview or other act on site. ``off_plan`` (计划外) supports no finding until covered.

    ``minutes`` were spent at it, ``travel_minutes`` on the way there and back, by each who was there.
    ``gaps``: the codes of what lies outside the plan (``verification.policy.coverage.Gap``).
    """

    __tablename__ = "field_record"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("task.id"), index=True)
    kind: Mapped[RecordKind] = mapped_column(code_column(RecordKind))
    method: Mapped[Method] = mapped_column(code_column(Method))
    stage: Mapped[TaskState] = mapped_column(code_column(TaskState))
    began_at: Mapped[datetime] = mapped_column(index=True)
    minutes: Mapped[int]
    travel_minutes: Mapped[int] = mapped_column(default=0)
    unit_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("unit.id"))
    body_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    off_plan: Mapped[bool] = mapped_column(default=False)
    gaps: Mapped[list[str]] = mapped_column(default=list)
    written_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    written_at: Mapped[datetime]


class FieldRecordStaff(Base):
    """Who of the team was there."""

    __tablename__ = "field_record_staff"

    record_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("field_record.id"), primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True)


class Exhibit(Base):
    """A piece of evidence: sealed original under the case key; name, place and note in ``meta_id``."""

    __tablename__ = "exhibit"

    object_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("stored_file.object_id"), primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    ordinal: Mapped[int]
    source: Mapped[ExhibitSource] = mapped_column(code_column(ExhibitSource))
    task_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("task.id"), index=True)
    record_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("field_record.id"), index=True)
    item_report_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("item_report.id"), index=True)
    review_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("review.id"), index=True)
    reply_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("assignment_reply.id"), index=True)
    look_back_result_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("look_back_result.id"), index=True
    )
    part_report_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("coordination_report.id"), index=True)
    meta_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    off_plan: Mapped[bool] = mapped_column(default=False)
    taken_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    taken_at: Mapped[datetime]

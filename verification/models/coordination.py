"""Coordination items (协调事项，督帮一体): help across departments, each with its own part and its own date.

Source: county notice "help as well as inspect"; issue 4 "coordination items across departments".
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, code_column


class CoordinationState(StrEnum):
    """States of a coordination item; transitions are in ``verification.workflow.rows.coordination``."""

    PROPOSED = "help-proposed"
    RETURNED = "help-returned"
    AGREED = "help-agreed"
    DONE = "help-done"
    WITHDRAWN = "help-withdrawn"
    CARRIED_ON = "help-carried-on"


class PartState(StrEnum):
    """States of a department's part."""

    PLANNED = "part-planned"
    ASKED = "part-asked"
    TAKEN_ON = "part-taken-on"
    DECLINED = "part-declined"
    RULED = "part-ruled"
    REPORTED = "part-reported"
    RETURNED = "part-returned"
    DONE = "part-done"
    RELEASED = "part-released"
    WITHDRAWN = "part-withdrawn"


#: Where an item goes on.
HELPING = (CoordinationState.AGREED, CoordinationState.CARRIED_ON)
#: Where an item is nobody's task any more.
HELP_OVER = (CoordinationState.DONE, CoordinationState.WITHDRAWN)
#: Where a part waits for its department.
DEPARTMENTS_TURN = (PartState.ASKED, PartState.TAKEN_ON, PartState.RETURNED)
#: Where nothing is left to do of a part.
PART_OVER = (PartState.DONE, PartState.RELEASED, PartState.WITHDRAWN)


class Coordination(Base):
    """One item. ``body_id``: what stands in the way, sealed to the case alone.

    shared_id: title and goal, sealed to the case and, once agreed to, to every department. checked_by: who
    compared what goes to departments with what informants wrote. note_id: why it was returned, withdrawn or
    carried on, or what was reached; for the case. mechanism_id: what it was carried on into; departments read
    it too.
    """

    __tablename__ = "coordination"
    __table_args__ = (UniqueConstraint("case_id", "ordinal"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    ordinal: Mapped[int]
    state: Mapped[CoordinationState] = mapped_column(
        code_column(CoordinationState), default=CoordinationState.PROPOSED
    )
    version: Mapped[int] = mapped_column(default=1)
    body_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    shared_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    written_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    written_at: Mapped[datetime]
    checked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    checked_at: Mapped[datetime | None]
    agreed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    agreed_at: Mapped[datetime | None]
    note_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    mechanism_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    ended_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]


class CoordinationPart(Base):
    """What one department does, by its own date; the first is the lead department's.

    body_id: sealed to the case and, once asked, to its department. after_id: the part that this one waits
    for. asked_at: since when its department knows of it. reason_id: why it was declined. ruling_id: the
    ruling on it, the department's to read once it stands.
    """

    __tablename__ = "coordination_part"
    __table_args__ = (
        Index(None, "state", "due_on", "id"),
        UniqueConstraint("coordination_id", "ordinal"),
        UniqueConstraint("coordination_id", "unit_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    coordination_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("coordination.id"), index=True)
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"), index=True)
    ordinal: Mapped[int]
    is_lead: Mapped[bool] = mapped_column(default=False)
    state: Mapped[PartState] = mapped_column(code_column(PartState), default=PartState.PLANNED)
    version: Mapped[int] = mapped_column(default=1)
    body_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    due_on: Mapped[date]
    after_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("coordination_part.id"))
    asked_at: Mapped[datetime | None]
    reason_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    ruling_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    ruled_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    endorsed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    confirmed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    confirmed_at: Mapped[datetime | None]


class CoordinationReport(Base):
    """A department's report on its part; its proofs are exhibits."""

    __tablename__ = "coordination_report"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    part_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("coordination_part.id"), index=True)
    body_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    reported_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    reported_at: Mapped[datetime]
    returned_note_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))


class CoordinationMeeting(Base):
    """A meeting of the departments: who came and what was agreed, sealed to the case."""

    __tablename__ = "coordination_meeting"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    coordination_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("coordination.id"), index=True)
    held_on: Mapped[date]
    body_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    recorded_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    recorded_at: Mapped[datetime]

"""What a team asked a unit for, took along or sampled, and what became of it; witnesses with a code name.

Source: Reg. art. 12; issue 4 "Fieldwork".
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, code_column


class HoldingKind(StrEnum):
    """What it is."""

    DOCUMENT = "paper-asked-for"
    SAMPLE = "sample-taken"


class HoldingState(StrEnum):
    """States of it; transitions are in ``verification.workflow.rows.holdings``."""

    ASKED = "asked-for"
    HELD = "held"
    RETURNED = "given-back"
    KEPT = "kept-on-file"
    DENIED = "not-supplied"


class Holding(Base):
    """One paper asked for, or one sample. ``body_id``: what, how many, from whom, where kept; sealed.

    due_on: by when the unit supplies it. back_on: by when it is given back. ``ending_id``: whom it was given
    back to, why it stays, or why it was not supplied; sealed.
    """

    __tablename__ = "holding"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("task.id"), index=True)
    kind: Mapped[HoldingKind] = mapped_column(code_column(HoldingKind))
    state: Mapped[HoldingState] = mapped_column(code_column(HoldingState), default=HoldingState.ASKED)
    version: Mapped[int] = mapped_column(default=1)
    unit_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("unit.id"))
    record_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("field_record.id"))
    body_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    asked_on: Mapped[date | None]
    asked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    due_on: Mapped[date | None]
    received_on: Mapped[date | None]
    received_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    back_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    ended_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    ending_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))


class Witness(Base):
    """A witness under a code name. ``body_id``: the true name, sealed to each of the team, to no case key."""

    __tablename__ = "witness"
    __table_args__ = (UniqueConstraint("case_id", "ordinal"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"))
    task_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("task.id"), index=True)
    ordinal: Mapped[int]
    body_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    written_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    written_at: Mapped[datetime]

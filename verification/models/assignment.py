"""The light path (交办): standing programmes, and leads assigned under them to the responsible unit.

Source: 2-domain §2 (Art. 11, standing programme), §2a "Light path".
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, code_column


class AssignmentState(StrEnum):
    """States of an assignment; transitions are in ``verification.workflow.rows.assignments``."""

    ISSUED = "issued"
    SIGNED = "signed-for"
    REPLIED = "replied"
    RETURNED = "reply-returned"
    HANDED_BACK = "assignment-handed-back"
    ACCEPTED = "reply-accepted"
    WITHDRAWN = "assignment-withdrawn"


class Programme(Base):
    """What makes a docketed case a standing programme: its term and categories (none: all of them).

    Its objects are the units of the case's approved plan.
    """

    __tablename__ = "programme"

    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), primary_key=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    categories: Mapped[list[str]]


class Assignment(Base):
    """A lead that one unit handles and replies on. ``body_id``: what it is asked, sealed to case and unit."""

    __tablename__ = "assignment"
    __table_args__ = (Index(None, "state", "due_on", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    programme_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("programme.case_id"), index=True)
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"), index=True)
    state: Mapped[AssignmentState] = mapped_column(
        code_column(AssignmentState), default=AssignmentState.ISSUED
    )
    version: Mapped[int] = mapped_column(default=1)
    body_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    due_on: Mapped[date]
    issued_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    issued_at: Mapped[datetime]
    signed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    signed_at: Mapped[datetime | None]
    handed_back: Mapped[bool] = mapped_column(default=False)
    note_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    checked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    checked_at: Mapped[datetime | None]


class AssignmentReply(Base):
    """A unit's reply, an answer to each question; its proofs are exhibits."""

    __tablename__ = "assignment_reply"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    assignment_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("assignment.id"), index=True)
    body_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    replied_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    replied_at: Mapped[datetime]
    returned_note_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))

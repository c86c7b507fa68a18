"""Obstruction of an inspection and retaliation: each a record of its own, with the P1 case it led to.

Source: Reg. art. 25, 26; issue 4 "Obstruction and retaliation open their own records and a P1 case".
"""

from __future__ import annotations

import uuid
from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, code_column


class InterferenceKind(StrEnum):
    """What was done: against those who inspect, or against whoever reported."""

    OBSTRUCTION = "obstruction"
    RETALIATION = "retaliation"


class Interference(Base):
    """One of them. ``record_id``: the field record; ``tip_id``, ``message_id``: what the informant wrote.

    case_id: the case that was opened about it; None until the desk has opened one. Of what was said nothing
    stands here: the words are in the record or in the mailbox, sealed as those are.
    """

    __tablename__ = "interference"
    __table_args__ = (Index(None, "case_id", "noted_on", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[InterferenceKind] = mapped_column(code_column(InterferenceKind))
    noted_on: Mapped[date]
    record_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("field_record.id"), unique=True)
    tip_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("tip.id"), index=True)
    message_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("message.id"), unique=True)
    case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("case.id"))
    opened_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))

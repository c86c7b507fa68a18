"""The transactional outbox: work to do, written in the transaction that causes it.

A row holds a topic and one id, never content. A finished row is deleted, so nothing is left that could be
ordered. Source: 3-architecture rule 2.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import NO_ROWID, Base, code_column


class OutboxTopic(StrEnum):
    """Every kind of work; each has exactly one handler in ``verification.jobs.handlers``."""

    CLEAN_FILE = "clean-file"
    INFORMANT_EVENT = "informant-event"
    STAFF_NOTICE = "staff-notice"
    CLOCK_TICK = "clock-tick"
    ORPHAN_SWEEP = "orphan-sweep"
    KEY_ROLL = "key-roll"
    INTAKE_COUNT = "intake-count"
    NIGHT_REORDER = "night-reorder"


class OutboxRow(Base):
    """One piece of work. ``attempts`` is written by the relay at claim, and is what makes a claim single.

    The lease itself lies in the queue server, which keeps nothing on disk: a moment written here would
    tell, to the second, when the tip came that caused the work.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index(None, "dead", "attempts"), NO_ROWID)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    topic: Mapped[OutboxTopic] = mapped_column(code_column(OutboxTopic))
    subject_id: Mapped[uuid.UUID]
    due_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    dead: Mapped[bool] = mapped_column(default=False)
    error_code: Mapped[str | None] = mapped_column(String(80))

"""Deadlines, staff notices, the audit chain and the working-day calendar."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import NO_ROWID, Base


class Deadline(Base):
    """A running, met or paused clock on one subject. ``rule_id`` names its rule in rules.toml.

    paused_at: since when it stands still; ``due_at`` is then what it was, and says how much is left.
    pause_code: the event that it last stood still for; it stays when the clock runs again.
    """

    __tablename__ = "deadline"
    __table_args__ = (Index(None, "met_on", "due_at"), Index(None, "subject_id"), NO_ROWID)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[uuid.UUID]
    rule_id: Mapped[str] = mapped_column(String(60))
    began_on: Mapped[date]
    due_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    pause_code: Mapped[str | None] = mapped_column(String(40))
    met_on: Mapped[date | None]
    warned: Mapped[int] = mapped_column(default=0)


class StaffNotice(Base):
    """A content-free notice to one person: a code and a subject, never a text."""

    __tablename__ = "staff_notice"
    # Without a row id: the order of notices would tell when a tip came.
    __table_args__ = (Index(None, "staff_id", "read_at"), NO_ROWID)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    code: Mapped[str] = mapped_column(String(40))
    subject_kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[uuid.UUID]
    written_on: Mapped[date]
    read_at: Mapped[datetime | None]


class AuditEntry(Base):
    """One link of the hash chain. ``at`` is null for what an informant caused: only the day is kept.

    signature: by the key ``signed_by`` of the person ``actor_id``; the three are null together, where no
    unlocked person acted.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "subject_id"), Index(None, "actor_id"))

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[date]
    at: Mapped[datetime | None]
    actor_id: Mapped[uuid.UUID | None]
    event: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[uuid.UUID]
    facts: Mapped[dict[str, Any]]
    signed_by: Mapped[uuid.UUID | None]
    signature: Mapped[bytes | None]
    previous_hash: Mapped[bytes]
    entry_hash: Mapped[bytes] = mapped_column(unique=True)


class AuditHead(Base):
    """The last link, one row, locked by whoever appends."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    entry_hash: Mapped[bytes]


class CalendarDay(Base):
    """A day that differs from the plain week: a holiday, or a weekend day worked (调休). Editable."""

    __tablename__ = "calendar_day"
    __table_args__ = (NO_ROWID,)

    day: Mapped[date] = mapped_column(primary_key=True)
    is_workday: Mapped[bool]
    name: Mapped[str] = mapped_column(String(40), default="")

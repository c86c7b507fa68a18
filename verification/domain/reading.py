"""Notices to staff: taking note of them. Looking at a subject takes note of everything told about it."""

from __future__ import annotations

import uuid

from sqlalchemy import update

from verification.domain.acting import Acting
from verification.models import StaffNotice


def take_note(acting: Acting, *, subject_id: uuid.UUID | None = None) -> None:
    """Mark one's own unread notices as read: those about one subject, or all."""
    statement = update(StaffNotice).where(
        StaffNotice.staff_id == acting.staff_id, StaffNotice.read_at.is_(None)
    )
    if subject_id is not None:
        statement = statement.where(StaffNotice.subject_id == subject_id)
    acting.session.execute(statement.values(read_at=acting.clock.now()))

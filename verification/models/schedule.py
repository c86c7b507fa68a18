"""Which turn of each recurring piece of work was posted last, so that several relays post each turn once.

Source: 3-architecture rule 2. Must not know what the work is: ``verification.jobs.schedule`` does.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class ScheduleSlot(Base):
    """One row for each recurring work; ``slot`` is the beginning of the last turn posted."""

    __tablename__ = "schedule_slot"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    slot: Mapped[datetime]

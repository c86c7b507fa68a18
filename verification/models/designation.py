"""Designations (指定): the government lets a department inspect, within matter, scope, duty and term.

Source: Reg. art. 7; 2-domain §2 "designation record with four fields and expiry".
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, code_column


class DesignationState(StrEnum):
    """States of a designation; transitions are in ``verification.workflow.rows.designations``."""

    PROPOSED = "designation-proposed"
    RUNNING = "designation-running"
    RETURNED = "designation-returned"
    REVOKED = "designation-revoked"


class DesignationDuty(StrEnum):
    """What a department is designated for: to organise and lead, or to send people to the team."""

    LEAD = "lead"
    TAKE_PART = "take-part"


class Designation(Base):
    """One designation, made within the case that calls for it. ``body_id``: its wording, sealed to the case.

    wide: it also covers other docketed cases of ``categories`` (none: of every one). units: the bodies that
    may be inspected under it, as hex ids (none: those of the case at hand). number: of the paper.
    Its expiry is a date, not a state: after ``ends_on`` it covers nothing.
    """

    __tablename__ = "designation"
    __table_args__ = (Index(None, "state", "ends_on", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"), index=True)
    state: Mapped[DesignationState] = mapped_column(
        code_column(DesignationState), default=DesignationState.PROPOSED
    )
    version: Mapped[int] = mapped_column(default=1)
    duty: Mapped[DesignationDuty] = mapped_column(code_column(DesignationDuty))
    wide: Mapped[bool] = mapped_column(default=False)
    categories: Mapped[list[str]]
    units: Mapped[list[str]]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    number: Mapped[str | None] = mapped_column(String(60))
    body_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    written_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    written_on: Mapped[date]
    made_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    made_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]
    ended_note_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))

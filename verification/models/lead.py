"""What was found beyond the matter of a case, and what it became. Source: issue 4 "Derived leads"."""

from __future__ import annotations

import uuid
from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, code_column


class LeadState(StrEnum):
    """States of a derived lead; transitions are in ``verification.workflow.rows.leads``."""

    NOTED = "lead-noted"
    TAKEN_UP = "lead-taken-up"
    DECLINED = "lead-declined"


class DerivedLead(Base):
    """Something found beyond. is_sweep: the same problem elsewhere (举一反三), for several units at once.

    case_id: where it was found; its text is sealed to that case. became_id: the case it was taken up as.
    reason_id: why it was not.
    """

    __tablename__ = "derived_lead"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    state: Mapped[LeadState] = mapped_column(code_column(LeadState), default=LeadState.NOTED)
    version: Mapped[int] = mapped_column(default=1)
    is_sweep: Mapped[bool] = mapped_column(default=False)
    body_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    found_on: Mapped[date]
    found_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    became_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("case.id"), unique=True)
    decided_on: Mapped[date | None]
    decided_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    reason_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))


class LeadRecord(Base):
    """A record that shows what was found beyond; outside the plan, it is covered by the lead's own plan."""

    __tablename__ = "lead_record"

    lead_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("derived_lead.id"), primary_key=True)
    record_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("field_record.id"), primary_key=True, index=True)

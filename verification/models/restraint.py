"""What keeps inspections few: the overlap search that goes with a proposal, and rules set aside.

Source: Reg. art. 15; issue 4 "No duplicate, multi-headed, ultra-vires inspection".
"""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base


class OverlapSearch(Base):
    """The search that a proposal was made with: ids of the cases found, which may be none."""

    __tablename__ = "overlap_search"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    number: Mapped[int]
    searched_on: Mapped[date]
    searched_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    window_days: Mapped[int]
    found: Mapped[list[str]]


class RuleException(Base):
    """A rule that does not hold for one case: who said so, with the reason, sealed to the case."""

    __tablename__ = "rule_exception"
    __table_args__ = (UniqueConstraint("case_id", "rule_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    rule_id: Mapped[str] = mapped_column(String(60))
    reason_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    made_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    made_on: Mapped[date]

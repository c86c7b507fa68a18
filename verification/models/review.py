"""Review of a delivered conclusion on the unit's application. Source: Reg. art. 17; 2-domain §2."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, code_column
from verification.models.case import Finding


class ReviewState(StrEnum):
    """States of a review; transitions are in ``verification.workflow.table``."""

    APPLIED = "applied"
    CHECKING = "checking"
    REVIEWING = "reviewing"
    PROPOSED = "review-proposed"
    DECIDED = "decided"
    DELIVERED = "decision-delivered"


class ReviewOutcome(StrEnum):
    """What the government decides on an application."""

    UPHOLD = "uphold"
    CHANGE = "change"
    REVOKE = "revoke"
    NOT_ADMITTED = "not-admitted"


class Review(Base):
    """A unit's application and what became of it; one for each unit and conclusion.

    body_id, decision_id: sealed to the case and to the unit, the decision from its delivery on. applied_on:
    the day it was received. withdrawn: ids of the rectification items that fall with the decision.
    """

    __tablename__ = "review"
    __table_args__ = (UniqueConstraint("conclusion_id", "unit_id"), Index(None, "state", "applied_on", "id"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    conclusion_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("conclusion.id"))
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"), index=True)
    state: Mapped[ReviewState] = mapped_column(code_column(ReviewState), default=ReviewState.APPLIED)
    version: Mapped[int] = mapped_column(default=1)
    body_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    applied_on: Mapped[date]
    applied_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    named_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    admitted_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    outcome: Mapped[ReviewOutcome | None] = mapped_column(code_column(ReviewOutcome))
    decision_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    file_version_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    unit_version_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    withdrawn: Mapped[list[str]] = mapped_column(default=list)
    proposed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    proposed_at: Mapped[datetime | None]
    decided_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    delivered_on: Mapped[date | None]
    delivered_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))


class ReviewMember(Base):
    """Somebody named to review; they had no part in the case."""

    __tablename__ = "review_member"

    review_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("review.id"), primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True, index=True)


class ReviewFinding(Base):
    """The finding that a proposed decision puts in the place of an allegation's."""

    __tablename__ = "review_finding"

    review_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("review.id"), primary_key=True)
    allegation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("allegation.id"), primary_key=True)
    finding: Mapped[Finding] = mapped_column(code_column(Finding))

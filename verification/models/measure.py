"""What is made of a conclusion: each use with whom it goes to, what was approved, and what came back.

Source: Reg. art. 13, 19–22, 25; 2-domain §2; issue 4 "Uses".
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, code_column


class MeasureState(StrEnum):
    """States of a use; transitions are in ``verification.workflow.rows.measures``."""

    DRAFT = "written"
    PROPOSED = "use-proposed"
    APPROVED = "use-approved"
    SENT = "use-sent"
    RECEIVED = "use-received"
    ANSWERED = "use-answered"
    WITHDRAWN = "use-withdrawn"


class MeasureKind(StrEnum):
    """What is made of it. What each needs is in ``verification.policy.uses``."""

    COMMENDATION = "commendation"
    INCENTIVE = "incentive"
    CRITICISM = "criticism"
    ACCOUNTABILITY = "accountability-proposal"
    PUBLISH_CASE = "publish-case"
    PUBLISH_OVERDUE = "publish-overdue"
    CLEARING = "clearing"
    TALK = "talk"
    ORDER = "order-to-correct"
    ADVICE = "policy-advice"
    CHANGE = "change-document"
    RESEARCH = "research-report"
    ASSISTANCE = "letter-of-assistance"
    ENFORCEMENT = "law-enforcement-supervision"
    RECORD_REVIEW = "document-review"


class Measure(Base):
    """One use of a case's conclusion.

    body_id: whom it speaks to and its words, sealed to the case, and to ``unit_id`` once it was sent there.
    organ: the code of the receiving body where it is no unit of ours. number: of the paper.
    """

    __tablename__ = "measure"
    __table_args__ = (Index(None, "state", "written_on", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    kind: Mapped[MeasureKind] = mapped_column(code_column(MeasureKind))
    state: Mapped[MeasureState] = mapped_column(code_column(MeasureState), default=MeasureState.DRAFT)
    version: Mapped[int] = mapped_column(default=1)
    unit_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("unit.id"), index=True)
    organ: Mapped[str | None] = mapped_column(String(40))
    body_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    written_on: Mapped[date]
    written_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    approved_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    approved_at: Mapped[datetime | None]
    number: Mapped[str | None] = mapped_column(String(60))
    sent_on: Mapped[date | None]
    sent_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    received_on: Mapped[date | None]
    receipt_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    answered_on: Mapped[date | None]
    answer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))

"""Requests that somebody keep away from a case, what was decided, and the checks of what they left behind.

Source: Civil Servant Law 76–77; issue 4 "Recusal".
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, code_column
from verification.models.staff import InterestKind


class RecusalState(StrEnum):
    """States of a request; transitions are in ``verification.workflow.rows.recusals``."""

    ASKED = "recusal-asked"
    GRANTED = "recusal-granted"
    REFUSED = "recusal-refused"


class RecusalOrigin(StrEnum):
    """Who brings it up. Source: Civil Servant Law 77."""

    OWN = "own-request"
    INTERESTED = "interested-person"
    TOLD = "told-by-others"
    OFFICE = "office-itself"


class RecusalRequest(Base):
    """One request about one person. ``body_id``: who asks and why; ``decision_id``: reasons; both sealed."""

    __tablename__ = "recusal_request"
    __table_args__ = (Index(None, "state", "made_on", "id"), Index(None, "staff_id", "case_id"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    state: Mapped[RecusalState] = mapped_column(code_column(RecusalState), default=RecusalState.ASKED)
    version: Mapped[int] = mapped_column(default=1)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    origin: Mapped[RecusalOrigin] = mapped_column(code_column(RecusalOrigin))
    ground: Mapped[InterestKind] = mapped_column(code_column(InterestKind))
    body_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    made_on: Mapped[date]
    made_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    decided_on: Mapped[date | None]
    decided_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    decision_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))


class FindingCheck(Base):
    """Somebody free of the case checked a finding that rested on the work of one who must keep away."""

    __tablename__ = "finding_check"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    allegation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("allegation.id"), index=True)
    checked_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    checked_at: Mapped[datetime]
    note_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))

"""Asking the informants of a case whether it was really fixed, one row for each question in a mailbox.

What they answer is sealed to the desk; the codes are written here when the desk has read it, and a pressure
on the informant by the kind of their message alone. Source: 2-domain §2a, §3, §5 "fake rectification".
"""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, code_column
from portal.models.records import Fixed, Treated


class AskingState(StrEnum):
    """States of a question; transitions are in ``verification.workflow.rows.asking``."""

    OPEN = "fix-asked"
    ANSWERED = "fix-answered"
    CONFIRMED = "fix-confirmed"
    DISPUTED = "fix-disputed"
    DECIDED = "dispute-decided"


class DisputeDecision(StrEnum):
    """What the office does about an informant's “not fixed”."""

    AGAIN = "verify-again"
    STANDS = "stands"


class Asking(Base):
    """One question to one informant. ``message_id``: it in the mailbox; ``reason_id``: sealed to the case."""

    __tablename__ = "asking"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    tip_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tip.id"), index=True)
    message_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("message.id"), unique=True)
    state: Mapped[AskingState] = mapped_column(code_column(AskingState), index=True, default=AskingState.OPEN)
    version: Mapped[int] = mapped_column(default=1)
    asked_at: Mapped[datetime]
    asked_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    fixed: Mapped[Fixed | None] = mapped_column(code_column(Fixed))
    treated: Mapped[Treated | None] = mapped_column(code_column(Treated))
    pressed: Mapped[bool] = mapped_column(default=False)
    decision: Mapped[DisputeDecision | None] = mapped_column(code_column(DisputeDecision))
    reason_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    decided_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]

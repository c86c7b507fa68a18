"""What a case hands to the supervision commission or the judicial organs, and what came back.

Source: Reg. art. 23; issue 4 "Referral of a duty violation or crime".
"""

from __future__ import annotations

import uuid
from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, code_column


class ReferralState(StrEnum):
    """States of a referral; transitions are in ``verification.workflow.rows.referrals``."""

    FOUND = "matter-found"
    SENT = "sent"
    RECEIVED = "received-there"
    ANSWERED = "outcome-known"


class Matter(StrEnum):
    """What was found. The first two go to the supervision commission, the third to the judicial organs."""

    DUTY_VIOLATION = "duty-violation"
    DUTY_CRIME = "duty-crime"
    OTHER_CRIME = "other-crime"


class Referral(Base):
    """One matter handed over. ``body_id``: the facts, sealed to the case; ``number``: of the letter."""

    __tablename__ = "referral"
    __table_args__ = (Index(None, "state", "found_on", "id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    state: Mapped[ReferralState] = mapped_column(code_column(ReferralState), default=ReferralState.FOUND)
    version: Mapped[int] = mapped_column(default=1)
    matter: Mapped[Matter] = mapped_column(code_column(Matter))
    body_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    found_on: Mapped[date]
    found_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    organ: Mapped[str | None] = mapped_column(String(40))
    number: Mapped[str | None] = mapped_column(String(60))
    sent_on: Mapped[date | None]
    sent_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    received_on: Mapped[date | None]
    receipt_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    outcome_on: Mapped[date | None]
    outcome_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))


class IdentityConsent(Base):
    """Whether an informant agrees that who they are goes along with a referral; asked in their mailbox.

    given: None until they answer. opening_id: the opening by two people that it then rested on.
    """

    __tablename__ = "identity_consent"
    __table_args__ = (UniqueConstraint("referral_id", "tip_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    referral_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("referral.id"))
    tip_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tip.id"), index=True)
    message_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("message.id"), unique=True)
    asked_on: Mapped[date]
    asked_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    given: Mapped[bool | None]
    answered_on: Mapped[date | None]
    opening_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("identity_opening.id"))
    went_on: Mapped[date | None]
    went_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))

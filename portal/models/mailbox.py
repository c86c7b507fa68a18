"""The two-way mailbox of a tip: append-only messages, sealed to the informant or to the desk.

What an informant does is an event row here; the relay applies it through the workflow.
"""

from __future__ import annotations

import uuid
from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import NO_ROWID, Base, code_column


class MessageKind(StrEnum):
    """Who writes what. The first five come from the office, the others from the informant.

    FOLLOW_UP: whether it was really fixed; RATING: the answer to that. PRESSURE: somebody wants the informant
    to answer otherwise. CONSENT_QUESTION: whether who they are may go along with a referral.
    """

    QUESTION = "question"
    ANSWER = "answer"
    NOTE = "note"
    FOLLOW_UP = "follow-up"
    CONSENT_QUESTION = "consent-question"
    REPLY = "reply"
    MATERIAL = "material"
    OBJECTION = "objection"
    RATING = "rating"
    PRESSURE = "pressure"
    RETALIATION = "retaliation"
    CONSENT_GIVEN = "consent-given"
    CONSENT_REFUSED = "consent-refused"

    @property
    def from_office(self) -> bool:
        """Whether the office wrote it."""
        return self in (
            MessageKind.QUESTION,
            MessageKind.ANSWER,
            MessageKind.NOTE,
            MessageKind.FOLLOW_UP,
            MessageKind.CONSENT_QUESTION,
        )

    @property
    def answers_consent(self) -> bool:
        """Whether it says yes or no to who they are going along."""
        return self in (MessageKind.CONSENT_GIVEN, MessageKind.CONSENT_REFUSED)


class Message(Base):
    """One message; ``ordinal`` counts within its tip, so no order between tips shows."""

    __tablename__ = "message"
    __table_args__ = (UniqueConstraint("tip_id", "ordinal"), NO_ROWID)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    tip_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tip.id"), index=True)
    ordinal: Mapped[int]
    kind: Mapped[MessageKind] = mapped_column(code_column(MessageKind))
    object_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    sent_on: Mapped[date]
    reply_to: Mapped[uuid.UUID | None]
    read_by_office: Mapped[bool] = mapped_column(default=False)

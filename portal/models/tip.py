"""Tips and their attachments, and the draft of a form on its way to being one.

The portal inserts; only ``verification.workflow.apply`` ever changes ``state``. Nothing here is finer than
a day. Source: 4-sealing "Compartments of a tip".
"""

from __future__ import annotations

import uuid
from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import NO_ROWID, Base, code_column


class TipState(StrEnum):
    """States of a tip; transitions are in ``verification.workflow.table``."""

    RECEIVED = "received"
    TRIAGE = "triage"
    ASKING = "asking"
    ACCEPTED = "accepted"
    IN_CASE = "in-case"
    ANSWERED = "answered"
    DECLINED = "declined"
    REFERRED = "referred"
    HANDED_ON = "handed-on"


class Desk(StrEnum):
    """Whose desk a tip was sealed to."""

    DESK = "desk"
    ALTERNATE = "alternate"


class Priority(StrEnum):
    """P1 life safety or retaliation … P4 suggestion. Source: 2-domain §3."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"


class Tip(Base):
    """One citizen's message. Before triage its row tells urgency and day, nothing else."""

    __tablename__ = "tip"
    __table_args__ = (
        Index(None, "desk", "state", "received_on", "id"),
        Index(None, "desk", "state", "category", "received_on", "id"),
        # Urgent tips are few: the desk finds them at once, and no other tip pays for it. The first column is
        # one value alone; without it SQLite takes the longer index (400 ms, not 1, at ten thousand tips).
        Index(
            "ix_tip_urgent",
            "urgent",
            "desk",
            "state",
            "received_on",
            "id",
            sqlite_where=text("urgent = 1"),
            postgresql_where=text("urgent"),
        ),
        NO_ROWID,
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    receipt_lookup: Mapped[bytes] = mapped_column(unique=True)
    informant_public: Mapped[bytes]
    desk: Mapped[Desk] = mapped_column(code_column(Desk))
    desk_key_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recipient_key.id"))
    director_key_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recipient_key.id"))
    statement_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    identity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    received_on: Mapped[date]
    received_hour: Mapped[int | None]
    urgent: Mapped[bool] = mapped_column(default=False)
    # The database gives these at first: the portal's role may not even name them when it inserts.
    state: Mapped[TipState] = mapped_column(code_column(TipState), server_default=TipState.RECEIVED.value)
    version: Mapped[int] = mapped_column(server_default="1")
    # What staff write at triage: the coarse fields, and the digest sealed under the desk's digest key.
    digest: Mapped[bytes | None]
    category: Mapped[str | None] = mapped_column(String(8))
    town_id: Mapped[uuid.UUID | None]
    priority: Mapped[Priority | None] = mapped_column(code_column(Priority))
    closing_code: Mapped[str | None] = mapped_column(String(40))
    channel_code: Mapped[str | None] = mapped_column(String(40))
    case_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    identity_opened: Mapped[bool] = mapped_column(server_default=false())


class Attachment(Base):
    """A file that came with a tip or with a later message; its name is in the sealed statement or message."""

    __tablename__ = "attachment"
    __table_args__ = (NO_ROWID,)

    object_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("stored_file.object_id", ondelete="CASCADE"), primary_key=True
    )
    tip_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tip.id"), index=True)
    message_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("message.id"))
    ordinal: Mapped[int]


class Draft(Base):
    """One rendering of the form, by an id only form and cookie can derive. Keeps a double submission single.

    ``content_mac`` is keyed by the draft key, which the server does not hold. A second row, by an id of the
    form alone and without a tip, says that a form was sent: FORMAT.md §10.
    """

    __tablename__ = "draft"
    __table_args__ = (NO_ROWID,)

    id: Mapped[bytes] = mapped_column(primary_key=True)
    begun_on: Mapped[date] = mapped_column(index=True)
    desk: Mapped[Desk] = mapped_column(code_column(Desk))
    tip_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("tip.id"))
    content_mac: Mapped[bytes | None]


class DraftFile(Base):
    """A file received before its tip was complete; name, length and file key sealed under the draft key."""

    __tablename__ = "draft_file"
    __table_args__ = (NO_ROWID,)

    object_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("sealed_object.id", ondelete="CASCADE"), primary_key=True
    )
    draft_id: Mapped[bytes] = mapped_column(ForeignKey("draft.id", ondelete="CASCADE"), index=True)
    ordinal: Mapped[int]
    sealed_meta: Mapped[bytes]
    submitted: Mapped[bool] = mapped_column(default=False)

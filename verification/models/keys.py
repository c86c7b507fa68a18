"""Wrapped private keys and unlocked sessions. The portal's database role cannot read these tables.

Source: 4-sealing "Keys".
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import NO_ROWID, Base


class KeyWrap(Base):
    """The private half of ``key_id``, HPKE-sealed to ``holder_key_id``. Deleting the row takes the access."""

    __tablename__ = "key_wrap"
    __table_args__ = (NO_ROWID,)

    key_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recipient_key.id"), primary_key=True)
    holder_key_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("recipient_key.id"), primary_key=True, index=True
    )
    sealed_private: Mapped[bytes]


class FileMark(Base):
    """By which a file is known when it comes again, under the desk generation ``key_id``. FORMAT.md §12.5."""

    __tablename__ = "file_mark"
    __table_args__ = (Index(None, "mark", "key_id"), NO_ROWID)

    object_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("stored_file.object_id", ondelete="CASCADE"), primary_key=True
    )
    key_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recipient_key.id"))
    mark: Mapped[bytes]


class StaffSession(Base):
    """A split session: the staff keys sealed under a random key that exists only in the cookie."""

    __tablename__ = "staff_session"
    __table_args__ = (NO_ROWID,)

    id: Mapped[bytes] = mapped_column(primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), index=True)
    sealed_keys: Mapped[bytes]
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class Destruction(Base):
    """A two-person destruction of a file: asked for with a reason, decided by somebody else.

    decided_at: null while it waits; destroyed: whether it was agreed, not declined or withdrawn.
    """

    __tablename__ = "destruction"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    object_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("stored_file.object_id"), index=True)
    tip_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tip.id"))
    asked_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    asked_at: Mapped[datetime]
    reason_object_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    decided_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    destroyed: Mapped[bool] = mapped_column(default=False)


class IdentityOpening(Base):
    """A two-person opening of an identity: asked for with a reason, agreed by the other key's holder.

    ``sealed_share`` is the director's share, sealed to the asking supervisor's staff key once agreed; it is
    deleted some days later.
    """

    __tablename__ = "identity_opening"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    tip_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tip.id"), index=True)
    identity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    asked_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    asked_at: Mapped[datetime]
    reason_object_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    agreed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    agreed_at: Mapped[datetime | None]
    sealed_share: Mapped[bytes | None]

"""Public keys, sealed objects and the grants that open them.

Only public halves are here; private halves, wrapped, are rows of ``verification.models.keys``.
Source: 4-sealing "Keys", "Sealed object".
"""

from __future__ import annotations

import uuid
from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import NO_ROWID, Base, code_column


class KeyPurpose(StrEnum):
    """What a key is for. ``VOICE`` and ``CLEANER_ISSUER`` sign and open nothing."""

    DESK = "desk"
    ALTERNATE = "alternate"
    DIRECTOR = "director"
    STAFF = "staff"
    CASE = "case"
    UNIT = "unit"
    CLEANER = "cleaner"
    CLEANER_ISSUER = "cleaner-issuer"
    RECOVERY = "recovery"
    VOICE = "voice"


#: Holder of the director's key that the alternate desk's second person has; "" is the office's own director.
SECOND_OF_ALTERNATE = "alternate"


class RecipientKey(Base):
    """A signed public key. ``signed_by`` is null where the office root signed it."""

    __tablename__ = "recipient_key"
    __table_args__ = (Index(None, "purpose", "holder", "generation"), NO_ROWID)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    purpose: Mapped[KeyPurpose] = mapped_column(code_column(KeyPurpose))
    holder: Mapped[str] = mapped_column(String(64), default="")
    generation: Mapped[int] = mapped_column(default=1)
    public: Mapped[bytes]
    signature: Mapped[bytes]
    signed_by: Mapped[uuid.UUID | None]
    not_before: Mapped[date]
    not_after: Mapped[date | None]
    retired: Mapped[bool] = mapped_column(default=False)


class SealedObject(Base):
    """A sealed object: small ones carry their bytes in ``body``, large ones lie in the blob store."""

    __tablename__ = "sealed_object"
    __table_args__ = (NO_ROWID,)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[int]
    body: Mapped[bytes | None]
    blob_name: Mapped[str | None] = mapped_column(String(64), unique=True)
    sealed_bytes: Mapped[int]
    stored_on: Mapped[date]


class FilePart(Base):
    """A later part of a file that arrived in several; the first one's id is the file's. FORMAT.md §4.7."""

    __tablename__ = "file_part"
    __table_args__ = (UniqueConstraint("head_id", "number"), NO_ROWID)

    object_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("sealed_object.id", ondelete="CASCADE"), primary_key=True
    )
    head_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id", ondelete="CASCADE"))
    number: Mapped[int]


class ObjectGrant(Base):
    """The file key of one object, HPKE-sealed to one recipient key. Deleting the row takes the access."""

    __tablename__ = "object_grant"
    __table_args__ = (NO_ROWID,)

    object_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("sealed_object.id", ondelete="CASCADE"), primary_key=True
    )
    recipient_key_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, index=True)
    sealed_file_key: Mapped[bytes]


class CleanState(StrEnum):
    """Where an uploaded file stands on its way to a clean copy."""

    WAITING = "waiting"
    AWAITING_GRANT = "awaiting-grant"
    CLEANED = "cleaned"
    ORIGINAL_ONLY = "original-only"
    DESTROYED = "destroyed"


class StoredFile(Base):
    """An uploaded original and its clean copy. ``clean_for`` is the recipient key the copy is sealed to."""

    __tablename__ = "stored_file"
    __table_args__ = (NO_ROWID,)

    object_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("sealed_object.id", ondelete="CASCADE"), primary_key=True
    )
    clean_state: Mapped[CleanState] = mapped_column(code_column(CleanState), default=CleanState.WAITING)
    clean_for: Mapped[uuid.UUID]
    clean_object_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    report_object_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))

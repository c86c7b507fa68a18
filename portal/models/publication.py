"""What the public pages may show from the database: names to suggest in the form, and inspection codes."""

from __future__ import annotations

import uuid
from datetime import date
from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import NO_ROWID, Base, code_column


class DirectoryKind(StrEnum):
    """Whether an entry names a body or a place."""

    BODY = "body"
    PLACE = "place"


class DirectoryEntry(Base):
    """A suggestion in the public form; written by the internal side, never by a citizen."""

    __tablename__ = "directory_entry"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    kind: Mapped[DirectoryKind] = mapped_column(code_column(DirectoryKind))
    name: Mapped[str] = mapped_column(String(120))
    ordinal: Mapped[int]


class PublishedInspection(Base):
    """An approved inspection that its code shows. The internal side writes it; under embargo there is no row.

    lookup: 32 bytes that the code derives. box: what is shown, signed by the desk and sealed under a key that
    the code derives, so that a copy of the database tells nothing to whoever has no code.
    """

    __tablename__ = "published_inspection"
    __table_args__ = (NO_ROWID,)

    lookup: Mapped[bytes] = mapped_column(primary_key=True)
    box: Mapped[bytes]
    revoked_on: Mapped[date | None]

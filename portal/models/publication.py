"""What the public pages may show from the database: names of bodies and places to suggest in the form."""

from __future__ import annotations

import uuid
from enum import StrEnum

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, code_column


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

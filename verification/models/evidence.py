"""What each exhibit and each record says to each allegation: the cells of a case's matrix of evidence.

Source: Reg. art. 16 "facts clear, evidence sufficient"; issue 4 "Allegations × evidence".
"""

from __future__ import annotations

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, code_column


class Stance(StrEnum):
    """What a piece of evidence, or the unit's own statement, says to an allegation."""

    SUPPORTS = "supports"
    REFUTES = "refutes"
    SILENT = "silent"


class EvidenceCell(Base):
    """One exhibit or one record held against one allegation; without a row nobody has judged it yet.

    ``version`` counts its changes, so that two inspectors do not overwrite each other.
    """

    __tablename__ = "evidence_cell"
    __table_args__ = (
        UniqueConstraint("allegation_id", "exhibit_id"),
        UniqueConstraint("allegation_id", "record_id"),
        CheckConstraint("(exhibit_id IS NULL) <> (record_id IS NULL)", name="one_source"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    allegation_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("allegation.id"))
    exhibit_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("exhibit.object_id"), index=True)
    record_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("field_record.id"), index=True)
    stance: Mapped[Stance] = mapped_column(code_column(Stance))
    version: Mapped[int] = mapped_column(default=1)
    set_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    set_at: Mapped[datetime]

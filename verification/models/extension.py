"""More time for a rectification item: asked for once by the unit, decided by the office with a reason.

Source: Reg. art. 18; issue 4 "extension once with reason".
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, code_column


class ExtensionState(StrEnum):
    """States of a request; transitions are in ``verification.workflow.rows.extensions``."""

    ASKED = "extension-asked"
    GRANTED = "extension-granted"
    REFUSED = "extension-refused"


class Extension(Base):
    """One request; an item has one at most. Both sides' reasons are sealed to the case and to the unit."""

    __tablename__ = "extension"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("rectification_item.id"), unique=True)
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"))
    state: Mapped[ExtensionState] = mapped_column(code_column(ExtensionState), default=ExtensionState.ASKED)
    version: Mapped[int] = mapped_column(default=1)
    due_on: Mapped[date]
    until: Mapped[date]
    reason_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    asked_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    asked_at: Mapped[datetime]
    decision_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    decided_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]

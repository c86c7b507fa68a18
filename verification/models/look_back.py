"""Look-backs: whether what was put right is still right, ninety days after closing or when chance draws it.

Source: 2-domain §1 "look-back", §3 "look-back 90 d", §5 "sampled look-back"; issue 4.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, code_column
from verification.models.outcome import VerifiedHow


class LookBackState(StrEnum):
    """States of a look-back; transitions are in ``verification.workflow.rows.look_back``."""

    DUE = "look-back-due"
    ASSIGNED = "look-back-assigned"
    REPORTED = "look-back-reported"
    SETTLED = "look-back-settled"
    DROPPED = "look-back-dropped"


class LookBackFinding(StrEnum):
    """What was found of one item. NEVER_DONE: what the unit had proved was never true (整改造假)."""

    HOLDS = "holds"
    RELAPSED = "relapsed"
    NEVER_DONE = "never-done"
    UNCHECKED = "not-checked"


#: What opens an item again.
RELAPSES = (LookBackFinding.RELAPSED, LookBackFinding.NEVER_DONE)


class LookBackSample(Base):
    """A draw by chance: from which cases, with which seed. ``pool``: their ids; anybody can draw it again.

    left_out: how many cases the person who drew must keep away from.
    """

    __tablename__ = "look_back_sample"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    first_on: Mapped[date]
    last_on: Mapped[date]
    seed: Mapped[bytes]
    pool: Mapped[list[str]]
    left_out: Mapped[int]
    count: Mapped[int]
    drawn_on: Mapped[date]
    drawn_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))


class LookBack(Base):
    """One look-back of a case's items; each closing of the case has one.

    sample_id: the draw that brought it forward. decision_id, returned_note_id: sealed to the case. told_on:
    since when the informants know what was found.
    """

    __tablename__ = "look_back"
    __table_args__ = (UniqueConstraint("case_id", "ordinal"), Index(None, "state", "due_on", "id"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    ordinal: Mapped[int]
    state: Mapped[LookBackState] = mapped_column(code_column(LookBackState), default=LookBackState.DUE)
    version: Mapped[int] = mapped_column(default=1)
    due_on: Mapped[date]
    sample_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("look_back_sample.id"))
    named_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    reported_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    reported_at: Mapped[datetime | None]
    returned_note_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    decision_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    settled_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    settled_at: Mapped[datetime | None]
    told_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    told_on: Mapped[date | None]


class LookBackMember(Base):
    """Somebody named to look again."""

    __tablename__ = "look_back_member"

    look_back_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("look_back.id"), primary_key=True)
    staff_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"), primary_key=True, index=True)


class LookBackResult(Base):
    """What was found of one item, and how the item had been closed off: a reopened one forgets that.

    seen_id: sealed to the case. reason_id: what its unit reads of a relapse, sealed to case and unit.
    """

    __tablename__ = "look_back_result"
    __table_args__ = (UniqueConstraint("look_back_id", "item_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    look_back_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("look_back.id"))
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("rectification_item.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)
    looked_on: Mapped[date]
    finding: Mapped[LookBackFinding] = mapped_column(code_column(LookBackFinding))
    seen_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    reason_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    verified_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    verified_at: Mapped[datetime | None]
    verified_how: Mapped[VerifiedHow | None] = mapped_column(code_column(VerifiedHow))
    verification_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    signer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    closed_off_at: Mapped[datetime | None]

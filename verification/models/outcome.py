"""Conclusions, rectification items, and what was signed on paper. Source: 2-domain §2 (Art. 16, 18), §2a."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, code_column


class ItemState(StrEnum):
    """States of a rectification item."""

    ORDERED = "ordered"
    REPORTED = "reported"
    RETURNED = "returned"
    VERIFIED = "verified"
    CLOSED_OFF = "closed-off"
    WITHDRAWN = "item-withdrawn"
    FALSE = "found-false"


#: Where an item waits for its unit.
UNITS_TURN = (ItemState.ORDERED, ItemState.RETURNED, ItemState.FALSE)


class VerifiedHow(StrEnum):
    """How rectification was verified."""

    ON_SITE = "on-site"
    DOCUMENTS = "by-documents"


class DeliveryMeans(StrEnum):
    """How a conclusion reached the unit. Source: issue 4 "delivery with receipt"."""

    HAND = "by-hand"
    POST = "by-post"
    LEFT = "left-there"
    NETWORK = "by-network"


class Conclusion(Base):
    """A version of the conclusion: the file version for the case, the unit version for the unit alone.

    Until ``proposed_at`` is set its drafter may change it in place; from then on a change is a new version.
    read_by: who read it over, other than its drafter. checked_by: who compared the unit version with what the
    informants wrote. Both go when the text changes. receipt_id: who received it, sealed; receipt_scan_id: the
    signed receipt. revoked_at: a review undid it; it counts as never delivered.
    """

    __tablename__ = "conclusion"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    number: Mapped[int]
    file_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    unit_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    drafted_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    drafted_at: Mapped[datetime]
    read_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    read_at: Mapped[datetime | None]
    checked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    checked_at: Mapped[datetime | None]
    proposed_at: Mapped[datetime | None]
    approved_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    approved_at: Mapped[datetime | None]
    delivered_on: Mapped[date | None]
    delivered_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    delivery_means: Mapped[DeliveryMeans | None] = mapped_column(code_column(DeliveryMeans))
    receipt_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    receipt_scan_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("stored_file.object_id"))
    revoked_at: Mapped[datetime | None]


class RectificationItem(Base):
    """A problem to put right: text and standard sealed to the case and to the unit.

    relapses: how often a look-back has opened it again. The count stays, whatever comes after.
    """

    __tablename__ = "rectification_item"
    __table_args__ = (Index(None, "state", "due_on", "id"), UniqueConstraint("case_id", "ordinal"))

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    unit_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("unit.id"), index=True)
    ordinal: Mapped[int]
    state: Mapped[ItemState] = mapped_column(code_column(ItemState), default=ItemState.ORDERED)
    version: Mapped[int] = mapped_column(default=1)
    body_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    due_on: Mapped[date]
    ordered_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    verified_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    verified_at: Mapped[datetime | None]
    verified_how: Mapped[VerifiedHow | None] = mapped_column(code_column(VerifiedHow))
    verification_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    signer_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    closed_off_at: Mapped[datetime | None]
    relapses: Mapped[int] = mapped_column(default=0)


class ItemReport(Base):
    """The unit's report on one item; its proofs are exhibits.

    false_at: since when it is known to be false (整改造假). The fact stays, whatever comes after.
    """

    __tablename__ = "item_report"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    item_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("rectification_item.id"), index=True)
    body_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    reported_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    reported_at: Mapped[datetime]
    returned_note_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    false_at: Mapped[datetime | None]
    false_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))


class PaperAct(Base):
    """An act signed on paper: recorded by one person from the scan, confirmed by a second, then applied.

    subject_version: what the paper was recorded against; it can carry nothing else. note_id: its words, and
    which exhibits were enclosed. list_id: the same for all records of a paper that dockets several cases.
    """

    __tablename__ = "paper_act"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[uuid.UUID] = mapped_column(index=True)
    case_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("case.id"), index=True)
    subject_version: Mapped[int]
    action: Mapped[str] = mapped_column(String(40))
    signed_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    signed_on: Mapped[date]
    scan_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("stored_file.object_id"))
    note_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sealed_object.id"))
    list_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    recorded_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    recorded_at: Mapped[datetime]
    confirmed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    confirmed_at: Mapped[datetime | None]

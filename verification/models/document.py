"""Official documents made from case data, their versions, and the yearly register of their numbers.

Every text is in sealed objects: what was typed and the sheet itself as a record, the two files as blobs.
Source: issue 4 "Official documents"; GB/T 9704-2012 §7.2.5 (numbers).
"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.base import Base, code_column


class DocumentKind(StrEnum):
    """The kinds an office writes; each has a template of the same name."""

    DOCKETING_FORM = "docketing-form"
    PLAN = "plan"
    NOTICE = "notice"
    ASSIGNMENT = "assignment"
    PRESSING = "pressing"
    INTERVIEW = "interview"
    SITE_RECORD = "site-record"
    MATERIALS = "materials"
    REPORT = "report"
    CONCLUSION = "conclusion"
    DELIVERY = "delivery"
    RECTIFICATION = "rectification"
    RECTIFICATION_CHECK = "rectification-check"
    REVIEW_DECISION = "review-decision"
    REFERRAL = "referral"
    CIRCULAR = "circular"
    NOT_ACCEPTED = "not-accepted"
    SUMMONS = "summons"
    ASSISTANCE = "assistance"
    ORDER = "order"
    CLEARING = "clearing"
    RESEARCH = "research"


class VoidReason(StrEnum):
    """Why a number of the register stands for no document."""

    MISPRINT = "misprint"
    NOT_SENT = "not-sent"
    DOUBLE = "double"
    SKIPPED = "skipped"


def number_text(mark: str, year: int, number: int) -> str:
    """安政督〔2026〕5号. Source: GB/T 9704-2012 §7.2.5."""
    return f"{mark}〔{year}〕{number}号"


class DocumentNumber(Base):
    """One number of a year under one mark: taken from the register or entered by hand, or void.

    A void number stays: it is never given again. document_id: null for a number voided without a document.
    """

    __tablename__ = "document_number"
    __table_args__ = (UniqueConstraint("mark", "year", "number"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    mark: Mapped[str] = mapped_column(String(20))
    year: Mapped[int]
    number: Mapped[int]
    by_hand: Mapped[bool] = mapped_column(default=False)
    document_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("document.id"), index=True)
    taken_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    taken_on: Mapped[date]
    void_reason: Mapped[VoidReason | None] = mapped_column(code_column(VoidReason))
    voided_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("staff.id"))
    voided_on: Mapped[date | None]

    @property
    def said(self) -> str:
        """As it stands on a document."""
        return number_text(self.mark, self.year, self.number)


class DocumentRegister(Base):
    """The last number of one mark and year, one row, locked by whoever takes the next."""

    __tablename__ = "document_register"

    mark: Mapped[str] = mapped_column(String(20), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Document(Base):
    """One document of a case, or of a tip that never became one; its versions follow each other.

    subject_id: the unit, record, item, review, referral or assignment it is about, where its kind has one.
    """

    __tablename__ = "document"
    __table_args__ = (CheckConstraint("(case_id IS NULL) <> (tip_id IS NULL)", name="of_one"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("case.id"), index=True)
    tip_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("tip.id"), index=True)
    kind: Mapped[DocumentKind] = mapped_column(code_column(DocumentKind))
    subject_id: Mapped[uuid.UUID | None]
    begun_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    begun_on: Mapped[date]


class DocumentVersion(Base):
    """One version, never changed. body_id: what was typed and the sheet; the hashes are SHA-256 of the files.

    number: as it stands on the sheet, empty for a draft without one.
    """

    __tablename__ = "document_version"
    __table_args__ = (UniqueConstraint("document_id", "version"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    document_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("document.id"), index=True)
    version: Mapped[int]
    number: Mapped[str] = mapped_column(String(60), default="")
    missing: Mapped[int] = mapped_column(default=0)
    body_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    docx_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    pdf_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sealed_object.id"))
    docx_hash: Mapped[bytes]
    pdf_hash: Mapped[bytes]
    made_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("staff.id"))
    made_at: Mapped[datetime]

"""Exhibits as pages show them: clean copy or reason, name, place and note, who took it and when.

A constant number of queries, however many exhibits. Must not know: who may see them (keys decide).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from portal.models.records import AttachmentEntry
from verification.domain.acting import Acting
from verification.domain.exhibits import read_exhibits
from verification.models import Exhibit, ExhibitSource, Staff
from verification.queries.files import FileView, view_files


@dataclass(frozen=True, slots=True, repr=False)
class ExhibitView:
    """One exhibit, opened."""

    object_id: uuid.UUID
    ordinal: int
    source: ExhibitSource
    off_plan: bool
    record_id: uuid.UUID | None
    item_report_id: uuid.UUID | None
    file: FileView
    place: str
    note: str
    taken_at: datetime
    taken_by: str


def view_exhibits(acting: Acting, rows: Sequence[Exhibit]) -> list[ExhibitView]:
    """Open these exhibits for a reader of their case, in order. Raises KeyLocked for anybody else."""
    read = read_exhibits(acting, rows)
    entries = [
        AttachmentEntry(one.row.object_id, one.name, one.declared_type, one.true_bytes) for one in read
    ]
    files = {file.object_id: file for file in view_files(acting, entries)}
    people = {one.row.taken_by for one in read}
    staff = acting.session.scalars(select(Staff).where(Staff.id.in_(people)))
    names = {person.id: person.name for person in staff}
    return [
        ExhibitView(
            object_id=one.row.object_id,
            ordinal=one.row.ordinal,
            source=one.row.source,
            off_plan=one.row.off_plan,
            record_id=one.row.record_id,
            item_report_id=one.row.item_report_id,
            file=files[one.row.object_id],
            place=one.place,
            note=one.note,
            taken_at=one.row.taken_at,
            taken_by=names[one.row.taken_by],
        )
        for one in read
    ]


def exhibits_of_case(acting: Acting, case_id: uuid.UUID) -> list[ExhibitView]:
    """Every exhibit of a case."""
    query = select(Exhibit).where(Exhibit.case_id == case_id).order_by(Exhibit.ordinal)
    return view_exhibits(acting, acting.session.scalars(query).all())

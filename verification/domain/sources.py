"""Exhibits and records as columns of the matrix: their numbers and what they are, opened for a reader.

A record is numbered as it was written, so that a number that somebody cited never moves.
Source: issue 4 "Allegations × evidence".
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from verification.domain.acting import Acting
from verification.models import Case, Exhibit, FieldRecord, RecordKind
from verification.policy.evidence import Source, sources_of


@dataclass(frozen=True, slots=True, repr=False)
class ReadSource:
    """A column. ``kind`` None: an exhibit. ``words``: what it shows, or where it was; may be empty."""

    source: Source
    number: int
    kind: RecordKind | None
    at: datetime
    task_id: uuid.UUID | None
    words: str


def read_sources(acting: Acting, case: Case) -> list[ReadSource]:
    """The columns of a case's matrix, opened and in order; a constant number of queries."""
    session, sources = acting.session, sources_of(acting.session, case.id)
    exhibits = {
        row.object_id: row for row in session.scalars(select(Exhibit).where(Exhibit.case_id == case.id))
    }
    records = {
        row.id: row for row in session.scalars(select(FieldRecord).where(FieldRecord.case_id == case.id))
    }
    shown = [exhibits[one.id].meta_id if one.is_exhibit else records[one.id].body_id for one in sources]
    texts = acting.open_all(shown)
    found, written = [], 0
    for source, sealed in zip(sources, shown, strict=True):
        text = texts[sealed]
        if source.is_exhibit:
            row = exhibits[source.id]
            words = str(text["note"] or text["name"])
            found.append(ReadSource(source, row.ordinal, None, row.taken_at, row.task_id, words))
        else:
            written += 1
            record = records[source.id]
            place = str(text["place"])
            found.append(ReadSource(source, written, record.kind, record.began_at, record.task_id, place))
    return found

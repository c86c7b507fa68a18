"""What a row of the matrix proves: which evidence counts, whether a finding agrees with it and with the unit.

Must not know: texts, keys, pages.
Source: Reg. art. 16; rules.toml finding-exhibit, finding-contradicts, statement-weighed, off-plan.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from verification.models import (
    Allegation,
    EvidenceCell,
    Exhibit,
    ExhibitSource,
    FieldRecord,
    Finding,
    Stance,
    StatementKind,
)

#: Findings that hold the claim to be true, wholly or in part.
UPHELD = frozenset({Finding.TRUE, Finding.MOSTLY, Finding.PARTLY})

#: These rest on reasons alone; every other finding needs an exhibit that says something.
WITHOUT_EXHIBITS = frozenset({Finding.UNVERIFIABLE, Finding.SEPARATE})

DECISIVE = frozenset({Stance.SUPPORTS, Stance.REFUTES})


class Need(StrEnum):
    """What an allegation still lacks."""

    EXHIBIT = "exhibit"
    COVER = "cover"
    JUDGING = "judging"
    UNIT = "unit"


@dataclass(frozen=True, slots=True)
class Source:
    """A column of the matrix: an exhibit by its object id, or a record by its id."""

    id: uuid.UUID
    is_exhibit: bool
    off_plan: bool


@dataclass(frozen=True, slots=True)
class Held:
    """One piece of evidence held against an allegation. ``stance`` None: not judged, ``version`` 0."""

    source: Source
    stance: Stance | None = None
    version: int = 0
    set_by: uuid.UUID | None = None

    @property
    def is_decisive(self) -> bool:
        """Whether it supports or refutes."""
        return self.stance in DECISIVE

    @property
    def counts(self) -> bool:
        """Whether it supports or refutes and may be relied on."""
        return self.is_decisive and not self.source.off_plan


def sources_of(session: Session, case_id: uuid.UUID) -> list[Source]:
    """Columns of a case's matrix: its exhibits by number, then its records as they were written.

    Proof of a later repair, what was looked back at or came with a review, and papers prove nothing of the
    claims.
    """
    exhibits = select(Exhibit.object_id, Exhibit.off_plan).where(
        Exhibit.case_id == case_id,
        Exhibit.item_report_id.is_(None),
        Exhibit.part_report_id.is_(None),
        Exhibit.review_id.is_(None),
        Exhibit.look_back_result_id.is_(None),
        Exhibit.source != ExhibitSource.PAPER,
    )
    records = select(FieldRecord.id, FieldRecord.off_plan).where(FieldRecord.case_id == case_id)
    ordered = records.order_by(FieldRecord.written_at, FieldRecord.id)
    return [
        *(Source(row[0], True, row[1]) for row in session.execute(exhibits.order_by(Exhibit.ordinal))),
        *(Source(row[0], False, row[1]) for row in session.execute(ordered)),
    ]


def evidence_of(session: Session, case_id: uuid.UUID) -> dict[uuid.UUID, tuple[Held, ...]]:
    """Each allegation's row of the matrix, in the order of ``sources_of``; four queries."""
    sources = sources_of(session, case_id)
    claims = session.scalars(select(Allegation.id).where(Allegation.case_id == case_id)).all()
    query = select(EvidenceCell).where(EvidenceCell.allegation_id.in_(claims))
    cells = {(cell.allegation_id, cell.exhibit_id or cell.record_id): cell for cell in session.scalars(query)}
    return {
        claim: tuple(_held(source, cells.get((claim, source.id))) for source in sources) for claim in claims
    }


def _held(source: Source, cell: EvidenceCell | None) -> Held:
    if cell is None:
        return Held(source)
    return Held(source, cell.stance, cell.version, cell.set_by)


def counted_exhibits(row: Iterable[Held]) -> tuple[uuid.UUID, ...]:
    """The exhibits that count, in their order: what a finding rests on."""
    return tuple(one.source.id for one in row if one.source.is_exhibit and one.counts)


def sides(row: Iterable[Held]) -> tuple[int, int]:
    """How many pieces that count support the claim, and how many refute it."""
    counted = [one.stance for one in row if one.counts]
    return counted.count(Stance.SUPPORTS), counted.count(Stance.REFUTES)


def has_exhibit(row: Iterable[Held]) -> bool:
    """Whether an exhibit that counts supports or refutes."""
    return bool(counted_exhibits(row))


def rests_off_plan(row: Iterable[Held]) -> bool:
    """Whether all that an exhibit says here was taken outside the plan."""
    decisive = [one.source for one in row if one.source.is_exhibit and one.is_decisive]
    return bool(decisive) and all(source.off_plan for source in decisive)


def contradicts(finding: Finding | None, row: Iterable[Held]) -> bool:
    """Whether a finding says the opposite of all the evidence that counts, or calls it unclear."""
    supports, refutes = sides(row)
    if finding in UPHELD:
        return refutes > 0 and supports == 0
    if finding is Finding.UNTRUE:
        return supports > 0 and refutes == 0
    return finding is Finding.UNVERIFIABLE and (supports > 0) != (refutes > 0)


def is_against_unit(finding: Finding | None, stance: Stance | None) -> bool:
    """Whether a finding goes against what the unit says of the claim."""
    if stance is Stance.REFUTES:
        return finding in UPHELD
    return stance is Stance.SUPPORTS and finding is Finding.UNTRUE


def needs_of(
    finding: Finding | None, row: Iterable[Held], *, statement: StatementKind | None
) -> tuple[Need, ...]:
    """What an allegation still lacks, the gravest first; a finding on reasons alone lacks no exhibit."""
    pieces = list(row)
    found = []
    if finding not in WITHOUT_EXHIBITS and not has_exhibit(pieces):
        found.append(Need.COVER if rests_off_plan(pieces) else Need.EXHIBIT)
    if any(one.stance is None for one in pieces):
        found.append(Need.JUDGING)
    if statement is None:
        found.append(Need.UNIT)
    return tuple(found)


def reasons_asked(
    claims: Sequence[Allegation], rows: Mapping[uuid.UUID, Sequence[Held]]
) -> list[uuid.UUID | None]:
    """What says why, for each finding against the unit and each against the evidence; None: missing."""
    asked = [one.weighed_id for one in claims if is_against_unit(one.finding, one.stance)]
    return asked + [one.against_id for one in claims if contradicts(one.finding, rows[one.id])]

"""A case's matrix of evidence for its page: allegations against exhibits, records and the unit's statement.

A constant number of queries. Must not know: words, pages. Source: issue 4 "Allegations × evidence".
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from verification.domain.acting import Acting
from verification.domain.findings import ReadAllegation, read_allegations
from verification.domain.sources import ReadSource, read_sources
from verification.models import Case
from verification.policy.evidence import Held, Need, contradicts, is_against_unit, needs_of, sides


@dataclass(frozen=True, slots=True, repr=False)
class MatrixRow:
    """One allegation. supports, refutes: what counts. contradicts: the finding says the opposite of it."""

    claim: ReadAllegation
    supports: int
    refutes: int
    needs: tuple[Need, ...]
    contradicts: bool
    against_unit: bool

    @property
    def is_bare(self) -> bool:
        """Whether nothing that counts supports or refutes it."""
        return not self.supports and not self.refutes

    def cells(self) -> Sequence[Held]:
        """In the order of the columns."""
        return self.claim.evidence


@dataclass(frozen=True, slots=True, repr=False)
class Matrix:
    """The whole of it."""

    columns: list[ReadSource]
    rows: list[MatrixRow]

    def judges(self) -> set[uuid.UUID]:
        """Whoever set a cell."""
        return {cell.set_by for row in self.rows for cell in row.cells() if cell.set_by is not None}


def read_matrix(acting: Acting, case: Case) -> Matrix:
    """Open a case's matrix. Raises KeyLocked for those who are not its readers."""
    return Matrix(read_sources(acting, case), [row_of(claim) for claim in read_allegations(acting, case)])


def row_of(claim: ReadAllegation) -> MatrixRow:
    """One allegation's row, judged."""
    row = claim.row
    supports, refutes = sides(claim.evidence)
    return MatrixRow(
        claim=claim,
        supports=supports,
        refutes=refutes,
        needs=needs_of(row.finding, claim.evidence, statement=row.statement),
        contradicts=contradicts(row.finding, claim.evidence),
        against_unit=is_against_unit(row.finding, row.stance),
    )

"""What a first draft of a conclusion is made of: findings with the evidence that each cites, and the result.

Source: Reg. art. 16; issue 4 "the conclusion drafted from the matrix; result derived".
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from verification.domain.acting import Acting
from verification.domain.findings import ReadAllegation, read_allegations, result_of
from verification.domain.sources import ReadSource, read_sources
from verification.models import Case, CaseUnit, Finding, Stance, Unit


@dataclass(frozen=True, slots=True, repr=False)
class Cited:
    """An allegation with the exhibits and records that its finding cites, by what they say to it.

    uncounted: what was taken outside the plan, and is named because it is in the file.
    """

    claim: ReadAllegation
    supports: tuple[ReadSource, ...]
    refutes: tuple[ReadSource, ...]
    uncounted: tuple[ReadSource, ...]


@dataclass(frozen=True, slots=True, repr=False)
class DraftMaterial:
    """What a first draft is made of; a template writes the sentences."""

    title: str
    units: tuple[str, ...]
    cited: tuple[Cited, ...]
    result: Finding | None

    @property
    def allegations(self) -> tuple[ReadAllegation, ...]:
        """In their order."""
        return tuple(one.claim for one in self.cited)


def material_for_draft(acting: Acting, case: Case) -> DraftMaterial:
    """Title, units, allegations with findings, evidence and statements, and the result, for a first draft."""
    names = (
        select(Unit.name)
        .join(CaseUnit, CaseUnit.unit_id == Unit.id)
        .where(CaseUnit.case_id == case.id)
        .order_by(Unit.code)
    )
    sources = {source.source.id: source for source in read_sources(acting, case)}
    cited = tuple(_cited(claim, sources) for claim in read_allegations(acting, case))
    return DraftMaterial(
        title=str(acting.open(case.brief_id)["title"]),
        units=tuple(acting.session.scalars(names)),
        cited=cited,
        result=result_of(one.claim.row.finding for one in cited),
    )


def _cited(claim: ReadAllegation, sources: Mapping[uuid.UUID, ReadSource]) -> Cited:
    def saying(stance: Stance) -> tuple[ReadSource, ...]:
        return tuple(
            sources[held.source.id] for held in claim.evidence if held.counts and held.stance is stance
        )

    outside = (held for held in claim.evidence if held.is_decisive and not held.counts)
    return Cited(
        claim=claim,
        supports=saying(Stance.SUPPORTS),
        refutes=saying(Stance.REFUTES),
        uncounted=tuple(sources[held.source.id] for held in outside),
    )

"""Which official documents of a case show a step of the compliance sheet. Must not know: words, pages.

Source: issue 4 "each step beside its rule, paper, date and person".
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from verification.models import Document, DocumentKind, DocumentNumber
from verification.queries.compliance_steps import Met, Step, StepCode

#: A step → the kinds of document that show it.
PAPERS: Final[Mapping[StepCode, tuple[DocumentKind, ...]]] = {
    StepCode.DOCKETED: (DocumentKind.DOCKETING_FORM,),
    StepCode.PLANNED: (DocumentKind.PLAN, DocumentKind.NOTICE),
    StepCode.TWO_ON_SITE: (DocumentKind.SITE_RECORD, DocumentKind.INTERVIEW),
    StepCode.EXHIBITS: (DocumentKind.MATERIALS,),
    StepCode.FINDINGS: (DocumentKind.REPORT,),
    StepCode.CONCLUDED: (DocumentKind.CONCLUSION,),
    StepCode.DELIVERED: (DocumentKind.DELIVERY,),
    StepCode.REVIEWED: (DocumentKind.REVIEW_DECISION,),
    StepCode.VERIFIED: (DocumentKind.RECTIFICATION, DocumentKind.RECTIFICATION_CHECK),
    StepCode.REFERRED: (DocumentKind.REFERRAL,),
    StepCode.USES_APPROVED: (
        DocumentKind.CIRCULAR,
        DocumentKind.SUMMONS,
        DocumentKind.ASSISTANCE,
        DocumentKind.ORDER,
        DocumentKind.CLEARING,
        DocumentKind.RESEARCH,
    ),
    StepCode.ASSIGNED: (DocumentKind.ASSIGNMENT, DocumentKind.PRESSING),
}


@dataclass(frozen=True, slots=True)
class Paper:
    """A document beside its step. number: as the register has it, empty for none."""

    document_id: uuid.UUID
    kind: DocumentKind
    number: str


def papers_of(session: Session, case_id: uuid.UUID, steps: Iterable[Step]) -> dict[StepCode, list[Paper]]:
    """Step → its documents, in the order in which they were begun; for steps on which something happened."""
    valid = and_(DocumentNumber.document_id == Document.id, DocumentNumber.void_reason.is_(None))
    rows = session.execute(
        select(Document.id, Document.kind, DocumentNumber)
        .outerjoin(DocumentNumber, valid)
        .where(Document.case_id == case_id)
        .order_by(Document.begun_on, Document.id)
    ).all()
    numbers: list[DocumentNumber | None] = [row[2] for row in rows]
    papers = [
        Paper(row.id, row.kind, number.said if number is not None else "")
        for row, number in zip(rows, numbers, strict=True)
    ]
    shown = [step.code for step in steps if step.met is not Met.NOT_YET or step.on is not None]
    found = {code: [one for one in papers if one.kind in PAPERS.get(code, ())] for code in shown}
    return {code: ones for code, ones in found.items() if ones}

"""What documents a case has, and which could be made now, in the reader's own words. Must not know: pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from verification.documents.allowing import refusals_for, subjects_of
from verification.documents.chinese import day
from verification.documents.kinds import KINDS, About
from verification.domain.acting import Acting
from verification.domain.items import items_of, read_items
from verification.domain.referring import referrals_of
from verification.domain.using import uses_of
from verification.labels import label
from verification.models import (
    Assignment,
    Case,
    Document,
    DocumentKind,
    DocumentVersion,
    FieldRecord,
    Review,
    Staff,
    Unit,
)
from verification.queries.cases import readable


@dataclass(frozen=True, slots=True, repr=False)
class DocumentRow:
    """A document with its newest version. about: what it is about, empty for the case as a whole."""

    row: Document
    newest: DocumentVersion
    about: str
    made_by: str


@dataclass(frozen=True, slots=True)
class Possible:
    """A kind that this person could make now, and what it could be about, with words for each."""

    kind: DocumentKind
    subjects: tuple[tuple[uuid.UUID | None, str], ...]


def documents_of(acting: Acting, case: Case) -> list[DocumentRow]:
    """The documents of a case, the newest first."""
    return _rows(acting, Document.case_id == case.id, lambda kind: subject_words(acting, case, kind))


def documents_of_tip(acting: Acting, tip_id: uuid.UUID) -> list[DocumentRow]:
    """The documents of a tip that never became a case."""
    return _rows(acting, Document.tip_id == tip_id, lambda _kind: {})


def possible_kinds(acting: Acting, case: Case) -> list[Possible]:
    """The kinds that nothing stands against, in the order of a case's way."""
    found: list[Possible] = []
    for kind in DocumentKind:
        if kind is DocumentKind.NOT_ACCEPTED or not acting.actor.may(KINDS[kind].permission):
            continue
        subjects = subjects_of(acting, case, kind)
        if subjects and not refusals_for(acting, case, kind, subject_id=subjects[0]):
            words = subject_words(acting, case, kind)
            found.append(Possible(kind, tuple((one, words.get(one, "") if one else "") for one in subjects)))
    return found


def readable_documents(
    acting: Acting, document_ids: Iterable[uuid.UUID | None]
) -> dict[uuid.UUID, DocumentKind]:
    """Document id → kind, of those documents whose case this person reads."""
    query = (
        select(Document.id, Document.kind)
        .join(Case, Case.id == Document.case_id)
        .where(Document.id.in_({one for one in document_ids if one is not None}), readable(acting))
    )
    return dict(acting.session.execute(query).all())


def subject_words(acting: Acting, case: Case, kind: DocumentKind) -> dict[uuid.UUID, str]:
    """Subject id → how a reader of the case tells it from the others."""
    reader = _WORDS.get(KINDS[kind].about)
    return {} if reader is None else reader(acting, case)


def _rows(
    acting: Acting, wanted: object, words_of: Callable[[DocumentKind], dict[uuid.UUID, str]]
) -> list[DocumentRow]:
    query = (
        select(Document, DocumentVersion, Staff.name)
        .join(DocumentVersion, DocumentVersion.document_id == Document.id)
        .join(Staff, Staff.id == DocumentVersion.made_by)
        .where(wanted)  # type: ignore[arg-type]  # a column's comparison
        .order_by(DocumentVersion.made_at.desc(), DocumentVersion.version.desc())
    )
    words: dict[DocumentKind, dict[uuid.UUID, str]] = {}
    found: dict[uuid.UUID, DocumentRow] = {}
    for document, version, name in acting.session.execute(query):
        if document.id in found:
            continue
        if document.kind not in words:
            words[document.kind] = words_of(document.kind)
        about = words[document.kind].get(document.subject_id, "") if document.subject_id else ""
        found[document.id] = DocumentRow(document, version, about, name)
    return list(found.values())


# --- words for subjects ------------------------------------------------------------------------------------


def _units(acting: Acting, _case: Case) -> dict[uuid.UUID, str]:
    return dict(acting.session.execute(select(Unit.id, Unit.name)).all())


def _records(acting: Acting, case: Case) -> dict[uuid.UUID, str]:
    rows = acting.session.scalars(
        select(FieldRecord).where(FieldRecord.case_id == case.id).order_by(FieldRecord.began_at)
    )
    return {row.id: f"{label(row.kind)} {day(row.began_at)}" for row in rows}


def _items(acting: Acting, case: Case) -> dict[uuid.UUID, str]:
    items = items_of(acting, case.id)
    texts = read_items(acting, items)
    return {item.id: f"{item.ordinal}. {texts[item.id].problem}" for item in items}


def _reviews(acting: Acting, case: Case) -> dict[uuid.UUID, str]:
    query = select(Review.id, Unit.name).join(Unit, Unit.id == Review.unit_id)
    return dict(acting.session.execute(query.where(Review.case_id == case.id)).all())


def _referrals(acting: Acting, case: Case) -> dict[uuid.UUID, str]:
    rows = referrals_of(acting, case.id)
    return {row.id: f"{label(row.matter)} {day(row.found_on)}" for row in rows}


def _assignments(acting: Acting, case: Case) -> dict[uuid.UUID, str]:
    query = select(Assignment.id, Unit.name).join(Unit, Unit.id == Assignment.unit_id)
    return dict(acting.session.execute(query.where(Assignment.case_id == case.id)).all())


def _uses(acting: Acting, case: Case) -> dict[uuid.UUID, str]:
    rows = uses_of(acting, case.id)
    return {row.id: f"{label(row.kind)} {day(row.written_on)}" for row in rows}


_WORDS: Final[dict[About, Callable[[Acting, Case], dict[uuid.UUID, str]]]] = {
    About.UNIT: _units,
    About.INTERVIEW: _records,
    About.VISIT: _records,
    About.ITEM: _items,
    About.REVIEW: _reviews,
    About.REFERRAL: _referrals,
    About.ASSIGNMENT: _assignments,
    About.USE: _uses,
}

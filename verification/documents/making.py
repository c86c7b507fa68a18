"""Making official documents: a sheet is set, written as DOCX and PDF in memory, sealed, hashed and kept.

Nothing of it is ever on disk in clear, temporary files included. What is made once stays as it was made.
Must not know: pages. Source: issue 4 "Official documents"; 3-architecture rule 4.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from portal.crypto.header import ObjectKind
from portal.crypto.parts import Reader
from portal.crypto.stream import SealingWriter
from portal.models import SealedObject, Tip, new_id
from portal.storage.blobs import Blobs
from portal.storage.objects import open_stored
from portal.trust import KeyOf
from verification.audit.events import Event
from verification.documents import docx_writer, pdf_writer, register
from verification.documents.allowing import refusals_for, refuse_tip
from verification.documents.chinese import day
from verification.documents.forms import Forms, KindForm
from verification.documents.gatherer import Gatherer, OfficeNames
from verification.documents.gathering import gather
from verification.documents.kinds import KINDS
from verification.documents.outward import check_outward
from verification.documents.sheet import Sheet
from verification.documents.templating import AskKind
from verification.documents.values import Group, Values
from verification.domain.acting import Acting
from verification.domain.embargo import keys_of_plan
from verification.domain.inputs import LONG, SHORT, Inputs
from verification.domain.locking import locked_case
from verification.errors import NotHere, Refused
from verification.keys.addressees import of_desk
from verification.keys.records import add_grant
from verification.models import Case, Document, DocumentKind, DocumentVersion

KEY_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class Press:
    """What documents are made with: the office's names, its templates, the store of sealed bytes."""

    office: OfficeNames
    forms: Forms
    blobs: Blobs


@dataclass(frozen=True, slots=True)
class Origin:
    """What a document is made from: a case, or a tip that never became one; and what in it it is about."""

    kind: DocumentKind
    case_id: uuid.UUID | None = None
    tip_id: uuid.UUID | None = None
    subject_id: uuid.UUID | None = None


class Numbering(StrEnum):
    """Where the number comes from."""

    NONE = "none"
    NEXT = "next"
    BY_HAND = "by-hand"


@dataclass(frozen=True, slots=True, repr=False)
class Wanted:
    """What is asked for: the typed fields by name, and the number. ``number``: as typed, for BY_HAND."""

    asked: Mapping[str, str]
    numbering: Numbering = Numbering.NONE
    number: str = ""


class FileKind(StrEnum):
    """The two files of a version."""

    DOCX = "docx"
    PDF = "pdf"


MEDIA_TYPES = {FileKind.DOCX: docx_writer.MEDIA_TYPE, FileKind.PDF: pdf_writer.MEDIA_TYPE}


@dataclass(frozen=True, slots=True, repr=False)
class _Set:
    """A sheet that may be made now, and to whom it is sealed."""

    form: KindForm
    sheet: Sheet
    asked: dict[str, str]
    to: list[KeyOf]


def preview(acting: Acting, *, press: Press, origin: Origin, wanted: Wanted) -> Sheet:
    """The sheet as it would be made; nothing is kept. Raises InvalidInput, Refused, NotHere."""
    if wanted.numbering is Numbering.BY_HAND:
        register.free_number(acting, wanted.number)
    return _set(acting, press, origin, wanted, number=wanted.number).sheet


def make_version(
    acting: Acting, *, press: Press, origin: Origin, wanted: Wanted, document_id: uuid.UUID | None = None
) -> DocumentVersion:
    """Make a version: number, both files, hashes and the trail in this transaction.

    document_id: of which it is the next version; None begins a document. A document keeps its number.
    Raises InvalidInput (the typed fields, number), Refused, NotHere.
    """
    if origin.case_id is not None:
        locked_case(acting, origin.case_id)
    # Checked before a number is taken: a refusal uses none up.
    form = _set(acting, press, origin, wanted, number="").form
    document = _document(acting, origin, document_id)
    number = _numbered(acting, press, form, document, wanted)
    made = _set(acting, press, origin, wanted, number=number)
    return _keep_version(acting, press, document, made, number=number)


def _set(acting: Acting, press: Press, origin: Origin, wanted: Wanted, *, number: str) -> _Set:
    form = press.forms[origin.kind]
    asked = _checked(form, wanted)
    case, to = _of_whom(acting, origin)
    subject_id = origin.subject_id if case is not None else origin.tip_id
    gatherer = Gatherer(acting, press.office, case, subject_id)
    values = gather(gatherer, KINDS[origin.kind].groups)
    sheet = form.set(values, _worded(form, asked), number=number)
    if case is not None and KINDS[origin.kind].outward:
        check_outward(acting, case, form, asked=asked, sheet=sheet, named=_addressed(values))
    return _Set(form, sheet, asked, to)


def _addressed(values: Values) -> list[str]:
    """Whom a letter speaks to by name: they may have been interviewed as well."""
    addressee = values.get(Group.USE.value, {}).get("addressee", "")
    return [addressee] if addressee else []


def _of_whom(acting: Acting, origin: Origin) -> tuple[Case | None, list[KeyOf]]:
    """The case that it is of, and whom it is sealed to: under embargo, those who may know of the visit.

    Raises Refused where it may not be made now.
    """
    if origin.case_id is None:
        tip = acting.session.get(Tip, origin.tip_id)
        if tip is None or origin.kind is not DocumentKind.NOT_ACCEPTED:
            raise NotHere
        refuse_tip(acting, tip)
        return None, [of_desk(acting.session, tip, day=acting.sealing.day)]
    case = acting.session.get(Case, origin.case_id)
    if case is None or origin.kind is DocumentKind.NOT_ACCEPTED:
        raise NotHere
    if refusals := refusals_for(acting, case, origin.kind, subject_id=origin.subject_id):
        raise Refused(tuple(refusals))
    return case, keys_of_plan(acting, case, unannounced=False)


def _checked(form: KindForm, wanted: Wanted) -> dict[str, str]:
    """What was typed, all of it optional: what is empty is marked on the sheet."""
    inputs = Inputs()
    asked = {
        ask.name: inputs.text(
            f"ask-{ask.name}",
            wanted.asked.get(ask.name, ""),
            most=LONG if ask.kind is AskKind.LONG else SHORT,
            needed=False,
        )
        for ask in form.asks
    }
    for ask in form.asks:
        if ask.kind is AskKind.DAY and asked[ask.name] and not _is_day(asked[ask.name]):
            inputs.wrong(f"ask-{ask.name}", _l("Please give a date."))
    inputs.done()
    return asked


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _worded(form: KindForm, asked: Mapping[str, str]) -> dict[str, str]:
    """What was typed as it stands on the sheet: days in Chinese."""
    days = {ask.name for ask in form.asks if ask.kind is AskKind.DAY}
    return {
        name: day(date.fromisoformat(text)) if name in days and text else text for name, text in asked.items()
    }


def _document(acting: Acting, origin: Origin, document_id: uuid.UUID | None) -> Document:
    if document_id is not None:
        known = acting.session.get(Document, document_id)
        if known is None or origin_of(known) != origin:
            raise NotHere
        return known
    document = Document(
        id=new_id(acting.rng),
        case_id=origin.case_id,
        tip_id=origin.tip_id,
        kind=origin.kind,
        subject_id=origin.subject_id,
        begun_by=acting.staff_id,
        begun_on=acting.sealing.day,
    )
    acting.session.add(document)
    acting.session.flush()
    return document


def _numbered(acting: Acting, press: Press, form: KindForm, document: Document, wanted: Wanted) -> str:
    """The document's number: the one it has, or the one that it takes now; empty for none."""
    if form.mark is None:
        return ""
    row = register.current_number(acting, document.id)
    if row is None and wanted.numbering is Numbering.NEXT:
        row = register.take_next(acting, document_id=document.id, mark=press.office.mark + form.mark)
    elif row is None and wanted.numbering is Numbering.BY_HAND:
        row = register.take_by_hand(acting, document_id=document.id, text=wanted.number)
    return "" if row is None else row.said


def _keep_version(
    acting: Acting, press: Press, document: Document, made: _Set, *, number: str
) -> DocumentVersion:
    now = acting.clock.now()
    docx, pdf = _written(made.sheet, now)
    body = {"asked": made.asked, "sheet": made.sheet.to_json()}
    last = select(func.max(DocumentVersion.version)).where(DocumentVersion.document_id == document.id)
    row = DocumentVersion(
        id=new_id(acting.rng),
        document_id=document.id,
        version=(acting.session.scalar(last) or 0) + 1,
        number=number,
        missing=made.sheet.missing,
        body_id=acting.seal(body, kind=ObjectKind.DOCUMENT, to=made.to),
        docx_id=_kept(acting, docx, to=made.to, blobs=press.blobs),
        pdf_id=_kept(acting, pdf, to=made.to, blobs=press.blobs),
        docx_hash=hashlib.sha256(docx).digest(),
        pdf_hash=hashlib.sha256(pdf).digest(),
        made_by=acting.staff_id,
        made_at=now,
    )
    acting.session.add(row)
    acting.session.flush()
    acting.trace(
        Event.DOCUMENT_MADE,
        subject_kind="case" if document.case_id else "tip",
        subject_id=document.case_id or document.tip_id or document.id,
        facts={
            "document": document.id.hex,
            "kind": document.kind,
            "version": row.version,
            "number": number,
            "docx": row.docx_hash.hex(),
            "pdf": row.pdf_hash.hex(),
            "template": made.form.source_hash,
        },
    )
    return row


def _written(sheet: Sheet, made_at: datetime) -> tuple[bytes, bytes]:
    return (
        docx_writer.write_docx(sheet, made_at=made_at),
        pdf_writer.write_pdf(sheet, made_at=made_at),
    )


def _kept(acting: Acting, content: bytes, *, to: list[KeyOf], blobs: Blobs) -> uuid.UUID:
    """Seal a file into the blob store, durable before the row that names it; a blob without one is swept."""
    object_id, file_key = new_id(acting.rng), secrets.token_bytes(KEY_BYTES)
    blob = blobs.create(rng=acting.rng)
    writer = SealingWriter(blob, kind=ObjectKind.DOCUMENT, object_id=object_id, file_key=file_key)
    writer.write(content)
    size = writer.finish()
    blob.keep(day=acting.sealing.day)
    acting.session.add(
        SealedObject(
            id=object_id,
            kind=ObjectKind.DOCUMENT,
            blob_name=blob.name,
            sealed_bytes=size.sealed_bytes,
            stored_on=acting.sealing.day,
        )
    )
    acting.session.flush()
    for key in to:
        add_grant(acting.session, object_id=object_id, file_key=file_key, to=key, sealing=acting.sealing)
    acting.keyring.remember(object_id, file_key)
    return object_id


# --- reading -----------------------------------------------------------------------------------------------


def origin_of(document: Document) -> Origin:
    """What a document was made from."""
    return Origin(document.kind, document.case_id, document.tip_id, document.subject_id)


def versions_of(acting: Acting, document_id: uuid.UUID) -> Sequence[DocumentVersion]:
    """A document's versions, the newest first."""
    query = select(DocumentVersion).where(DocumentVersion.document_id == document_id)
    return acting.session.scalars(query.order_by(DocumentVersion.version.desc())).all()


@dataclass(frozen=True, slots=True, repr=False)
class ReadVersion:
    """A version opened: its sheet, and what had been typed for it."""

    row: DocumentVersion
    sheet: Sheet
    asked: dict[str, str]


def read_version(acting: Acting, row: DocumentVersion) -> ReadVersion:
    """Open a version. Raises KeyLocked."""
    body = acting.open(row.body_id)
    return ReadVersion(row, Sheet.from_json(body["sheet"]), dict(body["asked"]))


def open_file(acting: Acting, row: DocumentVersion, file: FileKind, *, blobs: Blobs) -> Reader:
    """One of a version's files, for streaming; taking it is traced. Raises KeyLocked, Tampered."""
    object_id = row.docx_id if file is FileKind.DOCX else row.pdf_id
    sealed = acting.session.get_one(SealedObject, object_id)
    document = acting.session.get_one(Document, row.document_id)
    acting.trace(
        Event.DOCUMENT_TAKEN,
        subject_kind="case" if document.case_id else "tip",
        subject_id=document.case_id or document.tip_id or document.id,
        facts={"document": document.id.hex, "version": row.version, "file": file},
    )
    file_key = acting.keyring.file_key(acting.session, object_id)
    return open_stored(acting.session, sealed, file_key=file_key, blobs=blobs)

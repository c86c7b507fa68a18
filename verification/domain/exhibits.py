"""Exhibits: rows for an uploaded file that is evidence, its description, its place in the case's count.

The file itself is taken in by ``evidence.keep_upload``. Name, place and note are sealed like the file; who
took it and when is plain. Source: 2-domain §1 "exhibit"; 4-sealing.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from portal.crypto.compartments import JsonValue
from portal.crypto.header import ObjectKind
from portal.models import CleanState, SealedObject, StoredFile
from portal.storage.received import SealedFile
from portal.trust import KeyOf
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.evidence import keep_upload
from verification.domain.inputs import MEDIUM, SHORT, Inputs
from verification.errors import InvalidInput
from verification.keys.addressees import of_case
from verification.keys.records import add_grant, regrant
from verification.models import Case, Exhibit, ExhibitSource

#: How many exhibits one act may bring; a second act can bring more.
MAX_AT_ONCE = 20


@dataclass(frozen=True, slots=True, repr=False)
class NewExhibit:
    """A sealed upload and what is said of it. ``taken_at`` None: now."""

    file: SealedFile
    place: str = ""
    note: str = ""
    taken_at: datetime | None = None


#: What an act brings as proof: a new upload, or an exhibit that was filed with the act's signed paper.
Proof: TypeAlias = NewExhibit | Exhibit


@dataclass(frozen=True, slots=True)
class Belongs:
    """What an exhibit belongs to, beside its case; ``extra_key``: a unit's key that may open it too."""

    source: ExhibitSource
    off_plan: bool
    task_id: uuid.UUID | None = None
    record_id: uuid.UUID | None = None
    item_report_id: uuid.UUID | None = None
    review_id: uuid.UUID | None = None
    reply_id: uuid.UUID | None = None
    look_back_result_id: uuid.UUID | None = None
    part_report_id: uuid.UUID | None = None
    extra_key: KeyOf | None = None


@dataclass(frozen=True, slots=True, repr=False)
class ReadExhibit:
    """An exhibit with its description opened. ``clean_object_id``: what a page may show of it."""

    row: Exhibit
    name: str
    declared_type: str
    true_bytes: int
    place: str
    note: str
    clean_state: CleanState
    clean_object_id: uuid.UUID | None
    report_object_id: uuid.UUID | None


def check_exhibits(new: Sequence[Proof], *, inputs: Inputs, name: str = "files") -> None:
    """Problems of the descriptions go into ``inputs``."""
    if len(new) > MAX_AT_ONCE:
        inputs.wrong(name, _l("Please attach at most %(count)s files at once.", count=MAX_AT_ONCE))
    for exhibit in new:
        if isinstance(exhibit, Exhibit):
            continue
        inputs.text(name, exhibit.place, most=SHORT, needed=False)
        inputs.text(name, exhibit.note, most=MEDIUM, needed=False)


def file_exhibit(acting: Acting, *, case: Case, new: Proof, belongs: Belongs) -> Exhibit:
    """Take an upload into the case's evidence: original to the case key, a clean copy ordered, traced.

    An exhibit that a paper brought is there already and only gets its place. Raises InvalidInput (files) if
    this very upload was taken in before.
    """
    if isinstance(new, Exhibit):
        return _place(acting, new, belongs)
    if acting.session.get(SealedObject, new.file.object_id) is not None:
        raise InvalidInput({"files": _l("This file has been filed already.")})
    stored = keep_upload(acting, new.file, clean_for=of_case(case))
    readers = [of_case(case)]
    if belongs.extra_key is not None:
        readers.append(belongs.extra_key)
        add_grant(
            acting.session,
            object_id=stored.object_id,
            file_key=new.file.file_key,
            to=belongs.extra_key,
            sealing=acting.sealing,
        )
    exhibit = Exhibit(
        object_id=stored.object_id,
        case_id=case.id,
        ordinal=_next_ordinal(acting, case.id),
        source=belongs.source,
        task_id=belongs.task_id,
        record_id=belongs.record_id,
        item_report_id=belongs.item_report_id,
        review_id=belongs.review_id,
        reply_id=belongs.reply_id,
        look_back_result_id=belongs.look_back_result_id,
        part_report_id=belongs.part_report_id,
        meta_id=acting.seal(_description(new), kind=ObjectKind.RECORD, to=readers),
        off_plan=belongs.off_plan,
        taken_by=acting.staff_id,
        taken_at=new.taken_at or acting.clock.now(),
    )
    acting.session.add(exhibit)
    acting.session.flush()
    acting.trace(
        Event.EXHIBIT_ADDED,
        subject_kind="case",
        subject_id=case.id,
        facts={"exhibit": exhibit.object_id.hex, "source": belongs.source.value},
    )
    return exhibit


def _place(acting: Acting, exhibit: Exhibit, belongs: Belongs) -> Exhibit:
    """Give an exhibit that came with a paper to what the paper is about, and to the unit that wrote it."""
    exhibit.item_report_id, exhibit.review_id = belongs.item_report_id, belongs.review_id
    exhibit.reply_id, exhibit.part_report_id = belongs.reply_id, belongs.part_report_id
    if belongs.extra_key is not None:
        for object_id in (exhibit.object_id, exhibit.meta_id):
            regrant(
                acting.session, object_id=object_id, to=belongs.extra_key, keyring=acting.keyring,
                sealing=acting.sealing,
            )  # fmt: skip
    return exhibit


def read_exhibits(acting: Acting, rows: Sequence[Exhibit]) -> list[ReadExhibit]:
    """Open the descriptions of these exhibits, in order; a constant number of queries."""
    records = acting.open_all(row.meta_id for row in rows)
    ids = [row.object_id for row in rows]
    query = select(StoredFile).where(StoredFile.object_id.in_(ids))
    stored = {file.object_id: file for file in acting.session.scalars(query)}
    return [
        ReadExhibit(
            row=row,
            name=str(record["name"]),
            declared_type=str(record["type"]),
            true_bytes=int(record["bytes"]),
            place=str(record["place"]),
            note=str(record["note"]),
            clean_state=file.clean_state,
            clean_object_id=file.clean_object_id,
            report_object_id=file.report_object_id,
        )
        for row in sorted(rows, key=lambda one: one.ordinal)
        for record, file in [(records[row.meta_id], stored[row.object_id])]
    ]


def _description(new: NewExhibit) -> dict[str, JsonValue]:
    return {
        "name": new.file.name,
        "type": new.file.declared_type,
        "bytes": new.file.true_bytes,
        "place": new.place.strip(),
        "note": new.note.strip(),
        "parts": [str(part.object_id) for part in new.file.later],
    }


def _next_ordinal(acting: Acting, case_id: uuid.UUID) -> int:
    # Whoever files an exhibit has locked the case: under that lock its exhibits are counted.
    last = acting.session.scalar(select(func.max(Exhibit.ordinal)).where(Exhibit.case_id == case_id))
    return (last or 0) + 1

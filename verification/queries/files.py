"""Files as pages show them: name and length from the sealed record, state and report of the clean copy.

A constant number of queries, however many files. Must not know: what a file belongs to. Source: 4-sealing
"Clean copies": kinds of things removed are shown, never values.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from portal.models import Attachment, CleanState, Message, StoredFile, Tip
from portal.models.records import AttachmentEntry, InformantMessage
from verification.domain.acting import Acting
from verification.domain.messages import read_statement
from verification.models import Exhibit

#: What our pages show as a picture; everything else is a download.
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})


@dataclass(frozen=True, slots=True, repr=False)
class FileView:
    """One file. ``object_id`` is the original's; ``thumbnail``: base 64 of a small JPEG, or empty."""

    object_id: uuid.UUID
    name: str
    true_bytes: int
    clean_state: CleanState
    clean_id: uuid.UUID | None
    media_type: str
    reason: str
    removed: tuple[str, ...]
    thumbnail: str
    pages: int

    @property
    def is_picture(self) -> bool:
        """Whether the clean copy can be shown in a page."""
        return self.media_type in PICTURES


def view_files(acting: Acting, entries: Sequence[AttachmentEntry]) -> list[FileView]:
    """What can be said of these files; one that has no row (its upload was swept) is left out."""
    ids = [entry.object_id for entry in entries]
    rows = acting.session.scalars(select(StoredFile).where(StoredFile.object_id.in_(ids))).all()
    stored = {row.object_id: row for row in rows}
    reports = acting.open_all(row.report_object_id for row in rows if row.report_object_id is not None)
    return [
        _view(entry.object_id, entry.name, entry.true_bytes, stored[entry.object_id], reports)
        for entry in entries
        if entry.object_id in stored
    ]


def view_material(acting: Acting, clean_ids: Sequence[uuid.UUID]) -> list[FileView]:
    """Clean copies that were selected for a case team: without the name their sender gave them."""
    rows = acting.session.scalars(select(StoredFile).where(StoredFile.clean_object_id.in_(clean_ids))).all()
    stored = {row.clean_object_id: row for row in rows}
    reports = acting.open_all(row.report_object_id for row in rows if row.report_object_id is not None)
    return [
        _view(stored[clean_id].object_id, "", 0, stored[clean_id], reports)
        for clean_id in clean_ids
        if clean_id in stored
    ]


def _view(
    object_id: uuid.UUID,
    name: str,
    true_bytes: int,
    stored: StoredFile,
    reports: dict[uuid.UUID, dict[str, Any]],
) -> FileView:
    report = reports.get(stored.report_object_id, {}) if stored.report_object_id else {}
    return FileView(
        object_id=object_id,
        name=name,
        true_bytes=true_bytes or int(report.get("clean_bytes", 0)),
        clean_state=stored.clean_state,
        clean_id=stored.clean_object_id,
        media_type=str(report.get("media_type") or ""),
        reason=str(report.get("reason") or ""),
        removed=tuple(str(kind) for kind in report.get("removed", ())),
        thumbnail=str(report.get("thumbnail") or ""),
        pages=int(report.get("frames_kept", 0)),
    )


def file_name(acting: Acting, object_id: uuid.UUID) -> str:
    """The name its sender or taker gave an original, for those who may open it; empty where none is kept."""
    exhibit = acting.session.get(Exhibit, object_id)
    if exhibit is not None:
        return str(acting.open(exhibit.meta_id)["name"])
    attachment = acting.session.get(Attachment, object_id)
    if attachment is None:
        return ""
    tip = acting.session.get_one(Tip, attachment.tip_id)
    entries = list(read_statement(acting, tip).attachments)
    if attachment.message_id is not None:
        message = acting.session.get_one(Message, attachment.message_id)
        entries += InformantMessage.from_record(acting.open(message.object_id)).attachments
    return next((entry.name for entry in entries if entry.object_id == object_id), "")


def view_paper(acting: Acting, object_id: uuid.UUID) -> FileView | None:
    """The scan of a signed paper; None where its upload was swept."""
    stored = acting.session.get(StoredFile, object_id)
    if stored is None:
        return None
    report_id = stored.report_object_id
    reports = {} if report_id is None else acting.open_all([report_id])
    return _view(object_id, "", 0, stored, reports)

"""Files as pages show them: name and length from the sealed record, state and report of the clean copy.

A constant number of queries, however many files. Must not know: what a file belongs to. Source: 4-sealing
"Clean copies": kinds of things removed are shown, never values.
"""

from __future__ import annotations

import base64
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from portal.models import Attachment, CleanState, Message, StoredFile, Tip
from portal.models.records import AttachmentEntry, InformantMessage
from verification.clean_report import CleanReport
from verification.domain.acting import Acting
from verification.domain.messages import read_statement
from verification.models import Exhibit

_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz")
#: What our pages show as a picture; everything else is a download.
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif"})


@dataclass(frozen=True, slots=True, repr=False)
class FileView:
    """One file. ``object_id`` is the original's; ``report``: once it was looked at."""

    object_id: uuid.UUID
    name: str
    true_bytes: int
    clean_state: CleanState
    clean_id: uuid.UUID | None
    report: CleanReport | None

    @property
    def media_type(self) -> str:
        """Of the clean copy; empty where there is none."""
        copy = self.report.copy if self.report else None
        return copy.media_type if copy else ""

    @property
    def reason(self) -> str:
        """Why there is no clean copy; empty where there is one."""
        return self.report.reason.value if self.report and self.report.reason else ""

    @property
    def removed(self) -> tuple[str, ...]:
        """Kinds of things that were removed."""
        return tuple(kind.value for kind in self.report.removed) if self.report else ()

    @property
    def thumbnail(self) -> str:
        """Base 64 of a small JPEG, or empty."""
        return base64.b64encode(self.report.thumbnail).decode("ascii") if self.report else ""

    @property
    def pages(self) -> int:
        """Pages or pictures that the clean copy has."""
        return self.report.frames_kept if self.report else 0

    @property
    def depth(self) -> int:
        """How deep the folders of an archive go, as far as it is listed."""
        listing = self.report.listing if self.report else ()
        return max((entry.name.strip("/").count("/") for entry in listing), default=0)

    @property
    def inner_archives(self) -> int:
        """How many listed entries of an archive look like archives themselves; these are not looked into."""
        listing = self.report.listing if self.report else ()
        return sum(entry.name.lower().endswith(_ARCHIVES) for entry in listing)

    @property
    def is_picture(self) -> bool:
        """Whether the clean copy can be shown in a page."""
        return self.media_type in PICTURES


def view_files(acting: Acting, entries: Sequence[AttachmentEntry]) -> list[FileView]:
    """What can be said of these files; one that has no row (its upload was swept) is left out."""
    ids = [entry.object_id for entry in entries]
    rows = acting.session.scalars(select(StoredFile).where(StoredFile.object_id.in_(ids))).all()
    stored = {row.object_id: row for row in rows}
    reports = _reports(acting, rows)
    return [
        _view(entry.object_id, entry.name, entry.true_bytes, stored[entry.object_id], reports)
        for entry in entries
        if entry.object_id in stored
    ]


def view_material(acting: Acting, clean_ids: Sequence[uuid.UUID]) -> list[FileView]:
    """Clean copies that were selected for a case team: without the name their sender gave them."""
    rows = acting.session.scalars(select(StoredFile).where(StoredFile.clean_object_id.in_(clean_ids))).all()
    stored = {row.clean_object_id: row for row in rows}
    reports = _reports(acting, rows)
    return [
        _view(stored[clean_id].object_id, "", 0, stored[clean_id], reports)
        for clean_id in clean_ids
        if clean_id in stored
    ]


def report_of(acting: Acting, stored: StoredFile) -> CleanReport | None:
    """What was found out about a file; None while nobody has looked. Raises KeyLocked, Tampered."""
    return _reports(acting, [stored]).get(stored.report_object_id or stored.object_id)


def _reports(acting: Acting, rows: Sequence[StoredFile]) -> dict[uuid.UUID, CleanReport]:
    records = acting.open_all(row.report_object_id for row in rows if row.report_object_id is not None)
    return {report_id: CleanReport.from_record(record) for report_id, record in records.items()}


def _view(
    object_id: uuid.UUID,
    name: str,
    true_bytes: int,
    stored: StoredFile,
    reports: dict[uuid.UUID, CleanReport],
) -> FileView:
    report = reports.get(stored.report_object_id) if stored.report_object_id else None
    copy = report.copy if report else None
    return FileView(
        object_id=object_id,
        name=name,
        true_bytes=true_bytes or (copy.length if copy else 0),
        clean_state=stored.clean_state,
        clean_id=stored.clean_object_id,
        report=report,
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
    return _view(object_id, "", 0, stored, _reports(acting, [stored]))

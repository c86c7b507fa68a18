"""The same file again: known by a keyed mark when it comes with another tip. Copies do not corroborate.

Owns: when marks are made and looked up. A mark needs an unlocked desk key and the cleaner's report, so it is
made when somebody of the desk looks at the tip. Must not know: how marks are derived, pages.
Source: issue 3 "Duplicates of bytes", FORMAT.md §12.5.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, tuple_

from portal.crypto.bundles import same_file_mark
from portal.models import Attachment, RecipientKey, StoredFile, Tip
from verification.clean_report import CleanReport
from verification.domain.acting import Acting
from verification.keys.addressees import first_desk, of_desk
from verification.models import FileMark


@dataclass(frozen=True, slots=True)
class SameFile:
    """Where a file came as well. tip_id: possibly the very tip, which then holds it twice."""

    tip_id: uuid.UUID
    received_on: date


def mark_files(acting: Acting, tip: Tip) -> None:
    """Mark the files of a tip that the cleaner has looked at since. Raises KeyLocked."""
    session = acting.session
    files = _looked_at(acting, tip)
    done = select(FileMark.object_id).where(FileMark.object_id.in_([file.object_id for file in files]))
    marked = set(session.scalars(done))
    unmarked = [file for file in files if file.object_id not in marked]
    if not unmarked:
        return
    key_id = of_desk(session, tip, day=acting.sealing.day).key_id
    key = acting.keyring.same_file_key(session, key_id)
    for object_id, sha256 in _hashes(acting, unmarked).items():
        session.add(FileMark(object_id=object_id, key_id=key_id, mark=same_file_mark(sha256, key=key)))
    session.flush()


def same_files(acting: Acting, tip: Tip) -> dict[uuid.UUID, list[SameFile]]:
    """The files of this tip that came more than once, each with where else, newest first.

    Found among the files of tips that somebody of this desk has opened. Raises KeyLocked.
    """
    hashes = _hashes(acting, _looked_at(acting, tip))
    wanted: dict[tuple[bytes, uuid.UUID], list[uuid.UUID]] = {}
    for key_id in _generations(acting, tip) if hashes else ():
        key = acting.keyring.same_file_key(acting.session, key_id)
        for object_id, sha256 in hashes.items():
            wanted.setdefault((same_file_mark(sha256, key=key), key_id), []).append(object_id)
    rows = acting.session.execute(
        select(FileMark.mark, FileMark.key_id, FileMark.object_id, Tip.id, Tip.received_on)
        .join(Attachment, Attachment.object_id == FileMark.object_id)
        .join(Tip, Tip.id == Attachment.tip_id)
        .where(tuple_(FileMark.mark, FileMark.key_id).in_(list(wanted)))
        .order_by(Tip.received_on.desc(), Tip.id)
    )
    found: dict[uuid.UUID, list[SameFile]] = {}
    for mark, key_id, object_id, tip_id, received_on in rows:
        for mine in wanted[mark, key_id]:
            if mine != object_id:
                found.setdefault(mine, []).append(SameFile(tip_id, received_on))
    return found


def _looked_at(acting: Acting, tip: Tip) -> Sequence[StoredFile]:
    query = (
        select(StoredFile)
        .join(Attachment, Attachment.object_id == StoredFile.object_id)
        .where(Attachment.tip_id == tip.id, StoredFile.report_object_id.is_not(None))
    )
    return acting.session.scalars(query).all()


def _hashes(acting: Acting, files: Sequence[StoredFile]) -> dict[uuid.UUID, bytes]:
    """SHA-256 of each original, as the cleaner sealed it; without those that do not open."""
    records = acting.open_all(file.report_object_id for file in files if file.report_object_id is not None)
    reports = {report_id: CleanReport.from_record(record) for report_id, record in records.items()}
    return {
        file.object_id: bytes.fromhex(report.sha256)
        for file in files
        if file.report_object_id is not None and (report := reports[file.report_object_id]).sha256 is not None
    }


def _generations(acting: Acting, tip: Tip) -> list[uuid.UUID]:
    """Every generation of the tip's desk that this person holds."""
    desk = first_desk(tip)
    query = select(RecipientKey.id).where(
        RecipientKey.purpose == desk.purpose, RecipientKey.holder == desk.holder
    )
    ids = acting.session.scalars(query).all()
    return [key_id for key_id in ids if acting.keyring.holds(acting.session, key_id)]

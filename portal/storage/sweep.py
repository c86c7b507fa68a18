"""Removing what crashed or forgotten requests left behind: old drafts, orphaned blobs, unfinished files.

Owns: how long a draft lives and when a blob counts as orphaned. Must not know: tips, jobs, pages. Called by a
job that has no subject, once a day or more often; any part may be killed at any point and run again:

- rows go before blobs, so a crash in between leaves a blob without a row, which the next run finds;
- a blob is an orphan only when it is older than a day and no row names it: blobs are kept before their rows
  commit, and no request lasts that long.

Source: 3-architecture rule 3, 4-sealing "Files received while the form had an error".
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from typing import Final, TypeVar

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.clock import Clock, civil_day
from portal.db import Database
from portal.models import Draft, DraftFile, SealedObject
from portal.storage.blobs import Blobs
from portal.storage.objects import later_parts

UNFINISHED_SECONDS: Final = 6 * 3600
"""How long a blob may stand still before its writer counts as dead."""

BATCH: Final = 500
"""Rows in one transaction: the write lock is never held for long."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Swept:
    """What a run has removed. ``levelled``: blobs of yesterday that were given one common change time."""

    drafts: int
    files: int
    orphans: int
    unfinished: int
    levelled: int


def sweep_orphans(database: Database, *, blobs: Blobs, clock: Clock) -> Swept:
    """Remove drafts begun before yesterday with the files that were never sent, and every orphaned blob.

    Sent files, and everything that is or may still be in use, stay. Days are those of the office's zone.
    """
    yesterday = civil_day(clock) - timedelta(days=1)
    drafts, files = _sweep_drafts(database, blobs, before=yesterday)
    return Swept(
        drafts=drafts,
        files=files,
        orphans=_sweep_blobs(database, blobs, before=yesterday),
        unfinished=blobs.discard_unfinished(older_than_seconds=UNFINISHED_SECONDS),
        levelled=blobs.level_times(day=yesterday),
    )


def _sweep_drafts(database: Database, blobs: Blobs, *, before: date) -> tuple[int, int]:
    drafts = files = 0
    while True:
        with database.write() as session:
            draft_ids = session.scalars(
                select(Draft.id).where(Draft.begun_on < before).order_by(Draft.begun_on).limit(BATCH)
            ).all()
            names = _delete_drafts(session, draft_ids) if draft_ids else []
        for name in names:
            blobs.delete(name)
        drafts += len(draft_ids)
        files += len(names)
        if not draft_ids:
            return drafts, files


def _delete_drafts(session: Session, draft_ids: Iterable[bytes]) -> list[str]:
    """Delete drafts and their unsent files' rows; returns the blobs that go with them."""
    # Locked, so that a submission of this very moment either comes first, and its files are sent and stay, or
    # finds them gone and says so.
    unsent = session.execute(
        select(DraftFile.object_id, SealedObject.blob_name)
        .join(SealedObject, SealedObject.id == DraftFile.object_id)
        .where(DraftFile.draft_id.in_(draft_ids), DraftFile.submitted.is_(False))
        .with_for_update(of=DraftFile)
    ).all()
    object_ids: list[uuid.UUID] = [row.object_id for row in unsent]
    later = [part for parts in later_parts(session, object_ids).values() for part in parts]
    object_ids += [part.object_id for part in later]
    session.execute(delete(SealedObject).where(SealedObject.id.in_(object_ids)))
    session.execute(delete(Draft).where(Draft.id.in_(draft_ids)))
    return [row.blob_name for row in unsent if row.blob_name is not None] + [part.blob_name for part in later]


def _sweep_blobs(database: Database, blobs: Blobs, *, before: date) -> int:
    count = 0
    old = (blob.name for blob in blobs.stored() if blob.stored_on < before)
    for names in _batches(old):
        with database.read() as session:
            named = set(
                session.scalars(select(SealedObject.blob_name).where(SealedObject.blob_name.in_(names)))
            )
        for name in names:
            if name not in named:
                blobs.delete(name)
                count += 1
    return count


def _batches(values: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(values, BATCH)):
        yield batch

"""Checking the audit chain: every link, every hash, no gap, and that the head is the last link."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from verification.audit.events import FIRST_HASH, entry_hash
from verification.models import AuditEntry, AuditHead


@dataclass(frozen=True, slots=True)
class ChainReport:
    """``entries`` were read; ``broken_at`` is the first entry that does not fit, or None."""

    entries: int
    broken_at: int | None


def verify_chain(session: Session) -> ChainReport:
    """Read the whole trail in order. Memory is constant: rows are streamed."""
    previous, total = FIRST_HASH, 0
    rows = session.scalars(select(AuditEntry).order_by(AuditEntry.number).execution_options(yield_per=1000))
    with closing(rows):
        for entry in rows:
            fits = entry.number == total + 1 and entry.previous_hash == previous
            if not fits or entry_hash(entry) != entry.entry_hash:
                return ChainReport(entries=total, broken_at=total + 1)
            previous, total = entry.entry_hash, total + 1
    head = session.get(AuditHead, 1)
    head_fits = head is None if total == 0 else (head is not None and head.entry_hash == previous)
    return ChainReport(entries=total, broken_at=None if head_fits else total + 1)

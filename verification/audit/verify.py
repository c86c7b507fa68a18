"""Checking the audit chain: every link, hash and signature, no gap, and that the head is the last link.

What the check proves: an entry that names a person was signed with that person's key, which the office root
vouches for, at that very place in the chain. So nothing before the last signed entry can be changed, taken
out or put in by somebody who only writes to the database. What it cannot prove: that the end was not cut off,
or that unsigned entries after the last signed one are what the software wrote. For that, a head copied out
earlier is compared (``holds``). Source: FORMAT.md §8.4.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.crypto.signing import VerifyKey
from portal.errors import Tampered, UnsignedKey
from portal.models import KeyPurpose
from portal.trust import TrustedKeys
from verification.audit.events import (
    FIRST_HASH,
    SIGNATURE_PURPOSE,
    WHY_UNSIGNED,
    Unsigned,
    entry_digest,
    entry_hash,
)
from verification.models import AuditEntry, AuditHead


class Fault(StrEnum):
    """What is wrong with the entry at which the chain breaks."""

    LINK = "link"
    SIGNATURE = "signature"
    NOBODY = "nobody"
    HEAD = "head"


@dataclass(frozen=True, slots=True)
class Head:
    """The last link: how many entries there are and the 32-byte hash that stands for all of them."""

    number: int
    entry_hash: bytes


@dataclass(frozen=True, slots=True)
class ChainReport:
    """``entries`` are whole; ``broken_at`` is the first entry that does not fit, or None, and ``fault`` why.

    unsigned: how many of them no person signed, by reason. loose: how many stand after the last signed one.
    """

    entries: int
    broken_at: int | None
    fault: Fault | None
    unsigned: Mapping[Unsigned, int]
    loose: int


def read_head(session: Session) -> Head:
    """The head as it lies, to be copied out; an empty trail has number 0."""
    row = session.get(AuditHead, 1)
    return Head(0, FIRST_HASH) if row is None else Head(row.number, row.entry_hash)


def holds(session: Session, head: Head) -> bool:
    """Whether a head that was copied out is still in the chain: nothing up to it was cut off or made anew."""
    entry = session.get(AuditEntry, head.number)
    return entry is not None and entry.entry_hash == head.entry_hash


def verify_chain(session: Session, *, trust: TrustedKeys) -> ChainReport:
    """Read the whole trail in order. Memory is constant: rows are streamed. About 0.2 ms an entry."""
    check = _Check(session, trust)
    rows = session.scalars(select(AuditEntry).order_by(AuditEntry.number).execution_options(yield_per=1000))
    with closing(rows):
        for entry in rows:
            if (fault := check.fault_of(entry)) is not None:
                return check.report(fault)
    head = read_head(session)
    is_last = (head.number, head.entry_hash) == (check.total, check.previous)
    return check.report(None if is_last else Fault.HEAD)


@dataclass(slots=True)
class _Check:
    """How far the chain has been read."""

    session: Session
    trust: TrustedKeys
    previous: bytes = FIRST_HASH
    total: int = 0
    loose: int = 0
    unsigned: Counter[Unsigned] = field(default_factory=Counter)
    keys: dict[tuple[uuid.UUID, uuid.UUID, date], VerifyKey] = field(default_factory=dict)

    def report(self, fault: Fault | None) -> ChainReport:
        broken_at = None if fault is None else self.total + 1
        return ChainReport(self.total, broken_at, fault, dict(self.unsigned), self.loose)

    def fault_of(self, entry: AuditEntry) -> Fault | None:
        """What is wrong with the next entry; where nothing is, it counts as read."""
        fits = entry.number == self.total + 1 and entry.previous_hash == self.previous
        if not fits or entry_hash(entry) != entry.entry_hash:
            return Fault.LINK
        if entry.signature is None:
            if entry.event not in WHY_UNSIGNED or entry.actor_id is not None or entry.signed_by is not None:
                return Fault.NOBODY
            self.unsigned[WHY_UNSIGNED[entry.event]] += 1
            self.loose += 1
        elif not self._is_signed(entry, entry.signature):
            return Fault.SIGNATURE
        else:
            self.loose = 0
        self.previous, self.total = entry.entry_hash, self.total + 1
        return None

    def _is_signed(self, entry: AuditEntry, signature: bytes) -> bool:
        if entry.actor_id is None or entry.signed_by is None:
            return False
        try:
            key = self._key(entry.signed_by, entry.actor_id, entry.day)
            key.verify(entry_digest(entry), signature, purpose=SIGNATURE_PURPOSE)
        except (Tampered, UnsignedKey):
            return False
        return True

    def _key(self, key_id: uuid.UUID, actor_id: uuid.UUID, day: date) -> VerifyKey:
        # The root signed whose key it is: the staff table, which anybody could rewrite, is not asked.
        if (key_id, actor_id, day) not in self.keys:
            self.keys[key_id, actor_id, day] = self.trust.verify_key(
                self.session, key_id, purpose=KeyPurpose.STAFF, holder=actor_id.hex, on=day
            )
        return self.keys[key_id, actor_id, day]

"""Appending to the audit chain, and the names of what is recorded.

Each entry holds codes and ids, never content. The chain head is one row that the writer locks, so that
entries of concurrent transactions form one line. What an informant caused is recorded with its day alone.
Source: 1-mission, 3-architecture rule 1, 4-sealing "routing".
"""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from portal.clock import Clock, civil_day
from verification.models import AuditEntry, AuditHead

FIRST_HASH = bytes(32)


class Event(StrEnum):
    """Everything the trail can say. Transitions name theirs in ``workflow.table``."""

    OFFICE_FOUNDED = "office.founded"
    STAFF_ADDED = "staff.added"
    LOGGED_IN = "staff.logged-in"
    LOGIN_FAILED = "staff.login-failed"
    LOGGED_OUT = "staff.logged-out"
    INTAKE_COUNTED = "intake.counted"
    KEY_ROLLED = "key.rolled"
    KEY_GRANTED = "key.granted"
    DEAD_LETTER_RETRIED = "outbox.retried"
    DEAD_LETTER_DISCARDED = "outbox.discarded"
    TIP_OPENED = "tip.opened"
    TIP_VIEWED = "tip.viewed"
    TIP_ACCEPTED = "tip.accepted"
    TIP_ASKED = "tip.asked"
    TIP_REPLIED = "tip.replied"
    TIP_ADDED = "tip.added"
    TIP_WAIT_ENDED = "tip.wait-ended"
    TIP_DECLINED = "tip.declined"
    TIP_REFERRED = "tip.referred"
    TIP_HANDED_ON = "tip.handed-on"
    TIP_JOINED = "tip.joined-case"
    TIP_ANSWERED = "tip.answered"
    TIP_OBJECTED = "tip.objected"
    IDENTITY_ASKED = "identity.asked"
    IDENTITY_AGREED = "identity.agreed"
    IDENTITY_OPENED = "identity.opened"
    FILE_VIEWED = "file.viewed"
    ORIGINAL_TAKEN = "file.original-taken"
    MATERIAL_SELECTED = "case.material-selected"
    CASE_OPENED = "case.opened"
    CASE_VIEWED = "case.viewed"
    BRIEF_REVISED = "case.brief-revised"
    CASE_PROPOSED = "case.proposed"
    CASE_ENDORSED = "case.endorsed"
    CASE_DOCKETED = "case.docketed"
    CASE_RETURNED = "case.returned"
    PLAN_PROPOSED = "plan.proposed"
    PLAN_APPROVED = "plan.approved"
    PLAN_RETURNED = "plan.returned"
    PLAN_REVISED = "plan.revised"
    TASK_DISPATCHED = "task.dispatched"
    TASK_SIGNED = "task.signed"
    TASK_HANDED_BACK = "task.handed-back"
    TASK_WITHDRAWN = "task.withdrawn"
    TASK_OVERRULED = "task.overruled"
    TASK_FOLLOWED = "task.follow-begun"
    TASK_FIXING = "task.fix-begun"
    TASK_DONE = "task.done"
    RECORD_LOGGED = "record.logged"
    EXHIBIT_ADDED = "exhibit.added"
    STATEMENT_RECORDED = "statement.recorded"
    FINDING_RECORDED = "finding.recorded"
    CONCLUSION_BEGUN = "conclusion.begun"
    CONCLUSION_DRAFTED = "conclusion.drafted"
    CONCLUSION_PROPOSED = "conclusion.proposed"
    CONCLUSION_APPROVED = "conclusion.approved"
    CONCLUSION_RETURNED = "conclusion.returned"
    CONCLUSION_DELIVERED = "conclusion.delivered"
    VERIFICATION_RESUMED = "case.verification-resumed"
    RECTIFICATION_ORDERED = "case.rectification-ordered"
    CASE_CLOSED = "case.closed"
    ITEM_ADDED = "item.added"
    ITEM_REPORTED = "item.reported"
    ITEM_RETURNED = "item.returned"
    ITEM_VERIFIED = "item.verified"
    ITEM_CLOSED_OFF = "item.closed-off"
    SIGN_OFF_REFUSED = "item.sign-off-refused"
    PAPER_RECORDED = "paper.recorded"
    PAPER_CONFIRMED = "paper.confirmed"
    PAPER_REFUSED = "paper.refused"
    CLOCK_PASSED = "clock.passed"


def entry_hash(entry: AuditEntry) -> bytes:
    """SHA-256 over the canonical JSON of every column but the hash itself, previous hash first."""
    canonical = json.dumps(
        {
            "number": entry.number,
            "day": entry.day.isoformat(),
            "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds") if entry.at else None,
            "actor": entry.actor_id.hex if entry.actor_id else None,
            "event": entry.event,
            "subject_kind": entry.subject_kind,
            "subject": entry.subject_id.hex,
            "facts": entry.facts,
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    return hashlib.sha256(entry.previous_hash + canonical.encode()).digest()


def append(
    session: Session,
    *,
    event: Event,
    subject_kind: str,
    subject_id: uuid.UUID,
    clock: Clock,
    actor_id: uuid.UUID | None = None,
    facts: dict[str, Any] | None = None,
    day_only: bool = False,
) -> AuditEntry:
    """Add one entry to the chain in this transaction.

    facts: codes and ids only (JSON). day_only: for what an informant caused; no finer time is kept.
    """
    head = session.get(AuditHead, 1, with_for_update=True, populate_existing=True)
    if head is None:
        head = AuditHead(id=1, number=0, entry_hash=FIRST_HASH)
        session.add(head)
    moment: datetime | None = None if day_only else clock.now()
    day: date = civil_day(clock)
    entry = AuditEntry(
        number=head.number + 1,
        day=day,
        at=moment,
        actor_id=actor_id,
        event=event.value,
        subject_kind=subject_kind,
        subject_id=subject_id,
        facts=facts or {},
        previous_hash=head.entry_hash,
        entry_hash=b"",
    )
    entry.entry_hash = entry_hash(entry)
    head.number, head.entry_hash = entry.number, entry.entry_hash
    session.add(entry)
    session.flush()
    return entry

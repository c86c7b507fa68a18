"""Appending to the audit chain, and the names of what is recorded.

Each entry holds codes and ids, never content. The chain head is one row that the writer locks, so that
entries of concurrent transactions form one line. What a person did is signed with that person's unlocked key:
nobody can be named as the actor of an entry otherwise. What an informant caused is recorded with its day
alone. Must not know: private keys, only what one of them signs.
Source: 1-mission, 3-architecture rule 1, 4-sealing "routing"; FORMAT.md §8.4.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy.orm import Session

from portal.clock import Clock, civil_day
from verification.models import AuditEntry, AuditHead

FIRST_HASH = bytes(32)
SIGNATURE_PURPOSE: Final = "audit-entry"


class Event(StrEnum):
    """Everything the trail can say. Transitions name theirs in ``workflow.table``."""

    OFFICE_FOUNDED = "office.founded"
    STAFF_ADDED = "staff.added"
    STAFF_LEFT = "staff.left"
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
    TIP_ANSWER_REOPENED = "tip.answer-reopened"
    IDENTITY_ASKED = "identity.asked"
    IDENTITY_AGREED = "identity.agreed"
    IDENTITY_OPENED = "identity.opened"
    FILE_VIEWED = "file.viewed"
    ORIGINAL_TAKEN = "file.original-taken"
    DESTRUCTION_ASKED = "file.destruction-asked"
    DESTRUCTION_DECLINED = "file.destruction-declined"
    FILE_DESTROYED = "file.destroyed"
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
    EXHIBIT_EXPORTED = "exhibit.exported"
    DOCUMENT_MADE = "document.made"
    DOCUMENT_TAKEN = "document.taken"
    NUMBER_VOIDED = "document.number-voided"
    STATEMENT_RECORDED = "statement.recorded"
    EVIDENCE_WEIGHED = "evidence.weighed"
    FINDING_RECORDED = "finding.recorded"
    CONCLUSION_BEGUN = "conclusion.begun"
    CONCLUSION_DRAFTED = "conclusion.drafted"
    CONCLUSION_READ = "conclusion.read-over"
    CONCLUSION_REMARKED = "conclusion.sent-back"
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
    ITEM_WITHDRAWN = "item.withdrawn"
    REVIEW_APPLIED = "review.applied"
    REVIEWERS_NAMED = "review.reviewers-named"
    REVIEW_ADMITTED = "review.admitted"
    DECISION_PROPOSED = "review.decision-proposed"
    DECISION_RETURNED = "review.decision-returned"
    REVIEW_DECIDED = "review.decided"
    DECISION_DELIVERED = "review.decision-delivered"
    CASE_REOPENED = "case.reopened"
    CASE_ASSIGNED = "case.assigned"
    CASE_SETTLED = "case.settled"
    CASE_ESCALATED = "case.escalated"
    PROGRAMME_OPENED = "programme.opened"
    PROGRAMME_ENDED = "programme.ended"
    ASSIGNMENT_SIGNED = "assignment.signed"
    ASSIGNMENT_HANDED_BACK = "assignment.handed-back"
    ASSIGNMENT_OVERRULED = "assignment.overruled"
    ASSIGNMENT_WITHDRAWN = "assignment.withdrawn"
    ASSIGNMENT_REPLIED = "assignment.replied"
    REPLY_RETURNED = "assignment.reply-returned"
    REPLY_ACCEPTED = "assignment.reply-accepted"
    MATTER_NOTED = "referral.matter-noted"
    REFERRAL_SENT = "referral.sent"
    REFERRAL_RECEIVED = "referral.received"
    REFERRAL_ANSWERED = "referral.answered"
    RETALIATION_REPORTED = "tip.retaliation-reported"
    OBSTRUCTION_NOTED = "case.obstruction-noted"
    INTERFERENCE_OPENED = "case.opened-about-interference"
    CONSENT_ASKED = "tip.consent-asked"
    IDENTITY_WENT_ALONG = "referral.identity-went-along"
    USE_WRITTEN = "use.written"
    USE_REVISED = "use.revised"
    USE_PROPOSED = "use.proposed"
    USE_APPROVED = "use.approved"
    USE_RETURNED = "use.returned"
    USE_SENT = "use.sent"
    USE_RECEIVED = "use.received"
    USE_ANSWERED = "use.answered"
    USE_WITHDRAWN = "use.withdrawn"
    RECUSAL_ASKED = "recusal.asked"
    RECUSAL_GRANTED = "recusal.granted"
    RECUSAL_REFUSED = "recusal.refused"
    TEAM_CHANGED = "task.team-changed"
    FINDING_CHECKED = "finding.checked"
    FIX_ASKED = "case.fix-asked"
    FIX_ANSWERED = "asking.answered"
    FIX_CONFIRMED = "asking.confirmed"
    FIX_DISPUTED = "asking.disputed"
    RATING_PRESSED = "asking.pressed"
    DISPUTE_DECIDED = "asking.decided"
    TIP_PRESSED = "tip.pressed"
    ITEM_DOUBTED = "item.doubted"
    CODE_ISSUED = "code.issued"
    CODE_REVOKED = "code.revoked"
    NOTICE_ISSUED = "notice.issued"
    EMBARGO_LET_IN = "embargo.let-in"
    EMBARGO_ENDED = "embargo.ended"
    DESIGNATION_PROPOSED = "designation.proposed"
    DESIGNATION_MADE = "designation.made"
    DESIGNATION_RETURNED = "designation.returned"
    DESIGNATION_REVOKED = "designation.revoked"
    RULE_SET_ASIDE = "case.rule-set-aside"
    HOLDING_ASKED = "holding.asked"
    HOLDING_RECEIVED = "holding.received"
    HOLDING_DENIED = "holding.denied"
    HOLDING_RETURNED = "holding.returned"
    HOLDING_KEPT = "holding.kept"
    WITNESS_CODED = "witness.coded"
    WITNESSES_VIEWED = "witness.viewed"
    LEAD_NOTED = "lead.noted"
    LEAD_TAKEN_UP = "lead.taken-up"
    LEAD_DECLINED = "lead.declined"
    ITEM_FALSE = "item.false"
    EXTENSION_ASKED = "item.extension-asked"
    EXTENSION_GRANTED = "extension.granted"
    EXTENSION_REFUSED = "extension.refused"
    LOOK_BACK_DRAWN = "look-back.drawn"
    LOOK_BACK_ASSIGNED = "look-back.assigned"
    LOOK_BACK_NOTED = "look-back.noted"
    LOOK_BACK_REPORTED = "look-back.reported"
    LOOK_BACK_RETURNED = "look-back.returned"
    LOOK_BACK_SETTLED = "look-back.settled"
    LOOK_BACK_TOLD = "look-back.told"
    LOOK_BACK_DROPPED = "look-back.dropped"
    SAMPLE_DRAWN = "sample.drawn"
    CASE_RELAPSED = "case.relapsed"
    ITEM_RELAPSED = "item.relapsed"
    TASK_RESUMED = "task.resumed"
    COORDINATION_PROPOSED = "coordination.proposed"
    COORDINATION_REVISED = "coordination.revised"
    COORDINATION_CHECKED = "coordination.checked"
    COORDINATION_AGREED = "coordination.agreed"
    COORDINATION_RETURNED = "coordination.returned"
    COORDINATION_WITHDRAWN = "coordination.withdrawn"
    COORDINATION_DONE = "coordination.done"
    COORDINATION_CARRIED_ON = "coordination.carried-on"
    COORDINATION_MET = "coordination.met"
    PART_ASKED = "part.asked"
    PART_TAKEN_ON = "part.taken-on"
    PART_DECLINED = "part.declined"
    PART_RULED = "part.ruled"
    PART_RELEASED = "part.released"
    RULING_ENDORSED = "part.ruling-endorsed"
    RULING_RETURNED = "part.ruling-returned"
    PART_REPORTED = "part.reported"
    PART_CONFIRMED = "part.confirmed"
    PART_RETURNED = "part.returned"
    PART_WITHDRAWN = "part.withdrawn"
    PAPER_RECORDED = "paper.recorded"
    PAPER_CONFIRMED = "paper.confirmed"
    PAPER_REFUSED = "paper.refused"
    CLOCK_PASSED = "clock.passed"


class Unsigned(StrEnum):
    """Why an entry names nobody: no unlocked person stood behind it."""

    SOFTWARE = "software"
    INFORMANT = "informant"
    CEREMONY = "ceremony"
    LOGIN_REFUSED = "login-refused"


WHY_UNSIGNED: Final[Mapping[str, Unsigned]] = MappingProxyType(
    {
        Event.OFFICE_FOUNDED: Unsigned.CEREMONY,
        Event.STAFF_ADDED: Unsigned.CEREMONY,
        Event.STAFF_LEFT: Unsigned.CEREMONY,
        Event.LOGIN_FAILED: Unsigned.LOGIN_REFUSED,
        Event.INTAKE_COUNTED: Unsigned.SOFTWARE,
        Event.KEY_ROLLED: Unsigned.SOFTWARE,
        Event.CLOCK_PASSED: Unsigned.SOFTWARE,
        Event.TIP_REPLIED: Unsigned.INFORMANT,
        Event.TIP_ADDED: Unsigned.INFORMANT,
        Event.TIP_OBJECTED: Unsigned.INFORMANT,
        Event.TIP_PRESSED: Unsigned.INFORMANT,
        Event.FIX_ANSWERED: Unsigned.INFORMANT,
        Event.RATING_PRESSED: Unsigned.INFORMANT,
        Event.RETALIATION_REPORTED: Unsigned.INFORMANT,
    }
)
"""Every event that may stand unsigned. Any other entry without a signature is a forged one."""


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """An unlocked person: who, by which key, and what only they can do. ``sign``: 32 bytes to 64."""

    actor_id: uuid.UUID
    key_id: uuid.UUID
    sign: Callable[[bytes], bytes]


def entry_hash(entry: AuditEntry) -> bytes:
    """SHA-256 of digest ‖ signature: 32 bytes, which the next entry names. Source: FORMAT.md §8.4."""
    return hashlib.sha256(entry_digest(entry) + (entry.signature or b"")).digest()


def entry_digest(entry: AuditEntry) -> bytes:
    """What is signed: SHA-256 of the previous hash ‖ the canonical JSON of every other column, 32 bytes."""
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
            "key": entry.signed_by.hex if entry.signed_by else None,
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
    signer: Signer | None = None,
    facts: dict[str, Any] | None = None,
    day_only: bool = False,
) -> AuditEntry:
    """Add one entry to the chain in this transaction.

    signer: the person who acted; None only for the events of ``WHY_UNSIGNED`` (ValueError otherwise).
    facts: codes and ids only (JSON). day_only: for what an informant caused; no finer time is kept.
    """
    if signer is None and event not in WHY_UNSIGNED:
        raise ValueError(f"{event} is an act of a person, and nobody signs it")
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
        actor_id=None if signer is None else signer.actor_id,
        event=event.value,
        subject_kind=subject_kind,
        subject_id=subject_id,
        facts=facts or {},
        signed_by=None if signer is None else signer.key_id,
        signature=None,
        previous_hash=head.entry_hash,
        entry_hash=b"",
    )
    if signer is not None:
        entry.signature = signer.sign(entry_digest(entry))
    entry.entry_hash = entry_hash(entry)
    head.number, head.entry_hash = entry.number, entry.entry_hash
    session.add(entry)
    session.flush()
    return entry

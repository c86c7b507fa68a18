"""Triage: opening a tip, and deciding what becomes of it. Source: 1-mission journey 2, 2-domain §3.

The statement is opened with the desk key of the person in session; what lists and searches need is sealed
again as a digest on the first opening. The digest is sealed under a key that only the desk can derive, so
what it says of the informant's key cannot be forged with public keys, as a whole statement can (FORMAT.md
§12.3).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from portal.crypto.bundles import open_digest, seal_digest
from portal.crypto.compartments import decode_record, encode_record
from portal.errors import Tampered
from portal.models import MessageKind, Priority, Tip, TipState
from portal.models.records import Statement
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.domain.locking import locked_case
from verification.domain.messages import read_sendings, read_statement, write_to_informant
from verification.errors import InvalidInput, NotHere, Refusal, Refused
from verification.models import AuditEntry, Unit
from verification.policy import deadlines
from verification.policy.codes import CATEGORIES, CHANNELS, DECLINE_REASONS
from verification.workflow.apply import FOR_CHANGE
from verification.workflow.states import Action, SubjectKind

SUMMARY_CHARACTERS = 90


@dataclass(frozen=True, slots=True, repr=False)
class Digest:
    """What a list shows of a tip, and whose key its answers go to (32 bytes)."""

    summary: str
    about: str
    place: str
    subject: int
    attachments: int
    in_attachment: bool
    informant_fingerprint: bytes

    @classmethod
    def of(cls, statement: Statement) -> Digest:
        """The digest of a statement."""
        text = " ".join(statement.account.split())
        return cls(
            summary=text[:SUMMARY_CHARACTERS],
            about=statement.about[:60],
            place=statement.place[:60],
            subject=statement.subject.value,
            attachments=len(statement.attachments),
            in_attachment=statement.in_attachment,
            informant_fingerprint=statement.informant_fingerprint,
        )

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Digest:
        """As it was sealed, under a key that only the desk has. Raises Tampered."""
        try:
            return cls(**{**record, "informant_fingerprint": bytes.fromhex(record["informant_fingerprint"])})
        except (KeyError, TypeError, ValueError):
            raise Tampered("digest") from None

    def to_record(self) -> dict[str, Any]:
        """As it is sealed."""
        return {
            "summary": self.summary,
            "about": self.about,
            "place": self.place,
            "subject": self.subject,
            "attachments": self.attachments,
            "in_attachment": self.in_attachment,
            "informant_fingerprint": self.informant_fingerprint.hex(),
        }


def read_digest(acting: Acting, tip: Tip) -> Digest:
    """What a list shows: from the digest in microseconds, or from the statement before the first opening.

    Raises KeyLocked where the tip lies on another desk.
    """
    if tip.digest is None:
        return Digest.of(read_statement(acting, tip))
    key = acting.keyring.digest_key(acting.session, tip.desk_key_id)
    return Digest.from_record(decode_record(open_digest(tip.digest, key=key, tip_id=tip.id)))


def open_tip(acting: Acting, tip: Tip) -> Statement:
    """Open a tip for reading: the first time it moves to triage and gets its digest; every time is traced.

    Two who open it at once both read it. Raises KeyLocked for anybody but its desk, NotHere where it is gone.
    """
    statement = read_statement(acting, tip)
    if tip.state is TipState.RECEIVED:
        # Two may open it at once: only one of them is the first, and the other merely looks at it.
        locked = acting.session.get(Tip, tip.id, with_for_update=FOR_CHANGE, populate_existing=True)
        if locked is None:
            raise NotHere
    if tip.digest is None and not _was_opened(acting, tip):
        key = acting.keyring.digest_key(acting.session, tip.desk_key_id)
        tip.digest = seal_digest(encode_record(Digest.of(statement).to_record()), key=key, tip_id=tip.id)
    if tip.state is TipState.RECEIVED:
        acting.apply(SubjectKind.TIP, tip.id, Action.OPEN_TIP, version=tip.version)
    else:
        acting.trace(Event.TIP_VIEWED, subject_kind="tip", subject_id=tip.id)
    _raise_urgency(acting, tip)
    return statement


def _raise_urgency(acting: Acting, tip: Tip) -> None:
    """A form that was sent again as urgent makes the tip urgent: no job could read that it says so."""
    waits = tip.state in (TipState.RECEIVED, TipState.TRIAGE, TipState.ASKING)
    if tip.urgent or not waits or not any(sending.urgent for sending in read_sendings(acting, tip)):
        return
    locked = acting.session.get(Tip, tip.id, with_for_update=FOR_CHANGE, populate_existing=True)
    if locked is None or locked.urgent:
        return
    tip.urgent = True
    acting.session.flush()
    deadlines.start(
        acting.session, rule_id=deadlines.for_priority("clock-triage", Priority.P1), subject_kind="tip",
        subject_id=tip.id, clock=acting.clock, rng=acting.rng, rules=acting.rules,
    )  # fmt: skip
    acting.trace(Event.TIP_VIEWED, subject_kind="tip", subject_id=tip.id, facts={"urgent": True})


def _was_opened(acting: Acting, tip: Tip) -> bool:
    """Whether the trail knows a first opening: a digest that is gone since is not made again."""
    seen = select(AuditEntry.number).where(
        AuditEntry.subject_id == tip.id, AuditEntry.event == Event.TIP_OPENED.value
    )
    return acting.session.scalar(seen.limit(1)) is not None


def accept_tip(
    acting: Acting,
    *,
    tip_id: uuid.UUID,
    version: int,
    category: str,
    priority: Priority,
    town_id: uuid.UUID | None,
) -> Tip:
    """Accept: category, priority and town become its coarse fields."""
    if category and category not in CATEGORIES:
        raise InvalidInput({"category": _l("Choose one of the categories.")})
    if town_id is not None and acting.session.get(Unit, town_id) is None:
        raise InvalidInput({"town": _l("Choose one of the towns.")})
    given = {"category": category}
    tip: Tip = acting.apply(
        SubjectKind.TIP, tip_id, Action.ACCEPT_TIP, version=version, given=given, noted=given
    )
    tip.category, tip.priority, tip.town_id = category, priority, town_id
    return tip


def ask_informant(acting: Acting, *, tip_id: uuid.UUID, version: int, question: str) -> Tip:
    """Put the one question into the informant's mailbox; the tip waits for the reply, its clock stands still.

    Raises Refused (ask-once: one is open, or was asked in this triage), InvalidInput, StaleSubject, NotHere.
    """
    waiting = acting.session.get(Tip, tip_id, with_for_update=FOR_CHANGE, populate_existing=True)
    if waiting is not None and waiting.version == version and waiting.state is TipState.ASKING:
        text = _l("The informant was asked already and has not answered yet.")
        raise Refused((Refusal("ask-once", text, "question"),))
    tip: Tip = acting.apply(SubjectKind.TIP, tip_id, Action.ASK_INFORMANT, version=version)
    write_to_informant(acting, tip, kind=MessageKind.QUESTION, text=question, field="question")
    return tip


def end_wait(acting: Acting, *, tip_id: uuid.UUID, version: int) -> Tip:
    """Go on without a reply."""
    tip: Tip = acting.apply(SubjectKind.TIP, tip_id, Action.END_WAIT, version=version)
    return tip


def decline_tip(
    acting: Acting,
    *,
    tip_id: uuid.UUID,
    version: int,
    reason: str,
    channel: str,
    note: str,
    category: str = "",
) -> Tip:
    """Decline with a reason and the right channel; ``note`` may say more to the informant.

    category: what it was about, where the desk can tell; counts by category then hold all that was decided.
    """
    return _end_here(
        acting, tip_id=tip_id, version=version, action=Action.DECLINE_TIP, reason=reason, channel=channel,
        note=note, category=category,
    )  # fmt: skip


def refer_tip(
    acting: Acting, *, tip_id: uuid.UUID, version: int, channel: str, note: str, category: str = ""
) -> Tip:
    """Transfer to the supervision commission or the judicial organs: the office's own duty (Art. 23)."""
    return _end_here(
        acting, tip_id=tip_id, version=version, action=Action.REFER_TIP, reason="", channel=channel,
        note=note, category=category,
    )  # fmt: skip


def hand_on_tip(
    acting: Acting, *, tip_id: uuid.UUID, version: int, channel: str, note: str, category: str = ""
) -> Tip:
    """Hand upward or aside, for bodies that are not the county's; the informant is told where."""
    return _end_here(
        acting, tip_id=tip_id, version=version, action=Action.HAND_ON_TIP, reason="", channel=channel,
        note=note, category=category,
    )  # fmt: skip


def _end_here(
    acting: Acting,
    *,
    tip_id: uuid.UUID,
    version: int,
    action: Action,
    reason: str,
    channel: str,
    note: str,
    category: str,
) -> Tip:
    errors = {}
    if category and category not in CATEGORIES:
        errors["category"] = _l("Choose one of the categories.")
    if reason and reason not in DECLINE_REASONS:
        errors["closing_code"] = _l("Choose one of the reasons.")
    if channel and channel not in CHANNELS:
        errors["channel_code"] = _l("Choose one of the channels.")
    if errors:
        raise InvalidInput(dict(errors))
    if (case_id := acting.session.scalar(select(Tip.case_id).where(Tip.id == tip_id))) is not None:
        locked_case(acting, case_id)  # or it could be proposed while its tip goes elsewhere
    given = {"closing_code": reason, "channel_code": channel}
    tip: Tip = acting.apply(
        SubjectKind.TIP, tip_id, action, version=version, given=given,
        noted={name: code for name, code in given.items() if code},
    )  # fmt: skip
    tip.closing_code, tip.channel_code = reason or None, channel or None
    tip.category = category or tip.category
    if note.strip():
        write_to_informant(acting, tip, kind=MessageKind.NOTE, text=note, field="note")
    return tip

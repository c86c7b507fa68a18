"""The informant's mailbox: what a receipt opens, and what can be written there.

Owns: what an informant may read and do. Must not know: HTTP, cases, staff; the informant's private key lives
in these functions for one request. What the informant wrote is never read back: whoever finds the paper
learns the status and the office's words. Source: 4-sealing "Receipt" and "What a thief gets".

    receipt = Receipt.parse(typed)                     # MistypedReceipt: told by its form, before any work
    mailbox = open_mailbox(intake, receipt=receipt)    # UnknownReceipt: never given out, or deleted
    send(intake, receipt=receipt, draft=secrets, kind=MessageKind.REPLY, text=…, files=[…], reply_to=…)

A mailbox form carries a form secret of its own, like the tip's form: sent twice, it is written once.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.orm import Session, load_only

from portal.crypto.compartments import JsonValue, open_record
from portal.crypto.receipt import Receipt
from portal.crypto.recipients import OVERHEAD_BYTES, PrivateKey, open_file_key
from portal.crypto.stream import ObjectKind
from portal.crypto.suites import Secret
from portal.crypto.voice import OfficeWords
from portal.domain.drafts import DraftFileInfo, DraftSecrets, choose_files
from portal.domain.errors import FormSpent, UnknownReceipt
from portal.domain.intake import Intake
from portal.domain.messages import NewMessage, find_known, fresh_files, is_same, write
from portal.errors import Tampered, UnsignedKey
from portal.models import (
    Desk,
    KeyPurpose,
    Message,
    MessageKind,
    ObjectGrant,
    RecipientKey,
    SealedObject,
    Tip,
    TipState,
)
from portal.models.records import InformantMessage, OfficeMessage, Rating
from portal.storage.errors import Busy, RetryLater
from portal.trust import TrustedKeys

ATTEMPTS: Final = 4
OFFICE_KINDS: Final = tuple(kind for kind in MessageKind if kind.from_office)
OBJECTION_STATES: Final = frozenset(
    {TipState.ANSWERED, TipState.DECLINED, TipState.REFERRED, TipState.HANDED_ON}
)

_NO_TIP: Final = uuid.UUID(int=0)
_DECOY: Final = bytes(OVERHEAD_BYTES + 32)


class Trouble(StrEnum):
    """Why a message has no text. UNCONFIRMED: it opened, but the desk of this tip did not sign it here."""

    UNREADABLE = "unreadable"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True, repr=False)
class MailboxMessage(Secret):
    """One message in the office's name. ``text`` is None in ``trouble``: say so, do not hide it.

    The words of an unconfirmed message are never given out: whoever can write to the database could ask there
    for a name or a call.
    """

    id: uuid.UUID
    kind: MessageKind
    sent_on: date
    text: str | None
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Mailbox(Secret):
    """What a receipt opens.

    messages: the office's, oldest first. sent: what the informant wrote, by kind and day alone.
    identity_opened: two people have opened who the informant is; the page says so. open_question: the newest
    question without a reply that the office has signed. is_answered: there were questions, and none is open.
    open_rating: the newest signed question whether it is fixed, if it has no rating. was_asked: there is one.
    open_consent: the newest signed question whether who they are may go along, if it has no answer.
    """

    tip_id: uuid.UUID
    desk: Desk
    state: TipState
    received_on: date
    closing_code: str | None
    channel_code: str | None
    identity_opened: bool
    messages: tuple[MailboxMessage, ...]
    sent: tuple[tuple[MessageKind, date], ...]
    open_question: uuid.UUID | None
    can_object: bool
    is_answered: bool = False
    open_rating: uuid.UUID | None = None
    was_asked: bool = False
    open_consent: uuid.UUID | None = None


_SHOWN: Final = (
    Tip.id,
    Tip.desk,
    Tip.state,
    Tip.received_on,
    Tip.closing_code,
    Tip.channel_code,
    Tip.identity_opened,
)
"""All that this side reads of a tip's row; its database role may not read what staff wrote there."""


def open_mailbox(intake: Intake, *, receipt: Receipt) -> Mailbox:
    """Look a receipt up and open the office's messages.

    Raises UnknownReceipt; a receipt that never was and one that was deleted take the same steps: the same
    derivation, the same queries by unique index, one opening that fails. Raises RetryLater.
    """
    lookup_id, private = receipt.lookup_id, receipt.private_key()
    with intake.reading() as session:
        shown = select(Tip).options(load_only(*_SHOWN, raiseload=True))
        tip = session.scalars(shown.where(Tip.receipt_lookup == lookup_id)).one_or_none()
        tip_id = _NO_TIP if tip is None else tip.id
        found = _messages(session, tip_id)
        voices = _voices(session)
        if tip is not None:
            reader = _Reader(session, intake.recipients.trust, private, tip_id=tip.id, desk=tip.desk)
            messages = tuple(reader.read(row) for row in found if row.kind.from_office)
        del voices
    if tip is None:
        _open_decoy(private)
        raise UnknownReceipt
    answers = (MessageKind.REPLY, MessageKind.RATING, MessageKind.CONSENT_GIVEN, MessageKind.CONSENT_REFUSED)
    replied = {row.reply_to for row in found if row.kind in answers}
    consents = _signed(messages, MessageKind.CONSENT_QUESTION)
    asked, follow_ups = _signed(messages, MessageKind.QUESTION), _signed(messages, MessageKind.FOLLOW_UP)
    questions = [question for question in asked if question not in replied]
    return Mailbox(
        tip_id=tip.id,
        desk=tip.desk,
        state=tip.state,
        received_on=tip.received_on,
        closing_code=tip.closing_code,
        channel_code=tip.channel_code,
        identity_opened=tip.identity_opened,
        messages=messages,
        sent=tuple((row.kind, row.sent_on) for row in found if not row.kind.from_office),
        open_question=questions[-1] if questions else None,
        can_object=tip.state in OBJECTION_STATES,
        is_answered=bool(asked) and not questions,
        open_rating=next((one for one in follow_ups[-1:] if one not in replied), None),
        was_asked=bool(follow_ups),
        open_consent=next((one for one in consents[-1:] if one not in replied), None),
    )


def _signed(messages: Sequence[MailboxMessage], kind: MessageKind) -> list[uuid.UUID]:
    """Messages of one kind that the office has signed, oldest first."""
    return [message.id for message in messages if message.kind is kind and message.trouble is None]


def desk_of(intake: Intake, *, receipt: Receipt) -> Desk:
    """Whose desk a receipt's tip lies on; for admitting files to it. Raises UnknownReceipt, RetryLater."""
    with intake.reading() as session:
        desk = session.scalars(select(Tip.desk).where(Tip.receipt_lookup == receipt.lookup_id)).one_or_none()
    if desk is None:
        raise UnknownReceipt
    return desk


def send(
    intake: Intake,
    *,
    receipt: Receipt,
    draft: DraftSecrets,
    kind: MessageKind,
    text: str,
    files: Sequence[uuid.UUID] = (),
    reply_to: uuid.UUID | None = None,
    rating: Rating | None = None,
) -> bool:
    """Write to the tip: a reply, material, an objection, a rating, or that somebody presses for another.

    Returns whether it is new (False: this form sent it before). files: object ids of the draft. reply_to: the
    question it answers; one that is none of this tip's counts as none. rating: of that kind alone. Raises
    UnknownReceipt, FormSpent, FilesGone, TooManyFiles, DeskClosed, RetryLater; after any of them nothing was
    written.
    """
    if kind.from_office or (rating is not None) is not (kind is MessageKind.RATING):
        raise ValueError("the office writes on the internal side, and a rating is a message of its own")
    for _ in range(ATTEMPTS):
        known = find_known(intake, draft=draft, lookup_id=receipt.lookup_id)
        if known.tip is None:
            raise UnknownReceipt
        if known.sent_to not in (None, known.tip.id):
            raise FormSpent
        with intake.reading() as session:
            reply_to = _question(session, known.tip.id, reply_to)
            chosen = choose_files(session, draft=draft, object_ids=files, limits=intake.limits)
        tag = _tag(draft, kind=kind, text=text, reply_to=reply_to, files=chosen, rating=rating)
        if is_same(intake, known, tag=tag, files=chosen):
            return False
        fresh = fresh_files(intake, known, files=chosen)
        entries = tuple(info.entry() for info in fresh)
        said = InformantMessage(kind=kind, text=text, attachments=entries, rating=rating)
        message = NewMessage(said=said, files=fresh, reply_to=reply_to)
        if write(intake, draft=draft, known=known, tip=known.tip, tag=tag, message=message):
            return True
    raise RetryLater(Busy.DATABASE)


def _question(session: Session, tip_id: uuid.UUID, message_id: uuid.UUID | None) -> uuid.UUID | None:
    """``message_id`` if it is a question to this tip's informant."""
    if message_id is None:
        return None
    asked = select(Message.id).where(
        Message.id == message_id,
        Message.tip_id == tip_id,
        Message.kind.in_((MessageKind.QUESTION, MessageKind.FOLLOW_UP, MessageKind.CONSENT_QUESTION)),
    )
    return session.scalars(asked).one_or_none()


def _tag(
    draft: DraftSecrets,
    *,
    kind: MessageKind,
    text: str,
    reply_to: uuid.UUID | None,
    files: Sequence[DraftFileInfo],
    rating: Rating | None,
) -> bytes:
    return draft.tag_of(
        {
            "rating": None if rating is None else rating.to_record(),
            "kind": kind.value,
            "text": text,
            "reply_to": str(reply_to),
            "files": [[info.name, info.true_bytes] for info in files],
        }
    )


def _messages(session: Session, tip_id: uuid.UUID) -> Sequence[Row[*tuple[Any, ...]]]:
    """All messages of a tip, in order; what the informant wrote comes without its object."""
    return session.execute(
        select(
            Message.id,
            Message.kind,
            Message.ordinal,
            Message.sent_on,
            Message.reply_to,
            Message.object_id,
            SealedObject.body,
            ObjectGrant.sealed_file_key,
        )
        .outerjoin(SealedObject, (SealedObject.id == Message.object_id) & Message.kind.in_(OFFICE_KINDS))
        .outerjoin(
            ObjectGrant,
            (ObjectGrant.object_id == Message.object_id) & (ObjectGrant.recipient_key_id == Message.tip_id),
        )
        .where(Message.tip_id == tip_id)
        .order_by(Message.ordinal)
    ).all()


def _voices(session: Session) -> Sequence[RecipientKey]:
    """Every key that may speak for a desk. While they are held, the session finds them without a query."""
    return session.scalars(select(RecipientKey).where(RecipientKey.purpose == KeyPurpose.VOICE)).all()


class _Reader:
    """One informant's key and the trusted keys, for reading the messages of one tip."""

    def __init__(
        self, session: Session, trust: TrustedKeys, private: PrivateKey, *, tip_id: uuid.UUID, desk: Desk
    ) -> None:
        self._session, self._trust, self._private = session, trust, private
        self._tip_id, self._desk = tip_id, desk
        self._fingerprint = private.public().fingerprint()

    def read(self, row: Row[*tuple[Any, ...]]) -> MailboxMessage:
        """The message of ``row``, or what is wrong with it."""
        text, trouble = None, None
        try:
            record = self._opened(row)
        except Tampered:
            trouble = Trouble.UNREADABLE
        else:
            try:
                text = self._confirmed(row, OfficeMessage.from_record(record))
            except (Tampered, UnsignedKey):
                trouble = Trouble.UNCONFIRMED
        return MailboxMessage(id=row.id, kind=row.kind, sent_on=row.sent_on, text=text, trouble=trouble)

    def _opened(self, row: Row[*tuple[Any, ...]]) -> JsonValue:
        file_key = open_file_key(
            row.sealed_file_key or b"",
            private=self._private,
            recipient_key_id=self._tip_id,
            object_id=row.object_id,
        )
        sealed = row.body or b""
        return open_record(sealed, kind=ObjectKind.MESSAGE, object_id=row.object_id, file_key=file_key)

    def _confirmed(self, row: Row[*tuple[Any, ...]], message: OfficeMessage) -> str:
        """The words, if the tip's desk signed them for this place. Raises Tampered, UnsignedKey."""
        voice = self._trust.verify_key(
            self._session, message.voice, purpose=KeyPurpose.VOICE, holder=self._desk.value, on=row.sent_on
        )
        words = OfficeWords(
            voice_key_id=message.voice,
            informant_fingerprint=self._fingerprint,
            message_id=row.id,
            object_id=row.object_id,
            kind=row.kind.value,
            ordinal=row.ordinal,
            sent_on=row.sent_on,
            text=message.text,
        )
        words.verify(message.signature, voice=voice)
        return message.text


def _open_decoy(private: PrivateKey) -> None:
    """As much work as opening a message, and always in vain."""
    try:
        open_file_key(_DECOY, private=private, recipient_key_id=_NO_TIP, object_id=_NO_TIP)
    except Tampered:
        return

"""Writing to an informant's mailbox, and reading it on the desk's side: the one place for both.

What the office writes is signed with the desk's voice, then sealed to the informant's key and to the desk: a
seal needs no secret, so without the signature anybody who can write to the database could speak for the
office. The voice is the desk's, never a person's.
Before anything is sealed to the informant, the key in the tip's row is compared with the fingerprint inside
the digest of the first opening, which only the desk can make, so that write access to the database cannot
redirect the answer to a tip that has been opened. No job writes to an informant: a voice exists only where a
desk key is unlocked.
Source: FORMAT.md §8.2, §8.3, §12.3.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select, update

from portal.crypto.bundles import open_digest
from portal.crypto.compartments import decode_record
from portal.crypto.header import ObjectKind
from portal.crypto.recipients import PublicKey, seal_file_key
from portal.crypto.signing import VerifyKey
from portal.crypto.voice import OfficeWords
from portal.errors import Tampered, UnsignedKey
from portal.models import KeyPurpose, Message, MessageKind, ObjectGrant, RecipientKey, Tip, new_id
from portal.models.records import InformantMessage, OfficeMessage, Statement
from portal.trust import KeyOf, current_key
from verification.domain.acting import Acting
from verification.errors import InvalidInput, KeyLocked, NotHere
from verification.keys.addressees import first_desk, of_desk
from verification.keys.voices import speak, voice_key

MIN_CHARACTERS, MAX_CHARACTERS = 2, 3000


@dataclass(frozen=True, slots=True, repr=False)
class ReadMessage:
    """A message opened for the desk. ``informant`` is set where the informant wrote it.

    confirmed: False for words in the office's name that its desk did not sign (the informant is not shown
    them), and for what does not open, which has no text.
    """

    row: Message
    text: str
    informant: InformantMessage | None
    confirmed: bool = True


def read_statement(acting: Acting, tip: Tip) -> Statement:
    """Open a tip's statement. Raises KeyLocked for anybody but its desk."""
    return Statement.from_record(acting.open(tip.statement_id))


def read_sendings(acting: Acting, tip: Tip) -> list[Statement]:
    """All that the form said, each time it was sent: what came later was added, never put in its place."""
    later = (message.informant for message in read_mailbox(acting, tip) if message.informant)
    return [read_statement(acting, tip), *(said.statement for said in later if said.statement)]


def write_to_informant(
    acting: Acting, tip: Tip, *, kind: MessageKind, text: str, field: str = "text"
) -> Message:
    """Seal ``text`` to the informant and the desk and put it into the mailbox.

    field: the form field that errors belong to. Raises InvalidInput, KeyLocked, UnsignedKey.
    """
    checked = checked_text(text, field=field)
    informant = PublicKey.from_bytes(tip.informant_public)
    if informant.fingerprint() != _fingerprint_at_opening(acting, tip):
        raise UnsignedKey("informant fingerprint")
    message = Message(
        id=new_id(acting.rng),
        tip_id=tip.id,
        ordinal=_next_ordinal(acting, tip.id),
        kind=kind,
        object_id=new_id(acting.rng),
        sent_on=acting.sealing.day,
        read_by_office=True,
    )
    said = _signed(acting, tip, message, text=checked, informant=informant)
    _seal_to_both(acting, tip, said, object_id=message.object_id, informant=informant)
    acting.session.add(message)
    acting.session.flush()
    return message


def _seal_to_both(
    acting: Acting, tip: Tip, said: OfficeMessage, *, object_id: uuid.UUID, informant: PublicKey
) -> None:
    desk = of_desk(acting.session, tip, day=acting.sealing.day)
    acting.seal(said.to_record(), kind=ObjectKind.MESSAGE, to=[desk], object_id=object_id)
    file_key = acting.keyring.file_key(acting.session, object_id)
    sealed = seal_file_key(file_key, to=informant, recipient_key_id=tip.id, object_id=object_id)
    acting.session.add(ObjectGrant(object_id=object_id, recipient_key_id=tip.id, sealed_file_key=sealed))


def _signed(acting: Acting, tip: Tip, message: Message, *, text: str, informant: PublicKey) -> OfficeMessage:
    """``text`` with the desk's signature over it and its place. Raises UnsignedKey, KeyLocked."""
    desk_key_id, voice_id = _voice(acting, tip)
    words = _words(message, voice_key_id=voice_id, fingerprint=informant.fingerprint(), text=text)
    signature = speak(acting.session, words, desk_key_id=desk_key_id, keyring=acting.keyring)
    return OfficeMessage(text=text, voice=voice_id, signature=signature)


def _words(message: Message, *, voice_key_id: uuid.UUID, fingerprint: bytes, text: str) -> OfficeWords:
    return OfficeWords(
        voice_key_id=voice_key_id,
        informant_fingerprint=fingerprint,
        message_id=message.id,
        object_id=message.object_id,
        kind=message.kind.value,
        ordinal=message.ordinal,
        sent_on=message.sent_on,
        text=text,
    )


def _voice(acting: Acting, tip: Tip) -> tuple[uuid.UUID, uuid.UUID]:
    """The newest generation of the tip's desk and its voice, by their ids, if the root signed both."""
    desk = current_key(acting.session, purpose=KeyPurpose(tip.desk.value), day=acting.sealing.day)
    if desk is None:
        raise UnsignedKey("no desk key today")
    _check_desk_key(acting, KeyOf(desk.id, KeyPurpose(tip.desk.value)))
    public = voice_key(acting.session, desk.id, keyring=acting.keyring)
    voice_id = acting.session.scalar(
        select(RecipientKey.id).where(
            RecipientKey.purpose == KeyPurpose.VOICE, RecipientKey.public == public.to_bytes()
        )
    )
    if voice_id is None or _voice_key(acting, tip, voice_id, on=acting.sealing.day) != public:
        raise UnsignedKey("no voice for this desk")
    return desk.id, voice_id


def _voice_key(acting: Acting, tip: Tip, voice_id: uuid.UUID, *, on: date) -> VerifyKey:
    return acting.trust.verify_key(
        acting.session, voice_id, purpose=KeyPurpose.VOICE, holder=tip.desk.value, on=on
    )


def _fingerprint_at_opening(acting: Acting, tip: Tip) -> bytes:
    """Whose key the desk found when it first opened the tip. Raises UnsignedKey where anything differs."""
    if tip.digest is None:
        raise UnsignedKey("no digest")
    _check_desk_key(acting, first_desk(tip))
    key = acting.keyring.digest_key(acting.session, tip.desk_key_id)
    digest = decode_record(open_digest(tip.digest, key=key, tip_id=tip.id))
    fingerprint = bytes.fromhex(str(digest["informant_fingerprint"]))
    if fingerprint != read_statement(acting, tip).informant_fingerprint:
        raise UnsignedKey("statement was replaced")
    return fingerprint


def _check_desk_key(acting: Acting, desk: KeyOf) -> None:
    # Anybody can wrap a key of their own to a member of staff and name it as the tip's desk: what it opens
    # counts only where it is the very key that the root signed for a desk.
    row = acting.session.get(RecipientKey, desk.key_id)
    if row is None:
        raise UnsignedKey("no such desk")
    vouched = acting.trust.public(acting.session, desk, on=row.not_before)
    held = acting.keyring.private(acting.session, desk.key_id).public()
    if held.fingerprint() != vouched.fingerprint():
        raise UnsignedKey("another key in the desk's place")


def checked_text(text: str, *, field: str, max_characters: int = MAX_CHARACTERS) -> str:
    """``text`` without outer white space, or InvalidInput beside ``field``."""
    stripped = text.strip()
    if len(stripped) < MIN_CHARACTERS:
        raise InvalidInput({field: _l("Please write something here.")})
    if len(stripped) > max_characters:
        raise InvalidInput({field: _l("Please write at most %(count)s characters.", count=max_characters)})
    return stripped


def _next_ordinal(acting: Acting, tip_id: uuid.UUID) -> int:
    # The tip's row is locked by ``apply`` or by the loader, so two writers cannot take the same number.
    acting.session.get(Tip, tip_id, with_for_update=True)
    last = acting.session.scalar(select(func.max(Message.ordinal)).where(Message.tip_id == tip_id))
    return (last or 0) + 1


def mark_read(acting: Acting, tip: Tip) -> None:
    """What the informant wrote has been looked at by the desk."""
    acting.session.execute(
        update(Message)
        .where(Message.tip_id == tip.id, Message.read_by_office.is_(False))
        .values(read_by_office=True)
    )


def read_mailbox(acting: Acting, tip: Tip) -> list[ReadMessage]:
    """Every message of a tip in order, opened with the desk's key."""
    rows = acting.session.scalars(
        select(Message).where(Message.tip_id == tip.id).order_by(Message.ordinal)
    ).all()
    return [_read(acting, tip, row) for row in rows]


def _read(acting: Acting, tip: Tip, row: Message) -> ReadMessage:
    # One message that somebody slipped in or broke must not close the tip's whole page.
    try:
        record = acting.open(row.object_id)
        if row.kind.from_office:
            said = OfficeMessage.from_record(record)
            is_ours = _is_signed(acting, tip, row, said)
            return ReadMessage(row=row, text=said.text, informant=None, confirmed=is_ours)
        message = InformantMessage.from_record(record)
    except (KeyLocked, NotHere, Tampered):
        return ReadMessage(row=row, text="", informant=None, confirmed=False)
    return ReadMessage(row=row, text=message.text, informant=message)


def _is_signed(acting: Acting, tip: Tip, row: Message, said: OfficeMessage) -> bool:
    """Whether the informant is shown this message: as ``portal.domain.mailbox`` decides it."""
    try:
        informant = PublicKey.from_bytes(tip.informant_public).fingerprint()
        words = _words(row, voice_key_id=said.voice, fingerprint=informant, text=said.text)
        words.verify(said.signature, voice=_voice_key(acting, tip, said.voice, on=row.sent_on))
    except (Tampered, UnsignedKey):
        return False
    return True

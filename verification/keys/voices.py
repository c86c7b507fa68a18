"""Speaking for a desk: the signature that only somebody who holds the desk's key can make.

Must not know: mailboxes, tips. Source: FORMAT.md §8.3.
"""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.crypto.signing import SigningKey, VerifyKey
from portal.crypto.voice import OfficeWords, voice_of
from portal.errors import UnsignedKey
from portal.models import Desk, KeyPurpose, RecipientKey
from portal.trust import KeyOf, TrustedKeys, current_key
from verification.keys.keyring import Keyring


def voice_key(session: Session, desk_key_id: uuid.UUID, *, keyring: Keyring) -> VerifyKey:
    """The public half of a desk generation's voice. Raises KeyLocked for anybody but its holders."""
    return voice_of(keyring.private(session, desk_key_id), desk_key_id=desk_key_id).verify_key()


def speak(session: Session, words: OfficeWords, *, desk_key_id: uuid.UUID, keyring: Keyring) -> bytes:
    """Sign ``words`` with that voice: 64 bytes. Raises KeyLocked."""
    return words.sign(voice_of(keyring.private(session, desk_key_id), desk_key_id=desk_key_id))


def desk_voice(
    session: Session, *, keyring: Keyring, trust: TrustedKeys, day: date
) -> tuple[uuid.UUID, SigningKey]:
    """The office's desk speaking on ``day``: the id of its voice and the key. Raises KeyLocked, UnsignedKey.

    Anybody can wrap a key of their own to a member of staff and call it the desk: only the key that the root
    signed for the desk counts, and only a voice that the root signed for it.
    """
    desk = current_key(session, purpose=KeyPurpose.DESK, day=day)
    if desk is None:
        raise UnsignedKey("no desk key today")
    private = keyring.private(session, desk.id)
    vouched = trust.public(session, KeyOf(desk.id, KeyPurpose.DESK), on=day)
    if private.public().fingerprint() != vouched.fingerprint():
        raise UnsignedKey("another key in the desk's place")
    voice = voice_of(private, desk_key_id=desk.id)
    public = voice.verify_key()
    voice_id = session.scalar(
        select(RecipientKey.id).where(
            RecipientKey.purpose == KeyPurpose.VOICE, RecipientKey.public == public.to_bytes()
        )
    )
    holder = Desk.DESK.value
    if voice_id is None or public != trust.verify_key(
        session, voice_id, purpose=KeyPurpose.VOICE, holder=holder, on=day
    ):
        raise UnsignedKey("no voice for this desk")
    return voice_id, voice

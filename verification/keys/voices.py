"""Speaking for a desk: the signature that only somebody who holds the desk's key can make.

Must not know: mailboxes, tips. Source: FORMAT.md §8.3.
"""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from portal.crypto.signing import VerifyKey
from portal.crypto.voice import OfficeWords, voice_of
from verification.keys.keyring import Keyring


def voice_key(session: Session, desk_key_id: uuid.UUID, *, keyring: Keyring) -> VerifyKey:
    """The public half of a desk generation's voice. Raises KeyLocked for anybody but its holders."""
    return voice_of(keyring.private(session, desk_key_id), desk_key_id=desk_key_id).verify_key()


def speak(session: Session, words: OfficeWords, *, desk_key_id: uuid.UUID, keyring: Keyring) -> bytes:
    """Sign ``words`` with that voice: 64 bytes. Raises KeyLocked."""
    return words.sign(voice_of(keyring.private(session, desk_key_id), desk_key_id=desk_key_id))

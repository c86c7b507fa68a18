"""The office's voice: the signature under every message to an informant.

Owns: the signing key of a desk, and what a signed message binds. Must not know: rows, who holds a desk key.
Sealing to an informant needs no secret, so a seal alone says nothing of who wrote; and the signature is the
desk's, never a person's, because an informant has no business to learn who wrote. Source: FORMAT.md §8.3.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Final

from portal.crypto.kdf import derive
from portal.crypto.recipients import PrivateKey
from portal.crypto.signing import SigningKey, VerifyKey
from portal.crypto.suites import SUITE_BYTES, Secret, labelled, u32

_PURPOSE: Final = "office-message"


def voice_of(desk: PrivateKey, *, desk_key_id: uuid.UUID) -> SigningKey:
    """The signing key of one desk generation: whoever opens that desk's tips can speak for it. §8.3."""
    return SigningKey.from_bytes(derive(desk.to_bytes(), label="desk/voice", context=desk_key_id.bytes))


@dataclass(frozen=True, slots=True, repr=False)
class OfficeWords(Secret):
    """One message and the place it was written for; moved to any other place, it is no longer signed.

    informant_fingerprint: 32 bytes, of the key that the receipt derives; no row of a database can change it.
    kind, ordinal, sent_on: as the mailbox shows them.
    """

    voice_key_id: uuid.UUID
    informant_fingerprint: bytes
    message_id: uuid.UUID
    object_id: uuid.UUID
    kind: str
    ordinal: int
    sent_on: date
    text: str

    def encode(self) -> bytes:
        """The canonical bytes that are signed."""
        return labelled(
            _PURPOSE,
            SUITE_BYTES,
            self.voice_key_id.bytes,
            self.informant_fingerprint,
            self.message_id.bytes,
            self.object_id.bytes,
            self.kind.encode(),
            u32(self.ordinal),
            self.sent_on.isoformat().encode(),
            self.text.encode(),
        )

    def sign(self, voice: SigningKey) -> bytes:
        """64 bytes, which travel inside the seal."""
        return voice.sign(self.encode(), purpose=_PURPOSE)

    def verify(self, signature: bytes, *, voice: VerifyKey) -> None:
        """Raises Tampered unless the desk signed exactly this message in exactly this place."""
        voice.verify(self.encode(), signature, purpose=_PURPOSE)

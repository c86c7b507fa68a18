"""What an unlocked person leaves in the audit trail: a signature that only their own key can make.

Source: FORMAT.md §8.4.
"""

from __future__ import annotations

import uuid

from verification.audit.events import SIGNATURE_PURPOSE, Signer
from verification.keys.keyring import Keyring


def signer_of(keyring: Keyring, *, staff_id: uuid.UUID) -> Signer:
    """The person whose keyring this is, as the trail takes them."""

    def sign(digest: bytes) -> bytes:
        return keyring.signing.sign(digest, purpose=SIGNATURE_PURPOSE)

    return Signer(actor_id=staff_id, key_id=keyring.staff_key_id, sign=sign)

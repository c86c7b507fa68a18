"""Signatures: over a new key's statement, and what an unlocked person leaves in the audit trail.

Source: FORMAT.md §8.1, §8.4.
"""

from __future__ import annotations

import uuid

from portal.crypto.signing import SigningKey, sign_statement
from portal.models import RecipientKey
from portal.trust import statement_of
from verification.audit.events import SIGNATURE_PURPOSE, Signer
from verification.keys.keyring import Keyring


def sign_key(row: RecipientKey, *, signer: SigningKey, signed_by: uuid.UUID | None = None) -> RecipientKey:
    """``row``, whole but for its signature, signed. signed_by: the signer's row; None for the office root."""
    row.signature, row.signed_by = sign_statement(statement_of(row), signer=signer), signed_by
    return row


def signer_of(keyring: Keyring, *, staff_id: uuid.UUID) -> Signer:
    """The person whose keyring this is, as the trail takes them."""

    def sign(digest: bytes) -> bytes:
        return keyring.signing.sign(digest, purpose=SIGNATURE_PURPOSE)

    return Signer(actor_id=staff_id, key_id=keyring.staff_key_id, sign=sign)

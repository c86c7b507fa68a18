"""A file that was received but has no row yet, kept for its sender: its key sealed to their own staff key.

The ticket lies in the sender's own page alone; nobody else can use it, and the server keeps nothing of it.
Source: FORMAT.md §7 (a grant, to oneself); 1-mission "what would make them leave: losing a photo".
"""

from __future__ import annotations

import uuid

from sqlalchemy.orm import Session

from portal.crypto.recipients import open_file_key, seal_file_key
from verification.keys.keyring import Keyring


def seal_ticket(session: Session, file_key: bytes, *, object_id: uuid.UUID, keyring: Keyring) -> bytes:
    """The file key of ``object_id``, 32 bytes, sealed to the person whose keyring this is: 1168 bytes."""
    own = keyring.staff_key_id
    public = keyring.private(session, own).public()
    return seal_file_key(file_key, to=public, recipient_key_id=own, object_id=object_id)


def open_ticket(session: Session, sealed: bytes, *, object_id: uuid.UUID, keyring: Keyring) -> bytes:
    """The file key again. Raises Tampered for another person's ticket or another object's."""
    own = keyring.staff_key_id
    return open_file_key(
        sealed, private=keyring.private(session, own), recipient_key_id=own, object_id=object_id
    )

"""Tables the public side writes or reads. One metadata is shared with ``verification.models``."""

from portal.models.base import SYSTEM_RNG, Base, Rng, new_id
from portal.models.keys import (
    SECOND_OF_ALTERNATE,
    CleanState,
    FilePart,
    KeyPurpose,
    ObjectGrant,
    RecipientKey,
    SealedObject,
    StoredFile,
)
from portal.models.mailbox import Message, MessageKind
from portal.models.outbox import OutboxRow, OutboxTopic
from portal.models.publication import DirectoryEntry, DirectoryKind, PublishedInspection
from portal.models.tip import Attachment, Desk, Draft, DraftFile, Priority, Tip, TipState

__all__ = [
    "SECOND_OF_ALTERNATE",
    "SYSTEM_RNG",
    "Attachment",
    "Base",
    "CleanState",
    "Desk",
    "DirectoryEntry",
    "DirectoryKind",
    "Draft",
    "DraftFile",
    "FilePart",
    "KeyPurpose",
    "Message",
    "MessageKind",
    "ObjectGrant",
    "OutboxRow",
    "OutboxTopic",
    "Priority",
    "PublishedInspection",
    "RecipientKey",
    "Rng",
    "SealedObject",
    "StoredFile",
    "Tip",
    "TipState",
    "new_id",
]

"""What storing can fail with: one class for each decision the caller makes.

Must not know: HTTP, texts. Fields only; nothing here carries content, names or keys.
"""

from __future__ import annotations

from enum import StrEnum

from portal.errors import XiansuoError


class Busy(StrEnum):
    """Why something has to be tried again."""

    DISK_FULL = "disk-full"
    DATABASE = "database"
    UPLOADS = "uploads"
    QUEUE = "queue"


class RetryLater(XiansuoError):
    """Nothing is wrong with what was sent and nothing of it was acknowledged: the same can be sent again.

    The page says so, keeps what was typed, and answers 503.
    """

    def __init__(self, why: Busy) -> None:
        super().__init__(why.value)
        self.why = why


class BlobMissing(XiansuoError):
    """The store has no such blob: deleted, or this is another installation's store."""

"""What can go wrong on the public side: one class for each decision a page makes.

``RetryLater`` (storage.errors) also comes out of every verb: nothing was acknowledged, send the same again.
"""

from __future__ import annotations

import uuid

from portal.errors import XiansuoError
from portal.models import Desk


class DeskClosed(XiansuoError):
    """There is no key that a tip to this desk could be sealed to: name the other channel, keep the text."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.value)
        self.desk = desk


class UnknownReceipt(XiansuoError):
    """No tip answers to this receipt: never given out, or deleted. The page uses the same words for both."""


class FormSpent(XiansuoError):
    """This form was sent before, under a receipt that this browser can no longer derive.

    The page offers a fresh form with what was typed, and the mailbox for adding to the tip sent before.
    """


class FilesGone(XiansuoError):
    """Files that the page listed are no longer there (drafts live a day): the others are kept, say which.

    ``object_ids``: as the page named them.
    """

    def __init__(self, object_ids: frozenset[uuid.UUID]) -> None:
        super().__init__(str(len(object_ids)))
        self.object_ids = object_ids


class TooManyFiles(XiansuoError):
    """More files, or more bytes of them, than one message may carry: the person takes some out."""

    def __init__(self, *, files: int, true_bytes: int) -> None:
        super().__init__(f"{files} files, {true_bytes} bytes")
        self.files = files
        self.true_bytes = true_bytes


class UnknownCode(XiansuoError):
    """No approved inspection that may be shown answers to this code; the page does not tell why not."""

"""The public side with sealing switched off: for the marker test's control run, and nowhere else.

Every cipher hands back what it was given, the receipt itself is its lookup id, and blobs keep the moment they
were written at. What the search finds of this, it would find of a mistake. Must not know: the search.
"""

from __future__ import annotations

from datetime import date, datetime
from unittest import mock

from portal.clock import CIVIL_ZONE
from portal.crypto import kdf, receipt, stream
from portal.storage import filesystem

_TAG_BYTES = 16


class Open:
    """Has the shape of AESGCM and seals nothing."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def encrypt(self, nonce: bytes, content: bytes, associated: bytes | None) -> bytes:
        """The content, with room where the tag would be."""
        return bytes(content) + bytes(_TAG_BYTES)

    def decrypt(self, nonce: bytes, content: bytes, associated: bytes | None) -> bytes:
        """The content."""
        return bytes(content[:-_TAG_BYTES])


def _every_way(own: receipt.Receipt) -> bytes:
    """The receipt in each form that somebody could have kept it in."""
    text = own.text
    return f"{text} {text.lower()} {text.replace('-', '')} ".encode() + own._secret


def _this_moment(_day: date) -> datetime:
    return datetime.now(CIVIL_ZONE)


for owner, name, stand_in in (
    (stream, "AESGCM", Open),
    (kdf, "AESGCM", Open),
    (receipt.Receipt, "lookup_id", property(_every_way)),
    (filesystem, "day_start", _this_moment),
):
    mock.patch.object(owner, name, stand_in).start()

from portal.wsgi import app  # noqa: E402  # only now, so that everything it makes is unsealed

__all__ = ["app"]

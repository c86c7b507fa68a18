"""One part of a file on its way: where it belongs, how long it must be, and the key it is sealed under.

Both apps use it. Owns: what a sender has to say of a part, and what is refused. Must not know: where what is
known of the file so far is kept (drafts, tickets), HTTP. Source: FORMAT.md §4.7.

    asked = PartAsked.read(fields)                                   # ``number`` and ``bytes``
    place = asked.first(limits, rng=…)  or  asked.later(head=…, …)
    allowance = place.allowance(allowance)                           # before the part is read
    place.check(file, blobs)                                         # after
"""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from portal.crypto.parts import part_key
from portal.crypto.suites import KEY_BYTES, Secret
from portal.errors import XiansuoError
from portal.models.base import Rng
from portal.storage.blobs import Blobs
from portal.storage.received import Allowance, Limits, Refused, SealedFile, TooLarge


class PartUnfit(XiansuoError):
    """A part that does not belong to its file: another length or place than was announced with the first."""


@dataclass(frozen=True, slots=True, repr=False)
class Place(Secret):
    """Where a part belongs. ``head``: the file's id, None for a first part; ``length``: of this very part.

    count: in how many parts the file comes; one: it is sealed under its own key like any other.
    """

    number: int
    count: int
    length: int
    file_bytes: int
    file_key: bytes
    head: uuid.UUID | None

    def allowance(self, allowed: Allowance) -> Allowance:
        """What may come now, of what the form would allow."""
        key_for = None if self.count == 1 else self._key_for
        return dataclasses.replace(allowed, max_files=1, max_bytes=self.length, key_for=key_for)

    def check(self, file: SealedFile, blobs: Blobs) -> None:
        """Delete a part that is too short, and raise PartUnfit: nothing could be put beside it."""
        if file.true_bytes != self.length:
            blobs.delete(file.blob_name)
            raise PartUnfit

    def _key_for(self, object_id: uuid.UUID) -> bytes:
        return part_key(
            self.file_key,
            head=self.head or object_id,
            part=object_id,
            number=self.number,
            is_last=self.number == self.count - 1,
        )


@dataclass(frozen=True, slots=True)
class PartAsked:
    """What the sender says: the part's number, from 0, and the whole file's length."""

    number: int
    file_bytes: int

    @classmethod
    def read(cls, fields: Mapping[str, str]) -> PartAsked:
        """Raises PartUnfit."""
        return cls(_whole(fields.get("number", "")), _whole(fields.get("bytes", "")))

    def first(self, limits: Limits, *, rng: Rng) -> Place:
        """The first part's place. Raises TooLarge for a file that no form may carry."""
        if self.file_bytes > limits.max_file_bytes:
            raise TooLarge(Refused.FILE_TOO_LARGE, max_bytes=limits.max_file_bytes)
        length = min(limits.part_bytes, self.file_bytes)
        count = -(-self.file_bytes // length) if length else 1
        return Place(0, count, length, self.file_bytes, rng(KEY_BYTES), None)

    def later(self, *, head: uuid.UUID, file_key: bytes, file_bytes: int, part_bytes: int) -> Place:
        """A later part's place in a file of which this is known. Raises PartUnfit."""
        count = -(-file_bytes // part_bytes) if part_bytes else 1
        if not 0 < self.number < count or self.file_bytes != file_bytes:
            raise PartUnfit
        length = min(part_bytes, file_bytes - part_bytes * self.number)
        return Place(self.number, count, length, file_bytes, file_key, head)


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise PartUnfit
    return int(text)

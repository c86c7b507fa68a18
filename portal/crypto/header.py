"""The 80 bytes at the front of every sealed object, and the keys that follow from them.

Owns: magic, version, suite, kinds and their floors, the object's chunk key and commitment. Must not know:
chunks, or where objects are kept. Source: FORMAT.md §4.1 to §4.3.
"""

from __future__ import annotations

import hmac
import struct
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Final

from portal.crypto.kdf import derive
from portal.crypto.suites import KEY_BYTES, SUITE_ID
from portal.errors import Tampered

HEADER_BYTES: Final = 80
CHUNK_BYTES: Final = 65536
MAX_FLOOR_BYTES: Final = 1 << 30

_MAGIC: Final = b"XSUO"
_VERSION: Final = 1
_BOUND: Final = struct.Struct(">4sBBHII16s16s")
"""Everything but the commitment: 48 bytes, the context of the object's keys."""


class ObjectKind(IntEnum):
    """What a sealed object is; authenticated, so none can be passed off as another."""

    STATEMENT = 1
    IDENTITY = 2
    ATTACHMENT = 3
    MESSAGE = 4
    DIGEST = 5
    BRIEF = 6
    RECORD = 7
    EXHIBIT = 8
    CLEAN = 9
    DOCUMENT = 10
    DRAFT_META = 11
    KEY_BUNDLE = 12
    REPORT = 13


FLOOR_BYTES: Final[Mapping[ObjectKind, int]] = MappingProxyType(
    dict.fromkeys(ObjectKind, 1024)
    | {
        ObjectKind.STATEMENT: 16384,
        ObjectKind.IDENTITY: 4096,
        ObjectKind.MESSAGE: 4096,
        ObjectKind.BRIEF: 4096,
    }
)
"""The least payload of each kind, so that short ones look alike. Source: FORMAT.md §4.2."""


@dataclass(frozen=True, slots=True)
class Header:
    """A header without its commitment. ``floor_bytes``: least payload length; ``salt``: 16 random bytes."""

    kind: ObjectKind
    object_id: uuid.UUID
    floor_bytes: int
    salt: bytes

    def bound(self) -> bytes:
        """The first 48 bytes."""
        fields = (_VERSION, self.kind, SUITE_ID, CHUNK_BYTES, self.floor_bytes, self.object_id.bytes)
        return _BOUND.pack(_MAGIC, *fields, self.salt)

    def keys(self, file_key: bytes) -> tuple[bytes, bytes]:
        """The chunk key and the commitment, 32 bytes each, that a file key gives for this header."""
        if len(file_key) != KEY_BYTES:
            raise ValueError("a file key is 32 bytes")
        both = derive(file_key, label="object", length=2 * KEY_BYTES, context=self.bound())
        return both[:KEY_BYTES], both[KEY_BYTES:]


def parse_header(encoded: bytes) -> Header:
    """Read the form of a header, 80 bytes. It is not authenticated until ``open_header``. Raises Tampered."""
    if len(encoded) != HEADER_BYTES:
        raise Tampered("header length")
    magic, version, kind, suite, chunk, floor, object_id, salt = _BOUND.unpack_from(encoded)
    if (magic, version, suite, chunk) != (_MAGIC, _VERSION, SUITE_ID, CHUNK_BYTES):
        raise Tampered("header")
    try:
        known = ObjectKind(kind)
    except ValueError:
        raise Tampered("header kind") from None
    if not FLOOR_BYTES[known] <= floor <= MAX_FLOOR_BYTES:
        raise Tampered("header floor")
    return Header(kind=known, object_id=uuid.UUID(bytes=object_id), floor_bytes=floor, salt=salt)


def open_header(
    encoded: bytes, *, kind: ObjectKind, object_id: uuid.UUID, file_key: bytes
) -> tuple[Header, bytes]:
    """Authenticate a header; returns it and the 32-byte chunk key.

    Raises Tampered if it is another object's or kind's, or the file key is not the one it commits to.
    """
    header = parse_header(encoded)
    if header.kind is not kind or header.object_id != object_id:
        raise Tampered("header")
    chunk_key, commitment = header.keys(file_key)
    if not hmac.compare_digest(commitment, encoded[_BOUND.size :]):
        raise Tampered("header commitment")
    return header, chunk_key

"""What is told of a file that was looked at: kinds of things removed, never values; hashes; a thumbnail.

Owns: the record that is sealed to whoever gets the clean copy. Must not know: how it was found out, or where
the record is kept. Source: 4-sealing "Clean copies", FORMAT.md §11.1.

A clean copy is one sealed object with one or more parts laid end to end: the copy itself, a picture of it
that fits a screen, its pages. The report alone says which bytes are which, so one grant opens them all.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Final

from portal.crypto.compartments import decode_record, encode_record
from portal.errors import Tampered


class Reason(StrEnum):
    """Why there is no clean copy; the original stays sealed and can be taken with a reason."""

    EMPTY = "empty"
    TYPE_NOT_CLEANED = "type-not-cleaned"
    BROKEN = "broken"
    TOO_MANY_PIXELS = "too-many-pixels"
    OVER_LIMITS = "over-limits"
    DAMAGED = "damaged"
    ENCRYPTED = "encrypted"
    LISTED = "listed"
    BOMB = "bomb"


class Removed(StrEnum):
    """A kind of thing that was in the original and is not in the clean copy."""

    POSITION = "position"
    DEVICE = "device"
    TIME = "time"
    AUTHOR = "author"
    COMMENTS = "comments"
    THUMBNAIL = "thumbnail"
    SETTINGS = "settings"
    SOFTWARE = "software"
    COLOUR_PROFILE = "colour-profile"
    EDIT_HISTORY = "edit-history"
    EMBEDDED = "embedded"
    TRAILING_BYTES = "trailing-bytes"
    OTHER = "other"


class FileType(StrEnum):
    """What a file is by its first bytes; what its name or sender says is never believed."""

    JPEG = "jpeg"
    PNG = "png"
    GIF = "gif"
    WEBP = "webp"
    TIFF = "tiff"
    BMP = "bmp"
    HEIC = "heic"
    AVIF = "avif"
    PDF = "pdf"
    ZIP = "zip"
    TAR = "tar"
    VIDEO = "video"
    AUDIO = "audio"
    TEXT = "text"
    OFFICE = "office"
    UNKNOWN = "unknown"


class PartRole(StrEnum):
    """What a part of a clean copy is for."""

    COPY = "copy"
    SCREEN = "screen"
    PAGE = "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanPart:
    """Bytes start .. start + length of the clean copy's plaintext.

    width, height: pixels, 0 where there are none.  milliseconds: how long it plays, 0 where it does not.
    """

    role: PartRole
    media_type: str
    start: int
    length: int
    width: int = 0
    height: int = 0
    milliseconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One entry of an archive. name: as written, made printable.  length: bytes unpacked, as claimed."""

    name: str
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanReport:
    """One file's report.

    reason: None where there is a clean copy.  file_type: by content.  original_bytes: true length.
    sha256, sm3: hexadecimal, of the whole original; None where the sealed original does not open.
    parts: of the clean copy, in its order; frames_kept of frames_total pages or pictures.
    thumbnail: a small JPEG, or empty.  listing: of an archive, the first of listed_total entries.
    """

    reason: Reason | None
    file_type: FileType
    original_bytes: int
    sha256: str | None
    sm3: str | None
    parts: tuple[CleanPart, ...] = ()
    frames_total: int = 0
    frames_kept: int = 0
    removed: tuple[Removed, ...] = ()
    thumbnail: bytes = b""
    listing: tuple[Listed, ...] = ()
    listed_total: int = 0

    @property
    def copy(self) -> CleanPart | None:
        """The part that is taken away as the clean copy; None where there is none."""
        return next((part for part in self.parts if part.role is PartRole.COPY), None)

    def encode(self) -> bytes:
        """The canonical record; the caller seals it at once."""
        return encode_record(
            {
                "file_type": self.file_type.value,
                "frames_kept": self.frames_kept,
                "frames_total": self.frames_total,
                "listed_total": self.listed_total,
                "listing": [[entry.name, entry.length] for entry in self.listing],
                "original_bytes": self.original_bytes,
                "parts": [asdict(part) | {"role": part.role.value} for part in self.parts],
                "reason": self.reason.value if self.reason else None,
                "removed": [kind.value for kind in self.removed],
                "sha256": self.sha256,
                "sm3": self.sm3,
                "thumbnail": base64.b64encode(self.thumbnail).decode("ascii"),
            }
        )

    @classmethod
    def decode(cls, encoded: bytes) -> CleanReport:
        """Read what ``encode`` wrote. Raises Tampered for anything else."""
        return cls.from_record(decode_record(encoded))

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> CleanReport:
        """The same, where the record was opened already. Raises Tampered."""
        if set(record) != _FIELDS:
            raise Tampered("report")
        try:
            return cls(
                reason=None if record["reason"] is None else Reason(record["reason"]),
                file_type=FileType(record["file_type"]),
                original_bytes=_whole(record["original_bytes"]),
                sha256=_text_or_none(record["sha256"]),
                sm3=_text_or_none(record["sm3"]),
                parts=tuple(_part(value) for value in record["parts"]),
                frames_total=_whole(record["frames_total"]),
                frames_kept=_whole(record["frames_kept"]),
                removed=tuple(Removed(kind) for kind in record["removed"]),
                thumbnail=base64.b64decode(record["thumbnail"], validate=True),
                listing=tuple(
                    Listed(name=str(name), length=_whole(size)) for name, size in record["listing"]
                ),
                listed_total=_whole(record["listed_total"]),
            )
        except (KeyError, TypeError, ValueError, binascii.Error):
            raise Tampered("report") from None


_FIELDS: Final = frozenset(field.name for field in fields(CleanReport))


def _part(value: Mapping[str, Any]) -> CleanPart:
    numbers = {name: _whole(value[name]) for name in ("start", "length", "width", "height", "milliseconds")}
    return CleanPart(role=PartRole(value["role"]), media_type=str(value["media_type"]), **numbers)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("no whole number")
    return value


def _text_or_none(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError("no text")
    return value

"""What is told of a file that was looked at: kinds of things removed, never values; hashes; a thumbnail.

Owns: the record that is sealed to whoever gets the clean copy. Must not know: how it was found out, or where
the record is kept. Source: 4-sealing "Clean copies", FORMAT.md §11.1.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from enum import StrEnum

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
    OLE = "ole"
    VIDEO = "video"
    AUDIO = "audio"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanReport:
    """One file's report.

    reason: None where there is a clean copy.  file_type: by content.  original_bytes: true length.
    sha256, sm3: hexadecimal, of the whole original; None where the sealed original does not open.
    media_type, clean_bytes, width, height: of the clean copy; frames_kept of frames_total pages or pictures.
    thumbnail: a small JPEG, or empty.
    """

    reason: Reason | None
    file_type: FileType
    original_bytes: int
    sha256: str | None
    sm3: str | None
    media_type: str | None = None
    clean_bytes: int = 0
    width: int = 0
    height: int = 0
    frames_total: int = 0
    frames_kept: int = 0
    removed: tuple[Removed, ...] = ()
    thumbnail: bytes = b""

    def encode(self) -> bytes:
        """The canonical record; the caller seals it at once."""
        return encode_record(
            {
                "clean_bytes": self.clean_bytes,
                "file_type": self.file_type.value,
                "frames_kept": self.frames_kept,
                "frames_total": self.frames_total,
                "height": self.height,
                "media_type": self.media_type,
                "original_bytes": self.original_bytes,
                "reason": self.reason.value if self.reason else None,
                "removed": [kind.value for kind in self.removed],
                "sha256": self.sha256,
                "sm3": self.sm3,
                "thumbnail": base64.b64encode(self.thumbnail).decode("ascii"),
                "width": self.width,
            }
        )

    @classmethod
    def decode(cls, encoded: bytes) -> CleanReport:
        """Read what ``encode`` wrote. Raises Tampered for anything else."""
        record = decode_record(encoded)
        try:
            kinds, picture = record.pop("removed"), record.pop("thumbnail")
            reason, file_type = record.pop("reason"), record.pop("file_type")
            if not isinstance(kinds, list) or not isinstance(picture, str):
                raise Tampered("report")
            return cls(
                reason=None if reason is None else Reason(str(reason)),
                file_type=FileType(str(file_type)),
                removed=tuple(Removed(str(kind)) for kind in kinds),
                thumbnail=base64.b64decode(picture, validate=True),
                **record,  # type: ignore[arg-type]  # a sealed record of our own; a wrong name raises below
            )
        except (KeyError, TypeError, ValueError, binascii.Error):
            raise Tampered("report") from None

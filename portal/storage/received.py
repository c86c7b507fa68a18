"""What one request body may hold, and what came out of it.

Owns: the limits, the shape of what was received, the reasons for refusing, and the cleaning of file names
that strangers chose. Must not know: how bodies are decoded, drafts, HTTP status. Source: 4-sealing "Sealed
object".
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from werkzeug.datastructures import MultiDict

from portal.crypto.parts import MAX_PARTS
from portal.crypto.stream import ObjectKind
from portal.errors import XiansuoError
from portal.storage.blobs import Blobs

MAX_NAME_CHARACTERS: Final = 200

_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}")
_UNPRINTABLE: Final = re.compile(
    # Control characters, and those that turn the direction of text: "photo\u202egpj.exe".
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one body may hold. Bytes are true bytes, as the sender's.

    A field is cut off at ``max_field_bytes``, far above what any form takes: the form then says that it is
    too long, and all that is beside it was kept. ``part_bytes``: how much of a file is sent at once where
    sending may break off and go on; grows with ``max_file_bytes``, so that 64 parts are always enough.
    """

    max_file_bytes: int
    max_message_bytes: int
    max_files: int
    max_fields: int = 200
    max_field_bytes: int = 256 * 1024
    max_fields_bytes: int = 512 * 1024
    part_bytes: int = 8 * 1024 * 1024

    def __post_init__(self) -> None:
        """A file that arrives in parts may not have more of them than can be opened again."""
        if self.max_file_bytes > MAX_PARTS * self.part_bytes:
            object.__setattr__(self, "part_bytes", -(-self.max_file_bytes // MAX_PARTS))

    @property
    def max_body_bytes(self) -> int:
        """The longest body that can be within the limits: files, fields and what lies between them."""
        return self.max_message_bytes + self.max_fields_bytes + (self.max_files + self.max_fields) * 1024


class Refused(StrEnum):
    """Why one file was not taken, or a body not read on."""

    FILE_TOO_LARGE = "file-too-large"
    MESSAGE_TOO_LARGE = "message-too-large"
    TOO_MANY_FILES = "too-many-files"
    EMPTY = "empty"
    NOT_EXPECTED = "not-expected"
    DISK_FULL = "disk-full"
    CUT = "cut"
    MALFORMED = "malformed"
    TOO_MANY_FIELDS = "too-many-fields"
    FIELD_TOO_LARGE = "field-too-large"


@dataclass(frozen=True, slots=True)
class FileProblem:
    """One file that was not taken. ``field``: its form field; ``max_bytes``: the limit it crossed, if any."""

    field: str
    name: str
    reason: Refused
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True, repr=False)
class SealedFile:
    """One file, sealed and durable. ``declared_type``: what the sender called it, never to be believed.

    part_bytes, later: of a file that came in parts, the length of each but the last, and the later ones;
    ``file_key`` is then the whole file's, and ``true_bytes`` its length (FORMAT.md §4.7).
    """

    field: str
    name: str
    declared_type: str
    true_bytes: int
    sealed_bytes: int
    kind: ObjectKind
    object_id: uuid.UUID
    file_key: bytes
    blob_name: str
    part_bytes: int = 0
    later: tuple[SealedFile, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether all parts of it are here."""
        return not self.part_bytes or len(self.later) + 1 == -(-self.true_bytes // self.part_bytes)


@dataclass(slots=True, repr=False)
class Received:
    """What has arrived of a body."""

    fields: MultiDict[str, str] = field(default_factory=MultiDict)
    files: list[SealedFile] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)

    def discard(self, blobs: Blobs) -> None:
        """Delete every file of it, because no row will name them."""
        for file in self.files:
            blobs.delete(file.blob_name)
        self.files.clear()


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an admission allows. ``kinds``: file field → what its files are sealed as; others are refused.

    ``max_files`` and ``max_bytes``: what is left for this body, after what the draft holds already.
    ``closed``: why no file at all can be taken now, while the text of the form can. ``key_for``: the file key
    that belongs to an object id, where it may not be a fresh random one.
    """

    kinds: Mapping[str, ObjectKind]
    max_files: int
    max_bytes: int
    closed: Refused | None = None
    key_for: Callable[[uuid.UUID], bytes] | None = None


class Admission(Protocol):
    """Decides, before the first byte of the first file, whether files may be sent at all."""

    def admit(self, fields: MultiDict[str, str]) -> Allowance:
        """Look at the fields that came first. Raise to refuse: the error passes through ``receive``."""
        ...


class UploadError(XiansuoError):
    """The body could not be taken whole. What had arrived before is in the ``Received`` it was read into."""

    def __init__(self, reason: Refused, *, max_bytes: int | None = None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.max_bytes = max_bytes


class BrokenBody(UploadError):
    """The body is cut or is no multipart message."""


class TooLarge(UploadError):
    """The body, a field, or their number is over a limit."""


def clean_name(name: str) -> str:
    """A sender's file name, fit to be shown: no folders, no control or direction characters, 200 at most."""
    base = _UNPRINTABLE.sub("", re.split(r"[\\/]", name)[-1]).strip()
    if len(base) <= MAX_NAME_CHARACTERS:
        return base
    stem, dot, suffix = base.rpartition(".")
    if not dot or len(suffix) > 16:
        return base[:MAX_NAME_CHARACTERS]
    return stem[: MAX_NAME_CHARACTERS - len(suffix) - 1] + "." + suffix


def clean_type(declared: str) -> str:
    """A sender's word on a file's type, or ``application/octet-stream`` where it has no such form."""
    bare = declared.split(";", 1)[0].strip().lower()
    return bare if _TYPE.fullmatch(bare) else "application/octet-stream"

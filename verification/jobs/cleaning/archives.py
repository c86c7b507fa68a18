"""Archives by their table of contents: names and claimed lengths. Nothing in them is ever unpacked.

Runs in the limited child. The table is bounded before it is read. Office documents are archives too, and are
told apart here. Must not know: keys, sealing. Source: APPNOTE.TXT 4.3.16 (end of central directory).
"""

from __future__ import annotations

import contextlib
import io
import re
import struct
import zipfile
from collections.abc import Sequence
from typing import BinaryIO, Final

from verification.clean_report import FileType, Listed, Reason
from verification.jobs.cleaning.output import NotCleaned, Outcome, Parts

MAX_LISTED: Final = 2_000
MAX_NAME_CHARACTERS: Final = 200
MAX_ENTRIES: Final = 65_000
MAX_TABLE_BYTES: Final = 16 * 1024 * 1024
#: What claims to become so much larger than it is, and so large, fills whatever disk it is unpacked on.
BOMB_FACTOR: Final = 200
BOMB_BYTES: Final = 1024**3

_END: Final = struct.Struct("<4s4H2LH")
_END_MARK: Final = b"PK\x05\x06"
_LONGEST_COMMENT: Final = 65_535
_UTF8_NAME: Final = 0x800
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def list_archive(source: BinaryIO, *, file_type: FileType, out: Parts) -> Outcome:  # noqa: ARG001  # as every cleaner
    """What a ZIP says it holds. Raises NotCleaned for a broken or boundless one."""
    _bound(source)
    try:
        with zipfile.ZipFile(source) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OverflowError, struct.error, NotImplementedError, EOFError):
        raise NotCleaned(Reason.BROKEN) from None
    if any(entry.filename == "[Content_Types].xml" for entry in entries) or _is_open_document(entries):
        return Outcome(reason=Reason.TYPE_NOT_CLEANED, file_type=FileType.OFFICE)
    claimed = sum(entry.file_size for entry in entries)
    return Outcome(
        reason=Reason.BOMB if is_bomb(claimed, source.seek(0, io.SEEK_END)) else Reason.LISTED,
        listing=tuple(_listed(entry) for entry in entries[:MAX_LISTED]),
        listed_total=len(entries),
    )


def _is_open_document(entries: Sequence[zipfile.ZipInfo]) -> bool:
    return any(entry.filename == "mimetype" for entry in entries[:10])


def _bound(source: BinaryIO) -> None:
    """Look at the end record alone: how many entries, and how long their table is."""
    length = source.seek(0, io.SEEK_END)
    source.seek(max(length - _END.size - _LONGEST_COMMENT, 0))
    tail = source.read(_END.size + _LONGEST_COMMENT)
    source.seek(0)
    at = tail.rfind(_END_MARK)
    if at < 0 or len(tail) - at < _END.size:
        raise NotCleaned(Reason.BROKEN)
    _mark, _disk, _first, _here, entries, table_bytes, _offset, _comment = _END.unpack_from(tail, at)
    if entries > MAX_ENTRIES or table_bytes > MAX_TABLE_BYTES:
        raise NotCleaned(Reason.OVER_LIMITS)


def is_bomb(claimed: int, archive_bytes: int) -> bool:
    """Whether what an archive claims to become, in bytes, is out of all proportion."""
    return claimed > BOMB_BYTES and claimed > BOMB_FACTOR * archive_bytes


def _listed(entry: zipfile.ZipInfo) -> Listed:
    name = entry.filename
    if not entry.flag_bits & _UTF8_NAME:
        name = _as_written_here(name)
    return Listed(name=shown_name(name), length=entry.file_size)


def shown_name(name: str) -> str:
    """A name as written, made printable; bytes that are no UTF-8 are taken for GBK."""
    with contextlib.suppress(UnicodeError):
        name = name.encode("utf-8", "surrogateescape").decode("utf-8")
        return _UNPRINTABLE.sub("\ufffd", name)[:MAX_NAME_CHARACTERS]
    name = name.encode("utf-8", "surrogateescape").decode("gb18030", "replace")
    return _UNPRINTABLE.sub("\ufffd", name)[:MAX_NAME_CHARACTERS]


def _as_written_here(name: str) -> str:
    """Archives made on Chinese systems hold GBK names without saying so."""
    try:
        return name.encode("cp437").decode("gb18030")
    except UnicodeError:
        return name

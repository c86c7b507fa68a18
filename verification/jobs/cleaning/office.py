"""Office documents: drawn as a PDF in the box, and that PDF cleaned like any other from a stranger.

Runs in the limited child, which reads the document's table of contents and some of its text, and parses none
of its trees. Must not know: keys, sealing, how the box is made. Source: 4-sealing "Clean copies".
"""

from __future__ import annotations

import contextlib
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from verification.clean_report import FileType, Reason, Removed
from verification.jobs.cleaning.office_box import MAX_DOCUMENT_BYTES, MAX_PDF_BYTES, WIRE, Drawn, Suite
from verification.jobs.cleaning.output import NotCleaned, Outcome, Parts
from verification.jobs.cleaning.pages import clean_pdf

PIECE_BYTES: Final = 1 << 16
#: How much of a document's text is looked through for changes and remarks.
SEARCHED_BYTES: Final = 16 * 1024 * 1024

_FOLDERS: Final = {"word/": Suite.WRITER, "xl/": Suite.CALC, "ppt/": Suite.IMPRESS}
_OPEN_DOCUMENT: Final = {
    b"opendocument.text": Suite.WRITER,
    b"opendocument.spreadsheet": Suite.CALC,
    b"opendocument.presentation": Suite.IMPRESS,
    b"opendocument.graphics": Suite.DRAW,
}
#: Names within an old document's own file system.
_STREAMS: Final = {
    "WordDocument": Suite.WRITER,
    "Workbook": Suite.CALC,
    "Book": Suite.CALC,
    "PowerPoint Document": Suite.IMPRESS,
}
_BY_NAME: Final = {
    "docprops/core": (Removed.AUTHOR, Removed.TIME),
    "docprops/app": (Removed.SOFTWARE,),
    "docprops/custom": (Removed.OTHER,),
    "docprops/thumbnail": (Removed.THUMBNAIL,),
    "meta.xml": (Removed.AUTHOR, Removed.TIME, Removed.SOFTWARE),
    "thumbnails/": (Removed.THUMBNAIL,),
    "object ": (Removed.EMBEDDED,),
    "basic/": (Removed.EMBEDDED,),
    "customxml/": (Removed.OTHER,),
    "xl/revisions": (Removed.EDIT_HISTORY,),
    "settings.xml": (Removed.SETTINGS,),
}
_WITHIN_NAME: Final = {
    "/comments": Removed.COMMENTS,
    "/embeddings/": Removed.EMBEDDED,
    "/vbaproject": Removed.EMBEDDED,
    "/activex/": Removed.EMBEDDED,
}
_PICTURES: Final = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".emf", ".wmf", ".svg", ".webp")
_TEXTS: Final = frozenset({"word/document.xml", "content.xml"})
_IN_TEXT: Final = {
    b"<w:ins ": Removed.EDIT_HISTORY,
    b"<w:del ": Removed.EDIT_HISTORY,
    b"<text:tracked-changes": Removed.EDIT_HISTORY,
    b"<office:annotation": Removed.COMMENTS,
}
_UNREADABLE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    ValueError,
    OverflowError,
    struct.error,
    EOFError,
    OSError,
)


def clean_office(source: BinaryIO, *, box: BinaryIO, out: Parts) -> Outcome:
    """Pictures of a document's pages. box: the line to who draws it. Never raises NotCleaned: it says so."""
    try:
        source.seek(0)
        is_archive = source.read(2) == b"PK"
        suite, removed = (_in_archive if is_archive else _in_streams)(source)
        pdf = _drawn(source, suite, box=box)
        pages = clean_pdf(io.BytesIO(pdf), file_type=FileType.PDF, out=out)
    except NotCleaned as error:
        return Outcome(reason=error.reason, file_type=FileType.OFFICE)
    return Outcome(
        removed=tuple(sorted(removed)),
        frames_total=pages.frames_total,
        frames_kept=pages.frames_kept,
        thumbnail=pages.thumbnail,
        file_type=FileType.OFFICE,
    )


def _in_archive(source: BinaryIO) -> tuple[Suite, set[Removed]]:
    """By the names in it, which have been bounded already, and a look at its text."""
    source.seek(0)
    beginning = source.read(256)
    suite = next((suite for mark, suite in _OPEN_DOCUMENT.items() if mark in beginning), None)
    removed: set[Removed] = set()
    try:
        with zipfile.ZipFile(source) as archive:
            for entry in archive.infolist():
                name = entry.filename.lower()
                suite = suite or next(
                    (each for start, each in _FOLDERS.items() if name.startswith(start)), None
                )
                removed.update(*(kinds for start, kinds in _BY_NAME.items() if name.startswith(start)))
                removed.update(kind for part, kind in _WITHIN_NAME.items() if part in name)
                if "/media/" in name and not name.endswith(_PICTURES):
                    removed.add(Removed.EMBEDDED)
                if name in _TEXTS:
                    removed.update(_in_text(archive, entry))
    except _UNREADABLE:
        raise NotCleaned(Reason.BROKEN) from None
    if suite is None:
        raise NotCleaned(Reason.TYPE_NOT_CLEANED)
    return suite, removed


def _in_text(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[Removed]:
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.flag_bits & 1:
        return
    with contextlib.suppress(*_UNREADABLE), archive.open(entry) as text:
        tail, left = b"", SEARCHED_BYTES
        while left > 0 and (piece := text.read(PIECE_BYTES)):
            seen = tail + piece
            yield from (kind for mark, kind in _IN_TEXT.items() if mark in seen)
            tail, left = piece[-32:], left - len(piece)


def _in_streams(source: BinaryIO) -> tuple[Suite, set[Removed]]:
    """An old document: the names of its streams lie in it as UTF-16."""
    wanted = [*_STREAMS, "EncryptedPackage", "\x05SummaryInformation", "_VBA_PROJECT"]
    found: set[str] = set()
    source.seek(0)
    tail = b""
    while piece := source.read(PIECE_BYTES):
        seen = tail + piece
        found.update(name for name in wanted if f"{name}\0".encode("utf-16-le") in seen)
        tail = piece[-80:]
    if "EncryptedPackage" in found:
        raise NotCleaned(Reason.ENCRYPTED)
    suite = next((suite for name, suite in _STREAMS.items() if name in found), None)
    if suite is None:
        raise NotCleaned(Reason.TYPE_NOT_CLEANED)
    removed: set[Removed] = set()
    if "\x05SummaryInformation" in found:
        removed |= {Removed.AUTHOR, Removed.TIME, Removed.SOFTWARE}
    if "_VBA_PROJECT" in found:
        removed.add(Removed.EMBEDDED)
    return suite, removed


def _drawn(source: BinaryIO, suite: Suite, *, box: BinaryIO) -> bytes:
    """The document goes to the box, a PDF comes back. Raises NotCleaned."""
    length = source.seek(0, io.SEEK_END)
    if length > MAX_DOCUMENT_BYTES:
        raise NotCleaned(Reason.OVER_LIMITS)
    source.seek(0)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # its answer tells why
        _send(box, WIRE.pack(suite, length))
        while piece := source.read(PIECE_BYTES):
            _send(box, piece)
    try:
        how, length = WIRE.unpack(_exactly(box, WIRE.size))
        if how == Drawn.WELL and length <= MAX_PDF_BYTES:
            return _exactly(box, length)
    except (EOFError, OSError):
        how = Drawn.BROKEN
    reasons = {Drawn.NO_BOX: Reason.TYPE_NOT_CLEANED, Drawn.OVER_LIMITS: Reason.OVER_LIMITS}
    raise NotCleaned(reasons.get(Drawn(how), Reason.BROKEN))


def _send(box: BinaryIO, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[box.write(left) :]


def _exactly(box: BinaryIO, length: int) -> bytes:
    received = bytearray()
    while len(received) < length:
        piece = box.read(min(length - len(received), PIECE_BYTES))
        if not piece:
            raise EOFError
        received += piece
    return bytes(received)

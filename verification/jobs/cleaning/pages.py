"""Documents as pictures of their pages: a PDF in, an image-only PDF out, whose pictures are its pages too.

Runs in the limited child. Nothing of the original is carried over but what its pages look like. Bounded in
pages, in pixels of a page and in processor time; the report tells how many pages there were. Must not know:
keys, sealing. Source: 4-sealing "Clean copies".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

import pypdfium2
from pypdfium2 import raw

from verification.clean_report import FileType, Reason, Removed
from verification.jobs.cleaning.output import NotCleaned, Outcome, Parts
from verification.jobs.cleaning.page_pictures import PagePicture, give_pages

DOTS_PER_INCH: Final = 150
MAX_PAGE_PIXELS: Final = 6_000_000
MAX_PAGE_SIDE: Final = 8_000
SCAN_BYTES: Final = 1 << 20

#: What a document says of itself, by its own names.
_SAID: Final = {
    "Author": Removed.AUTHOR,
    "Title": Removed.COMMENTS,
    "Subject": Removed.COMMENTS,
    "Keywords": Removed.COMMENTS,
    "Creator": Removed.SOFTWARE,
    "Producer": Removed.SOFTWARE,
    "CreationDate": Removed.TIME,
    "ModDate": Removed.TIME,
}
_REMARKS: Final = frozenset(
    {raw.FPDF_ANNOT_TEXT, raw.FPDF_ANNOT_FREETEXT, raw.FPDF_ANNOT_POPUP, raw.FPDF_ANNOT_STAMP}
    | {raw.FPDF_ANNOT_HIGHLIGHT, raw.FPDF_ANNOT_UNDERLINE, raw.FPDF_ANNOT_STRIKEOUT, raw.FPDF_ANNOT_INK}
)
_ATTACHED: Final = frozenset({raw.FPDF_ANNOT_FILEATTACHMENT, raw.FPDF_ANNOT_SOUND, raw.FPDF_ANNOT_MOVIE})


def clean_pdf(source: BinaryIO, *, file_type: FileType, out: Parts) -> Outcome:  # noqa: ARG001  # as every cleaner
    """Draw each page of a PDF. Raises NotCleaned, or MemoryError where a limit was met on the way."""
    try:
        document = pypdfium2.PdfDocument(source)
    except pypdfium2.PdfiumError as error:
        locked = getattr(error, "err_code", None) in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY)
        raise NotCleaned(Reason.ENCRYPTED if locked else Reason.BROKEN) from None
    try:
        if document.get_formtype() != raw.FORMTYPE_NONE:
            document.init_forms()
        return _drawn(document, source, out=out)
    except pypdfium2.PdfiumError:
        raise NotCleaned(Reason.BROKEN) from None
    finally:
        document.close()


def _drawn(document: pypdfium2.PdfDocument, source: BinaryIO, *, out: Parts) -> Outcome:
    total = len(document)
    if total == 0:
        raise NotCleaned(Reason.BROKEN)
    removed = {*_said_of_itself(document), *_in_its_bytes(source)}
    kept, thumbnail = give_pages(_pictures(document, total=total, removed=removed), out=out)
    return Outcome(removed=tuple(sorted(removed)), frames_total=total, frames_kept=kept, thumbnail=thumbnail)


def _pictures(document: pypdfium2.PdfDocument, *, total: int, removed: set[Removed]) -> Iterator[PagePicture]:
    """Each page drawn. removed: gets what lay on them."""
    for number in range(total):
        page = document[number]
        removed.update(_remarks_on(page))
        yield _picture_of(page)
        page.close()


def _picture_of(page: pypdfium2.PdfPage) -> PagePicture:
    """A page on white, as large as 150 dots an inch make it, and its size in points."""
    width, height = page.get_size()
    if not (0 < width < float("inf") and 0 < height < float("inf")):
        raise NotCleaned(Reason.BROKEN)
    scale = DOTS_PER_INCH / 72
    scale = min(scale, MAX_PAGE_SIDE / max(width, height), (MAX_PAGE_PIXELS / (width * height)) ** 0.5)
    bitmap = page.render(scale=scale)
    picture = bitmap.to_pil().convert("RGB")
    bitmap.close()
    return picture, (width, height)


def _said_of_itself(document: pypdfium2.PdfDocument) -> Iterator[Removed]:
    yield from (kind for name, kind in _SAID.items() if document.get_metadata_value(name))
    if document.count_attachments() or raw.FPDFDoc_GetJavaScriptActionCount(document.raw) > 0:
        yield Removed.EMBEDDED


def _in_its_bytes(source: BinaryIO) -> Iterator[Removed]:
    """What only its bytes tell: how often it was saved over, and metadata beside the usual."""
    source.seek(0)
    ends, has_packet, tail = 0, False, b""
    while piece := source.read(SCAN_BYTES):
        ends += piece.count(b"%%EOF") + (tail[-4:] + piece[:4]).count(b"%%EOF")
        has_packet = has_packet or b"<x:xmpmeta" in tail + piece
        tail = piece[-16:]
    if ends > 2:  # one that was made for the web has two from the beginning
        yield Removed.EDIT_HISTORY
    if has_packet:
        yield Removed.OTHER


def _remarks_on(page: pypdfium2.PdfPage) -> Iterator[Removed]:
    for index in range(min(raw.FPDFPage_GetAnnotCount(page.raw), 1000)):
        remark = raw.FPDFPage_GetAnnot(page.raw, index)
        kind = raw.FPDFAnnot_GetSubtype(remark)
        raw.FPDFPage_CloseAnnot(remark)
        if kind in _REMARKS:
            yield Removed.COMMENTS
        elif kind in _ATTACHED:
            yield Removed.EMBEDDED

"""Pictures of pages, given one after the other: each a part of its own that lies inside one image-only PDF.

Runs in the limited child; one picture is held at a time. Must not know: where pictures come from, keys.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterable
from typing import Final

from PIL import Image

from verification.clean_report import CleanPart, PartRole
from verification.jobs.cleaning.image_pdf import ImagePdf
from verification.jobs.cleaning.output import Parts
from verification.jobs.cleaning.pixels import thumbnail_of

MAX_PAGES: Final = 200
#: For all pages of a document together; what is not drawn by then is not drawn.
DRAWING_SECONDS: Final = 6.0
PAGE_QUALITY: Final = 80

#: A picture in mode L or RGB, and the page's size in 1/72 inch.
PagePicture = tuple[Image.Image, tuple[float, float]]


def give_pages(pictures: Iterable[PagePicture], *, out: Parts) -> tuple[int, bytes]:
    """Give a PDF of these pages, and each page. Returns how many were kept, and the first one's thumbnail."""
    began = time.process_time()
    pages: list[CleanPart] = []
    thumbnail = b""
    start = out.end
    with out.growing(role=PartRole.COPY, media_type="application/pdf") as write:
        pdf = ImagePdf(write)
        for picture, points in pictures:
            thumbnail = thumbnail or thumbnail_of(picture)
            jpeg = _as_jpeg(picture)
            width, height = picture.size
            at = pdf.page(jpeg, width=width, height=height, points=points, grey=picture.mode == "L")
            pages.append(_part(picture, start=start + at, length=len(jpeg)))
            if len(pages) >= MAX_PAGES or time.process_time() - began > DRAWING_SECONDS:
                break
        pdf.finish()
    for part in pages:
        out.mark(part)
    return len(pages), thumbnail


def _part(picture: Image.Image, *, start: int, length: int) -> CleanPart:
    return CleanPart(
        role=PartRole.PAGE,
        media_type="image/jpeg",
        start=start,
        length=length,
        width=picture.width,
        height=picture.height,
    )


def _as_jpeg(picture: Image.Image) -> bytes:
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=PAGE_QUALITY)
    return encoded.getvalue()

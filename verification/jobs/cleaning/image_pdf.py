"""A PDF of nothing but page pictures, written forward only and with no metadata at all.

Owns: the few objects such a file needs. Must not know: where pictures come from, parts. Our own, because the
libraries at hand write their name and the time of writing into every file. Source: ISO 32000-1, 7.3 to 7.7.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_CATALOG, _PAGES, _FIRST_PAGE = 1, 2, 3
_OBJECTS_A_PAGE: Final = 3
#: Points a side: what a reader must be able to show (ISO 32000-1, annex C).
MAX_POINTS: Final = 14_400


class ImagePdf:
    """``page`` for each picture, then ``finish``. ``write`` gets the file's bytes in order."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._at = 0
        self._offsets: dict[int, int] = {}
        self._pages = 0
        self._put(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")

    def page(self, jpeg: bytes, *, width: int, height: int, points: tuple[float, float], grey: bool) -> int:
        """Add one page; returns how far from the file's beginning the picture's own bytes lie.

        width, height: pixels.  points: the page's size in 1/72 inch.
        """
        page, picture, content = (self._number(kind) for kind in range(_OBJECTS_A_PAGE))
        across, up = (f"{min(max(side, 1.0), MAX_POINTS):.2f}" for side in points)
        colours = "DeviceGray" if grey else "DeviceRGB"
        self._open(picture)
        self._put(
            f"<</Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/{colours}"
            f"/BitsPerComponent 8/Filter/DCTDecode/Length {len(jpeg)}>>stream\n".encode()
        )
        start = self._at
        self._put(jpeg)
        self._put(b"\nendstream\nendobj\n")
        drawing = f"{across} 0 0 {up} 0 0 cm/P Do".encode()
        self._object(content, b"<</Length %d>>stream\n%s\nendstream" % (len(drawing), drawing))
        self._object(
            page,
            f"<</Type/Page/Parent {_PAGES} 0 R/MediaBox[0 0 {across} {up}]/Contents {content} 0 R"
            f"/Resources<</XObject<</P {picture} 0 R>>>>>>".encode(),
        )
        self._pages += 1
        return start

    def finish(self) -> None:
        """The catalogue, and where everything lies."""
        kids = " ".join(f"{_FIRST_PAGE + _OBJECTS_A_PAGE * page} 0 R" for page in range(self._pages))
        self._object(_CATALOG, f"<</Type/Catalog/Pages {_PAGES} 0 R>>".encode())
        self._object(_PAGES, f"<</Type/Pages/Count {self._pages}/Kids[{kids}]>>".encode())
        start, count = self._at, len(self._offsets) + 1
        lines = [b"%010d 65535 f \n" % 0]
        lines += [b"%010d 00000 n \n" % self._offsets[number] for number in range(1, count)]
        self._put(b"xref\n0 %d\n" % count + b"".join(lines))
        self._put(b"trailer<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (count, _CATALOG, start))

    def _number(self, kind: int) -> int:
        return _FIRST_PAGE + _OBJECTS_A_PAGE * self._pages + kind

    def _object(self, number: int, content: bytes) -> None:
        self._open(number)
        self._put(content + b"\nendobj\n")

    def _open(self, number: int) -> None:
        self._offsets[number] = self._at
        self._put(b"%d 0 obj\n" % number)

    def _put(self, content: bytes) -> None:
        self._write(content)
        self._at += len(content)

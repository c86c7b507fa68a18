"""Chinese letters for PDFs that bring none: one font of this host, mapped before the child is confined.

Owns: what pdfium is answered when it asks for a font of the system. It may open none itself by then; its own
built-in fonts serve for Latin letters. Must not know: documents. Source: fpdf_sysfontinfo.h.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import struct
from pathlib import Path
from typing import Any, Final

import pypdfium2
from pypdfium2 import raw

FONTS: Final = Path("/usr/share/fonts")
#: In order of preference, with the place of the simplified Chinese face among those of the file.
_KNOWN: Final = {
    "NotoSansCJK-Regular.ttc": 2,
    "NotoSerifCJK-Regular.ttc": 2,
    "SourceHanSans.ttc": 2,
    "wqy-zenhei.ttc": 0,
    "wqy-microhei.ttc": 0,
    "DroidSansFallbackFull.ttf": 0,
}
_EAST_ASIAN: Final = frozenset(
    {raw.FXFONT_GB2312_CHARSET, raw.FXFONT_CHINESEBIG5_CHARSET}
    | {raw.FXFONT_SHIFTJIS_CHARSET, raw.FXFONT_HANGEUL_CHARSET}
)
#: How fonts are called that documents written here take for granted.
_NAMES: Final = (b"sim", b"song", b"hei", b"kai", b"fang", b"ming", b"yahei", b"gothic", b"mincho", b"cjk")
_HANDLE: Final = 1
_COLLECTION: Final = int.from_bytes(b"ttcf", "big")
_FACE_NAME: Final = b"Kept\0"


class KeptFont(pypdfium2.PdfSysfontBase):  # type: ignore[misc]  # the library has no types
    """Answers every question for an East Asian font with the one that is kept, every other with none."""

    def __init__(self, content: mmap.mmap, *, face: int) -> None:
        self._content = content
        self._is_collection = content[:4] == b"ttcf"
        self._start = 0
        if self._is_collection:
            self._start = struct.unpack_from(">I", content, 12 + 4 * face)[0]
        super().__init__()

    def EnumFonts(self, *_: Any) -> None:  # noqa: N802  # pdfium's names
        """There is nothing to look for on the disk."""

    def MapFont(  # noqa: N802  # pdfium's names
        self, _: Any, weight: int, italic: int, charset: int, pitch: int, face: bytes | None, exact: Any
    ) -> int | None:
        """A handle for letters of East Asia; None leads to a built-in font."""
        del weight, italic, pitch, exact
        name = (face or b"").lower()
        wanted = charset in _EAST_ASIAN or not name.isascii() or any(part in name for part in _NAMES)
        return _HANDLE if wanted else None

    def GetFont(self, _: Any, face: bytes | None) -> int | None:  # noqa: N802  # pdfium's names
        """By its name alone."""
        return self.MapFont(_, 0, 0, raw.FXFONT_DEFAULT_CHARSET, 0, face, None)

    def GetFontData(  # noqa: N802  # pdfium's names
        self, _: Any, handle: int, table: int, buffer: Any, size: int
    ) -> int:
        """The whole file for table ``ttcf``, from the face's beginning for table 0; its length always."""
        del handle
        if table not in (0, _COLLECTION) or (table == _COLLECTION and not self._is_collection):
            return 0
        start = 0 if table == _COLLECTION else self._start
        length = len(self._content) - start
        if buffer and size:
            ctypes.memmove(buffer, self._content[start : start + min(size, length)], min(size, length))
        return length

    def GetFaceName(self, _: Any, handle: int, buffer: Any, size: int) -> int:  # noqa: N802  # pdfium's names
        """Some name, the same always."""
        del handle
        if buffer and size >= len(_FACE_NAME):
            ctypes.memmove(buffer, _FACE_NAME, len(_FACE_NAME))
        return len(_FACE_NAME)

    def GetFontCharset(self, _: Any, handle: int) -> int:  # noqa: N802  # pdfium's names
        """What it was kept for."""
        del handle
        return int(raw.FXFONT_GB2312_CHARSET)

    def DeleteFont(self, _: Any, handle: int) -> None:  # noqa: N802  # pdfium's names
        """It is kept."""


def has_font() -> bool:
    """Whether this host has a known font."""
    return _found() is not None


def _found() -> Path | None:
    found = {path.name: path for path in FONTS.rglob("*.tt[cf]")}
    return next((found[name] for name in _KNOWN if name in found), None)


def keep_font() -> None:
    """Map the first known font of this host, where there is one, and give it to pdfium."""
    path = _found()
    if path is None:
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        content = mmap.mmap(descriptor, 0, prot=mmap.PROT_READ)
    finally:
        os.close(descriptor)
    KeptFont(content, face=_KNOWN[path.name]).setup()

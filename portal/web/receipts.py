"""The receipt as a picture: a QR code of its text, no address in it, and the text beneath.

Owns: one small PNG, drawn in memory and placed in the page itself, so that the picture never has an address
of its own. Must not know: tips, requests. Source: 4-sealing "Receipt", issue 2.
"""

from __future__ import annotations

import base64
import functools
import io
from typing import Final

import segno
from PIL import Image, ImageDraw, ImageFont

_MODULE_PIXELS: Final = 10
_QUIET_MODULES: Final = 4
_TEXT_PIXELS: Final = 28
_LINE_PIXELS: Final = 38
_CELL_PIXELS: Final = 22
_GROUPS_A_LINE: Final = 3
_BLACK, _WHITE = 0, 1
#: Trying all eight masks costs 2 ms and gains nothing a camera notices on a code this small.
_MASK: Final = 3

_FONT: Final = ImageFont.load_default(size=_TEXT_PIXELS)


def picture(text: str) -> bytes:
    """A black and white PNG of a receipt (``ABCD-EFGH-…``), about 330 pixels wide."""
    code = _code(text)
    lines = _lines(text)
    width, height = code.width, code.height + _LINE_PIXELS * len(lines) + _LINE_PIXELS // 2
    sheet = Image.new("1", (width, height), _WHITE)
    sheet.paste(code, (0, 0))
    for number, line in enumerate(lines):
        left, top = (width - len(line) * _CELL_PIXELS) // 2, code.height + number * _LINE_PIXELS
        for place, letter in enumerate(line):
            sheet.paste(_cell(letter), (left + place * _CELL_PIXELS, top))
    written = io.BytesIO()
    sheet.save(written, "PNG", compress_level=1)
    return written.getvalue()


@functools.cache
def _cell(letter: str) -> Image.Image:
    """One letter, drawn once: setting type is most of what a picture costs."""
    cell = Image.new("1", (_CELL_PIXELS, _LINE_PIXELS), _WHITE)
    ImageDraw.Draw(cell).text((_CELL_PIXELS // 2, _TEXT_PIXELS), letter, font=_FONT, fill=_BLACK, anchor="ms")
    return cell


def data_address(png: bytes) -> str:
    """``data:`` address of a picture, for ``<img src>`` and a download link."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def groups(text: str) -> list[str]:
    """The six groups of a receipt."""
    return text.split("-")


def _code(text: str) -> Image.Image:
    symbol = segno.make_qr(text, error="m", mode="alphanumeric", mask=_MASK, boost_error=False)
    pixels = bytes(255 * (1 - module) for row in symbol.matrix for module in row)
    side, border = len(symbol.matrix), _QUIET_MODULES
    modules = Image.new("1", (side + 2 * border, side + 2 * border), _WHITE)
    modules.paste(Image.frombytes("L", (side, side), pixels).convert("1"), (border, border))
    return modules.resize(
        (modules.width * _MODULE_PIXELS, modules.height * _MODULE_PIXELS), Image.Resampling.NEAREST
    )


def _lines(text: str) -> list[str]:
    parts = groups(text)
    return ["-".join(parts[i : i + _GROUPS_A_LINE]) for i in range(0, len(parts), _GROUPS_A_LINE)]

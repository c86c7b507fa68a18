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
#: What a code's alphanumeric mode knows, in the order of its values.
_LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_LETTERS_PACKED: Final = 2

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
    side, modules = _modules(text)
    row_bits = _row_bits(side)
    light = (modules ^ ((1 << row_bits * side) - 1)).to_bytes(row_bits * side // 8, "big")
    border = _QUIET_MODULES
    sheet = Image.new("1", (side + 2 * border, side + 2 * border), _WHITE)
    sheet.paste(Image.frombytes("1", (side, side), light), (border, border))
    return sheet.resize(
        (sheet.width * _MODULE_PIXELS, sheet.height * _MODULE_PIXELS), Image.Resampling.NEAREST
    )


def _modules(text: str) -> tuple[int, int]:
    """Modules a side, and the code's dark modules row by row as the bits of one number.

    Codes of one length, level and mask are linear: a bit of the text turns over the same modules whatever the
    other bits are. So a code is that of zeros with what each set bit turns over laid upon it, which costs a
    hundredth of making it anew. Source: ISO/IEC 18004, alphanumeric mode (two letters in 11 bits, one in 6).
    """
    side, modules = _encoded("0" * len(text))
    for place in range(0, len(text), _LETTERS_PACKED):
        value = _packed(text[place : place + _LETTERS_PACKED])
        while value:
            bit = value & -value
            modules ^= _turned(len(text), place, bit)
            value ^= bit
    return side, modules


@functools.cache
def _turned(length: int, place: int, bit: int) -> int:
    """The modules that one bit of the letters at ``place`` turns over, in codes of ``length`` letters."""
    rest = min(_LETTERS_PACKED, length - place)
    letters = _LETTERS[bit] if rest == 1 else _LETTERS[bit // len(_LETTERS)] + _LETTERS[bit % len(_LETTERS)]
    return _encoded("0" * place + letters + "0" * (length - place - rest))[1] ^ _encoded("0" * length)[1]


def _packed(letters: str) -> int:
    value = 0
    for letter in letters:
        value = value * len(_LETTERS) + _LETTERS.index(letter)
    return value


@functools.cache
def _encoded(text: str) -> tuple[int, int]:
    """See ``_modules``; made by the library."""
    matrix = segno.make_qr(text, error="m", mode="alphanumeric", mask=_MASK, boost_error=False).matrix
    side = len(matrix)
    rows = (int("".join(map(str, row)), 2) << _row_bits(side) - side for row in matrix)
    return side, functools.reduce(lambda modules, row: modules << _row_bits(side) | row, rows)


def _row_bits(side: int) -> int:
    """A picture's rows begin at whole bytes."""
    return -(-side // 8) * 8


def _lines(text: str) -> list[str]:
    parts = groups(text)
    return ["-".join(parts[i : i + _GROUPS_A_LINE]) for i in range(0, len(parts), _GROUPS_A_LINE)]

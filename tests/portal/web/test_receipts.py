"""The receipt's picture: its QR code says the receipt and nothing else."""

from __future__ import annotations

import base64
import io

import segno
from PIL import Image

from portal.web import receipts

TEXT = "4MCH-WP0E-HKFS-7YGD-F7QM-SDV9"
MODULE, QUIET = 10, 4


def test_picture_shows_the_code_of_exactly_this_text() -> None:
    png = Image.open(io.BytesIO(receipts.picture(TEXT)))
    expected = segno.make_qr(TEXT, error="m", mode="alphanumeric", mask=3, boost_error=False).matrix
    side = len(expected)
    middle = MODULE // 2
    seen = [
        [
            int(png.getpixel(((QUIET + x) * MODULE + middle, (QUIET + y) * MODULE + middle)) == 0)
            for x in range(side)
        ]
        for y in range(side)
    ]
    assert seen == [[int(module) for module in row] for row in expected]
    other = segno.make_qr(TEXT[:-1] + "8", error="m", mode="alphanumeric", mask=3, boost_error=False).matrix
    assert seen != [[int(module) for module in row] for row in other]


def test_picture_shows_what_the_library_makes_of_any_receipt() -> None:
    """Codes are put together from what each bit turns over; every letter of the alphabet at every place."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    for turn in range(len(alphabet)):
        letters = (alphabet[turn:] + alphabet[:turn])[:24]
        text = "-".join(letters[start : start + 4] for start in range(0, 24, 4))
        made = segno.make_qr(text, error="m", mode="alphanumeric", mask=3, boost_error=False).matrix
        png = Image.open(io.BytesIO(receipts.picture(text)))
        near, far = QUIET * MODULE, (QUIET + len(made)) * MODULE
        code = png.crop((near, near, far, far))
        seen = code.resize((len(made), len(made)), Image.Resampling.NEAREST).tobytes()
        expected = bytes(255 * (1 - module) for row in made for module in row)
        assert seen == Image.frombytes("L", (len(made), len(made)), expected).convert("1").tobytes()


def test_picture_carries_no_words_of_its_own() -> None:
    png = Image.open(io.BytesIO(receipts.picture(TEXT)))
    assert (png.format, png.mode, png.info) == ("PNG", "1", {})


def test_address_holds_the_picture_itself() -> None:
    address = receipts.data_address(b"\x89PNG")
    kind, _, encoded = address.partition(",")
    assert (kind, base64.b64decode(encoded)) == ("data:image/png;base64", b"\x89PNG")


def test_receipt_is_shown_in_its_six_groups() -> None:
    assert receipts.groups(TEXT) == ["4MCH", "WP0E", "HKFS", "7YGD", "F7QM", "SDV9"]

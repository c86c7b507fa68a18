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


def test_picture_carries_no_words_of_its_own() -> None:
    png = Image.open(io.BytesIO(receipts.picture(TEXT)))
    assert (png.format, png.mode, png.info) == ("PNG", "1", {})


def test_address_holds_the_picture_itself() -> None:
    address = receipts.data_address(b"\x89PNG")
    kind, _, encoded = address.partition(",")
    assert (kind, base64.b64decode(encoded)) == ("data:image/png;base64", b"\x89PNG")


def test_receipt_is_shown_in_its_six_groups() -> None:
    assert receipts.groups(TEXT) == ["4MCH", "WP0E", "HKFS", "7YGD", "F7QM", "SDV9"]

"""Photographs that tests make themselves: with a position, a device, a time, and marks to look for.

``MARKS`` are planted in every place that metadata can lie in; the pixels carry none of them.
"""

from __future__ import annotations

import io
import struct
import zlib

import pillow_heif
from PIL import Image, ImageCms, ImageDraw, TiffImagePlugin

pillow_heif.register_heif_opener()

#: One word for each place; none of them is made of the others.
MARKS = {
    "device": "Qorvex-9000",
    "artist": "Zhaomingtest",
    "comment": "Blorfcomment",
    "xmp": "Vexillumxmp",
    "software": "Grommelsoft",
    "trailing": "Tailgateplus",
    "description": "Whistledesc",
}
LATITUDE, LONGITUDE = (31.0, 13.0, 37.25), (121.0, 28.0, 9.5)


def exif_with_everything(*, orientation: int = 1) -> Image.Exif:
    """EXIF with a position, a device, times, an author, comments and the software's name."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F], exif[0x0110] = MARKS["device"], MARKS["device"]
    exif[0x0131], exif[0x013B] = MARKS["software"], MARKS["artist"]
    exif[0x010E], exif[0x0132] = MARKS["description"], "2026:03:02 09:30:00"
    exif.get_ifd(0x8769)[0x9003] = "2026:03:02 09:30:00"
    exif.get_ifd(0x8825).update({1: "N", 2: LATITUDE, 3: "E", 4: LONGITUDE})
    return exif


def picture(width: int, height: int, *, mode: str = "RGB") -> Image.Image:
    """A picture whose top left corner is red and whose bottom right is blue, so that turning it shows."""
    image = Image.new("RGB", (width, height), (200, 200, 200))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width // 4, height // 4), fill=(220, 20, 20))
    draw.rectangle((width - width // 4, height - height // 4, width, height), fill=(20, 20, 220))
    return image.convert(mode)


def photograph(*, width: int = 320, height: int = 240, orientation: int = 1, trailing: bool = True) -> bytes:
    """A JPEG with every kind of metadata in it."""
    xmp = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><dc:creator>{MARKS['xmp']}</dc:creator></x:xmpmeta>"
    out = io.BytesIO()
    picture(width, height).save(
        out,
        "JPEG",
        quality=92,
        exif=exif_with_everything(orientation=orientation),
        xmp=xmp.encode(),
        comment=MARKS["comment"],
        icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    )
    return out.getvalue() + (MARKS["trailing"].encode() if trailing else b"")


def encoded(form: str, **options: object) -> bytes:
    """A small picture in any format that Pillow writes."""
    out = io.BytesIO()
    picture(64, 48).save(out, form, **options)
    return out.getvalue()


def scan(*, pages: int) -> bytes:
    """A TIFF of so many pages, each 100 × 140, with an artist and a description."""
    info = TiffImagePlugin.ImageFileDirectory_v2()
    info[0x013B], info[0x010E] = MARKS["artist"], MARKS["description"]
    out = io.BytesIO()
    first, *others = [picture(100, 140, mode="L") for _ in range(pages)]
    first.save(out, "TIFF", save_all=True, append_images=others, tiffinfo=info)
    return out.getvalue()


def png_bomb(*, width: int, height: int) -> bytes:
    """A PNG of some kilobytes that says it is ``width`` × ``height`` and unpacks to as many bytes."""
    rows = zlib.compressobj(9)
    body = b"".join(rows.compress(bytes(width + 1)) for _ in range(height)) + rows.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def marks_in(content: bytes) -> set[str]:
    """Names of the planted marks that can be found in these bytes, as text in any encoding tests use."""
    return {
        name
        for name, mark in MARKS.items()
        if mark.encode() in content or mark.encode("utf-16-le") in content
    }

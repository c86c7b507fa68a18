"""From a decoded image to bare pixels: upright, in sRGB, eight bits a channel, with nothing attached.

Runs in the limited child. Must not know: files, formats to write, reports. Source: 4-sealing "Clean copies".
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from PIL import Image, ImageCms
from PIL.ExifTags import Base

THUMBNAIL_SIDE: Final = 320
THUMBNAIL_QUALITY: Final = 75
SCREEN_SIDE: Final = 1600
SCREEN_QUALITY: Final = 80

_UPRIGHT: Final[Mapping[int, Image.Transpose]] = MappingProxyType(
    {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
)
_SRGB: Final = ImageCms.createProfile("sRGB")


def bare(image: Image.Image) -> Image.Image:
    """A new image of the same picture in mode 1, L, RGB or RGBA, turned upright, without any ``info``."""
    turn = _UPRIGHT.get(_orientation(image))
    pixels = _in_srgb(image)
    if turn is not None:
        pixels = pixels.transpose(turn)
    pixels.info = {}
    return pixels


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(Base.Orientation, 1))
    except Exception:  # noqa: BLE001  # broken EXIF raises nearly anything; the picture is then left as it lies
        return 1


def _in_srgb(image: Image.Image) -> Image.Image:
    mode = _bare_mode(image)
    converted = _by_profile(image, mode=mode)
    if converted is not None:
        return converted
    if image.mode.startswith("I;16"):
        image = image.convert("I")
    if image.mode == "I":
        # Sixteen significant bits; Pillow's own conversion would clip them to white.
        return image.point(lambda value: value * (1 / 257)).convert("L")
    return image.copy() if image.mode == mode else image.convert(mode)


def _bare_mode(image: Image.Image) -> str:
    if image.has_transparency_data:
        return "RGBA"
    if image.mode in ("1", "L"):
        return image.mode
    return "L" if image.mode in ("I", "F") or image.mode.startswith("I;16") else "RGB"


def _by_profile(image: Image.Image, *, mode: str) -> Image.Image | None:
    """The image by its own colour profile, or None where it has none, none that fits, or plain sRGB."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA", "CMYK") or mode not in ("RGB", "RGBA"):
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if "sRGB" in (source.profile.profile_description or ""):
            return None
        return ImageCms.profileToProfile(image, source, _SRGB, outputMode=mode)
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return None


def thumbnail_of(pixels: Image.Image) -> bytes:
    """A JPEG of at most 320 pixels a side, about 10 to 20 KB, on white where the picture is transparent."""
    return _reduced(pixels, side=THUMBNAIL_SIDE, quality=THUMBNAIL_QUALITY)[0]


def for_screen(pixels: Image.Image) -> tuple[bytes, tuple[int, int]]:
    """A JPEG of at most 1600 pixels a side, on white where the picture is transparent, and its size."""
    return _reduced(pixels, side=SCREEN_SIDE, quality=SCREEN_QUALITY)


def _reduced(pixels: Image.Image, *, side: int, quality: int) -> tuple[bytes, tuple[int, int]]:
    # Reduced before it is converted: a second full picture would double the child's memory.
    factor = max(max(pixels.size) // (2 * side), 1)
    small = (pixels.convert("L") if pixels.mode == "1" else pixels).reduce(factor)
    small = small.convert("RGBA" if pixels.mode == "RGBA" else "RGB")
    small.thumbnail((side, side))
    if small.mode == "RGBA":
        ground = Image.new("RGB", small.size, (255, 255, 255))
        ground.paste(small, mask=small.getchannel("A"))
        small = ground
    out = io.BytesIO()
    small.save(out, "JPEG", quality=quality)
    return out.getvalue(), small.size

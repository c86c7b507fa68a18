"""An untrusted image in, a new image of its pixels out; size is bounded before anything is decoded.

Runs in the limited child. Nothing of the original is carried over but pixels, the order of pictures and how
long each is shown, so metadata of any kind, known or not, cannot come along. Must not know: keys, sealing.
Source: 4-sealing "Clean copies"; limits measured, see ``MAX_PIXELS``.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import BinaryIO, Final

import pillow_heif
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    MpoImagePlugin,  # noqa: F401  # the JPEG decoder would import it late, when no file can be opened
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from verification.clean_report import FileType, PartRole, Reason, Removed
from verification.jobs.cleaning.metadata import kinds_in
from verification.jobs.cleaning.output import NotCleaned, Outcome, Parts
from verification.jobs.cleaning.page_pictures import PagePicture, give_pages
from verification.jobs.cleaning.pixels import bare, for_screen, thumbnail_of

#: Decoded at once. A telephone's 50-megapixel photograph is kept whole; it takes 0.2 GB in the child.
MAX_PIXELS: Final = 52_000_000
#: A JPEG decoder can scale down while it decodes, so that 200-megapixel photographs still fit.
MAX_JPEG_PIXELS: Final = 64 * MAX_PIXELS
MAX_FRAMES: Final = 200
MAX_ANIMATION_PIXELS: Final = 30_000_000
MAX_WEBP_SIDE: Final = 16_383
MAX_JPEG_SIDE: Final = 65_000
JPEG_QUALITY: Final = 90
#: Level 6 takes three to four times as long for the same size (12 megapixels: 2.7 against 0.8 s).
PNG_LEVEL: Final = 3
TAIL_BYTES: Final = 64
#: Whatever its resolution, a page of a scan is as long as a sheet of A4.
LONG_SIDE_POINTS: Final = 842
#: Below this the copy itself is quickly shown, and a second one beside it would save nothing.
SCREEN_FROM_BYTES: Final = 200_000

#: Named one by one, so that they are loaded before the child is confined and no other decoder ever runs.
_DECODERS: Final = tuple(
    decoder.format
    for decoder in (
        JpegImagePlugin.JpegImageFile,
        PngImagePlugin.PngImageFile,
        GifImagePlugin.GifImageFile,
        WebPImagePlugin.WebPImageFile,
        TiffImagePlugin.TiffImageFile,
        BmpImagePlugin.BmpImageFile,
        AvifImagePlugin.AvifImageFile,
        pillow_heif.HeifImageFile,
    )
    if decoder.format
)
#: Photographs stay JPEG; what may have sharp edges or few colours (screens, scans) stays lossless.
_PHOTOGRAPHIC: Final = frozenset({FileType.JPEG, FileType.WEBP, FileType.TIFF, FileType.HEIC, FileType.AVIF})

# A confined child cannot start a thread.
pillow_heif.register_heif_opener(thumbnails=True)
pillow_heif.options.DECODE_THREADS = 0
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
Image.MAX_IMAGE_PIXELS = None  # our own bounds come first and do not depend on a warning


def clean_image(source: BinaryIO, *, file_type: FileType, out: Parts) -> Outcome:
    """Decode ``source`` (seekable) and encode its pixels anew: the copy, and one that fits a screen.

    Raises NotCleaned, or MemoryError where a limit was met on the way.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(source, formats=_DECODERS) as image:
                _bound(image)
                image.load()
                removed = kinds_in(image, tail=_tail(source), file_type=file_type)
                return _rebuilt(image, file_type=file_type, removed=removed, out=out)
        except (NotCleaned, MemoryError):
            raise
        except Exception:  # noqa: BLE001  # decoders raise nearly anything on hostile input, and it all means this
            raise NotCleaned(Reason.BROKEN) from None


def _bound(image: Image.Image) -> None:
    """Refuse, or have the decoder scale down, before a single pixel is decoded."""
    pixels = image.width * image.height
    if pixels == 0:
        raise NotCleaned(Reason.BROKEN)
    if pixels <= MAX_PIXELS:
        return
    if not isinstance(image, JpegImagePlugin.JpegImageFile) or pixels > MAX_JPEG_PIXELS:
        raise NotCleaned(Reason.TOO_MANY_PIXELS)
    scale = next(scale for scale in (2, 4, 8) if pixels <= MAX_PIXELS * scale * scale)
    image.draft(None, (image.width // scale, image.height // scale))
    if image.width * image.height > MAX_PIXELS:
        raise NotCleaned(Reason.TOO_MANY_PIXELS)


def _tail(source: BinaryIO) -> bytes:
    here, end = source.tell(), source.seek(0, io.SEEK_END)
    source.seek(max(end - TAIL_BYTES, 0))
    tail = source.read(TAIL_BYTES)
    source.seek(here)
    return tail


def _rebuilt(image: Image.Image, *, file_type: FileType, removed: tuple[Removed, ...], out: Parts) -> Outcome:
    # A camera's second picture (MPO) is a preview or the other eye; it goes, and the report says "embedded".
    total = 1 if file_type is FileType.JPEG else getattr(image, "n_frames", 1)
    if file_type is FileType.TIFF and total > 1:
        kept, thumbnail = give_pages(_pages(image, total=total), out=out)
        return Outcome(removed=removed, frames_total=total, frames_kept=kept, thumbnail=thumbnail)
    moves = total > 1 and max(image.size) <= MAX_WEBP_SIDE
    if moves:
        encoded, pixels, kept = _animation(image, total=total)
        media_type = "image/webp"
    else:
        pixels, kept = bare(image), 1
        encoded, media_type = _encoded(pixels, file_type=file_type)
    out.add(encoded, role=PartRole.COPY, media_type=media_type, width=pixels.width, height=pixels.height)
    if not moves and len(encoded) > SCREEN_FROM_BYTES:
        small, size = for_screen(pixels)
        out.add(small, role=PartRole.SCREEN, media_type="image/jpeg", width=size[0], height=size[1])
    return Outcome(removed=removed, frames_total=total, frames_kept=kept, thumbnail=thumbnail_of(pixels))


def _pages(image: Image.Image, *, total: int) -> Iterator[PagePicture]:
    """Pages of a scan, up to one that is broken or too large; the report tells how many there were."""
    for index in range(total):
        try:
            image.seek(index)
            _bound(image)
            pixels = bare(image)
        except (NotCleaned, EOFError, OSError, SyntaxError, ValueError):
            if index == 0:
                raise
            return
        grey = pixels.mode in ("1", "L")
        points = LONG_SIDE_POINTS / max(pixels.size)
        yield pixels.convert("L" if grey else "RGB"), (pixels.width * points, pixels.height * points)


def _animation(image: Image.Image, *, total: int) -> tuple[bytes, Image.Image, int]:
    """An animation's pictures, as many as the bounds allow, as WebP; also the first, and their number."""
    room = max(MAX_ANIMATION_PIXELS // (image.width * image.height), 1)
    frames, durations = [], []
    for index in range(min(total, MAX_FRAMES, room)):
        image.seek(index)
        durations.append(min(max(int(image.info.get("duration", 100) or 100), 10), 60_000))
        frames.append(bare(image))
    out = io.BytesIO()
    frames[0].save(
        out,
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=durations if len(durations) > 1 else durations[0],
        loop=0,
        quality=85,
        method=1,
    )
    return out.getvalue(), frames[0], len(frames)


def _encoded(pixels: Image.Image, *, file_type: FileType) -> tuple[bytes, str]:
    out = io.BytesIO()
    as_jpeg = file_type in _PHOTOGRAPHIC and pixels.mode in ("L", "RGB")
    if as_jpeg and max(pixels.size) <= MAX_JPEG_SIDE:
        pixels.save(out, "JPEG", quality=JPEG_QUALITY)
        return out.getvalue(), "image/jpeg"
    pixels.save(out, "PNG", compress_level=PNG_LEVEL)
    return out.getvalue(), "image/png"

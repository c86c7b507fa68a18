"""Which kinds of metadata an image carries: kinds alone, so that the report never repeats a value.

Runs in the limited child, on hostile input: whatever cannot be read counts as ``Removed.OTHER``. It decides
nothing about the clean copy, which is built from pixels and carries none of it either way.
Source: 4-sealing "Clean copies"; Exif 2.32 and XMP property names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from PIL import Image
from PIL.ExifTags import IFD, Base

from verification.clean_report import FileType, Removed

_EXIF_TAGS: Final[Mapping[int, Removed]] = {
    **dict.fromkeys((Base.Make, Base.Model, Base.HostComputer, Base.UniqueCameraModel), Removed.DEVICE),
    **dict.fromkeys((Base.MakerNote, Base.LensMake, Base.LensModel, Base.LensSerialNumber), Removed.DEVICE),
    **dict.fromkeys((Base.BodySerialNumber, Base.CameraSerialNumber), Removed.DEVICE),
    **dict.fromkeys((Base.DateTime, Base.DateTimeOriginal, Base.DateTimeDigitized), Removed.TIME),
    **dict.fromkeys((Base.Artist, Base.Copyright, Base.CameraOwnerName, Base.XPAuthor), Removed.AUTHOR),
    **dict.fromkeys((Base.ImageDescription, Base.UserComment, Base.XPComment), Removed.COMMENTS),
    **dict.fromkeys((Base.XPTitle, Base.XPKeywords, Base.XPSubject, Base.DocumentName), Removed.COMMENTS),
    **dict.fromkeys((Base.Software, Base.ProcessingSoftware), Removed.SOFTWARE),
}
#: How the picture itself is laid out: there are such tags in every TIFF, and nothing is told by them.
_STRUCTURE: Final = frozenset(
    {
        *(254, 255, 256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 282, 283, 284, 290, 292, 293, 296),
        *(297, 317, 318, 319, 320, 322, 323, 324, 325, 338, 339, 347, 513, 514, 529, 530, 531, 532),
        *(700, 33723, 34377, 34665, 34675, 34853, 36864, 37121, 40960, 40961, 40962, 40963, 40965, 42240),
    }
)

_XMP_NAMES: Final = (
    (re.compile(rb"exif:GPS|Location|photoshop:City|Iptc4xmpCore", re.IGNORECASE), Removed.POSITION),
    (re.compile(rb"tiff:Make|tiff:Model|aux:Lens|SerialNumber", re.IGNORECASE), Removed.DEVICE),
    (re.compile(rb"CreateDate|ModifyDate|DateCreated|DateTime|MetadataDate", re.IGNORECASE), Removed.TIME),
    (re.compile(rb"dc:creator|dc:rights|Artist|OwnerName|photoshop:Credit", re.IGNORECASE), Removed.AUTHOR),
    (re.compile(rb"dc:description|dc:title|dc:subject|UserComment", re.IGNORECASE), Removed.COMMENTS),
    (re.compile(rb"CreatorTool|softwareAgent", re.IGNORECASE), Removed.SOFTWARE),
    (re.compile(rb"DocumentID|InstanceID|xmpMM:History", re.IGNORECASE), Removed.EDIT_HISTORY),
    (re.compile(rb"xmpGImg:image|xmp:Thumbnails", re.IGNORECASE), Removed.THUMBNAIL),
    (re.compile(rb"MotionPhoto|MicroVideo|GDepth:Data|Container:Directory", re.IGNORECASE), Removed.EMBEDDED),
)
_TEXT_NAMES: Final = (
    (re.compile(r"author|artist|copyright|creator", re.IGNORECASE), Removed.AUTHOR),
    (re.compile(r"software|producer", re.IGNORECASE), Removed.SOFTWARE),
    (re.compile(r"time|date", re.IGNORECASE), Removed.TIME),
    (re.compile(r"exif|iptc|gps|location", re.IGNORECASE), Removed.OTHER),
    (re.compile(r"source|model|device", re.IGNORECASE), Removed.DEVICE),
)
#: What a telephone keeps beside the picture, by its name in ``Image.info``; there even where it is empty.
_BESIDE: Final[Mapping[str, Removed]] = {
    "thumbnails": Removed.THUMBNAIL,
    "depth_images": Removed.EMBEDDED,
    "aux": Removed.EMBEDDED,
    "metadata": Removed.OTHER,
}
#: Entries of ``Image.info`` that say how the pixels lie; everything else there is somebody's metadata.
_PLAIN_INFO: Final = frozenset(
    [
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "dpi",
        "gamma",
        "srgb",
        "chromaticity",
        "aspect",
        "adobe",
        "adobe_transform",
        "progressive",
        "progression",
        "transparency",
        "background",
        "loop",
        "duration",
        "timestamp",
        "version",
        "extension",
        "interlace",
        "compression",
        "default_image",
        "bbox",
        "disposal",
        "blend",
        "resolution",
        "mp",
        "mpoffset",
        "primary",
        "bit_depth",
        "tiling",
        "chroma",
        "icc_profile_type",
        "nclx_profile",
        "original_orientation",
    ]
)


def kinds_in(image: Image.Image, *, tail: bytes, file_type: FileType) -> tuple[Removed, ...]:
    """The kinds found in an image that was loaded, sorted. tail: the last bytes of the file (up to 64)."""
    found = {
        *_of_exif(image),
        *_of_info(image),
        *_of_segments(image),
        *_of_tail(tail, file_type=file_type),
    }
    return tuple(sorted(found))


def _of_exif(image: Image.Image) -> Iterator[Removed]:
    try:
        exif = image.getexif()
        general, camera = set(exif), set(exif.get_ifd(IFD.Exif))
        if exif.get_ifd(IFD.GPSInfo):
            yield Removed.POSITION
        if exif.get_ifd(IFD.IFD1):
            yield Removed.THUMBNAIL
    except Exception:  # noqa: BLE001  # Pillow raises nearly anything on broken EXIF; it was there, and it goes
        yield Removed.OTHER
        return
    yield from (_EXIF_TAGS.get(tag, Removed.OTHER) for tag in general - _STRUCTURE)
    yield from (_EXIF_TAGS.get(tag, Removed.SETTINGS) for tag in camera - _STRUCTURE)


def _of_info(image: Image.Image) -> Iterator[Removed]:
    for key, value in image.info.items():
        name = str(key)
        if name == "icc_profile":
            yield Removed.COLOUR_PROFILE
        elif name in ("xmp", "XML:com.adobe.xmp"):
            yield from _of_xmp(value)
        elif name == "comment":
            yield Removed.COMMENTS
        elif name in _BESIDE:
            if value:
                yield _BESIDE[name]
        elif name == "photoshop":
            yield Removed.OTHER
        elif name != "exif" and name not in _PLAIN_INFO:
            yield _of_text(name)


def _of_xmp(value: Any) -> Iterator[Removed]:
    packet = value.encode("utf-8", "replace") if isinstance(value, str) else bytes(value or b"")
    found = [kind for pattern, kind in _XMP_NAMES if pattern.search(packet)]
    yield from found or [Removed.OTHER]


def _of_text(name: str) -> Removed:
    return next((kind for pattern, kind in _TEXT_NAMES if pattern.search(name)), Removed.COMMENTS)


def _of_segments(image: Image.Image) -> Iterator[Removed]:
    """JPEG's own segments, which Pillow lists before it interprets any."""
    for name, content in getattr(image, "applist", ()):
        if name == "COM":
            yield Removed.COMMENTS
        elif name == "APP13":
            yield Removed.OTHER
        elif content.startswith(b"MPF\x00"):
            yield Removed.EMBEDDED
        elif content.startswith(b"http://ns.adobe.com/"):
            yield from _of_xmp(content)


def _of_tail(tail: bytes, *, file_type: FileType) -> Iterator[Removed]:
    """Bytes behind the picture's end, as phones append videos; a decoder never sees them."""
    ends = {
        FileType.JPEG: tail.rstrip(b"\x00").endswith(b"\xff\xd9"),
        FileType.PNG: tail.endswith(b"\x00\x00\x00\x00IEND\xaeB`\x82"),
        FileType.GIF: tail.rstrip(b"\x00").endswith(b";"),
    }
    if not ends.get(file_type, True):
        yield Removed.TRAILING_BYTES

"""What a file is, by its first bytes alone.

Must not know: names, what a browser claimed, how any type is decoded. A type found here is only a choice of
decoder; whether the file really is one, the decoder says.
"""

from __future__ import annotations

from typing import Final

from verification.clean_report import FileType
from verification.jobs.cleaning.media_containers import is_transport_stream
from verification.jobs.cleaning.text import looks_like_text

#: Enough to tell a text from something that only begins like one.
HEAD_BYTES: Final = 4096

_MAGIC: Final = (
    (b"\xff\xd8\xff", FileType.JPEG),
    (b"\x89PNG\r\n\x1a\n", FileType.PNG),
    (b"GIF87a", FileType.GIF),
    (b"GIF89a", FileType.GIF),
    (b"II*\x00", FileType.TIFF),
    (b"MM\x00*", FileType.TIFF),
    (b"II+\x00", FileType.TIFF),
    (b"MM\x00+", FileType.TIFF),
    (b"BM", FileType.BMP),
    (b"%PDF-", FileType.PDF),
    (b"PK\x03\x04", FileType.ZIP),
    (b"\x1f\x8b\x08", FileType.TAR),
    (b"BZh", FileType.TAR),
    (b"\xfd7zXZ\x00", FileType.TAR),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileType.OFFICE),
    (b"ID3", FileType.AUDIO),
    (b"\xff\xfb", FileType.AUDIO),
    (b"\xff\xf3", FileType.AUDIO),
    (b"\xff\xf2", FileType.AUDIO),
    *((bytes((0xFF, second)), FileType.AUDIO) for second in (0xF0, 0xF1, 0xF8, 0xF9, 0xFA, 0xE2, 0xE3)),
    (b"OggS", FileType.AUDIO),
    (b"fLaC", FileType.AUDIO),
    (b"#!AMR", FileType.AUDIO),
    (b"\x1a\x45\xdf\xa3", FileType.VIDEO),
)
_RIFF: Final = {b"WEBP": FileType.WEBP, b"WAVE": FileType.AUDIO, b"AVI ": FileType.VIDEO}
#: How a QuickTime file may begin that does not say what it is.
_OLD_MOVIE: Final = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip"})
_HEIF: Final = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})


def file_type_of(head: bytes) -> FileType:
    """The type that the first ``HEAD_BYTES`` of a file show; UNKNOWN for everything else."""
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], FileType.UNKNOWN)
    if head[4:8] == b"ftyp":
        return _iso_media(head[8:12])
    if head[4:8] in _OLD_MOVIE:
        return FileType.VIDEO
    for magic, found in _MAGIC:
        if head.startswith(magic):
            return found
    if head[257:262] == b"ustar":
        return FileType.TAR
    if is_transport_stream(head):
        return FileType.VIDEO
    if head.lstrip().startswith(b"%PDF-"):  # readers forgive what stands before it
        return FileType.PDF
    return FileType.TEXT if looks_like_text(head) else FileType.UNKNOWN


def _iso_media(brand: bytes) -> FileType:
    if brand in _HEIF:
        return FileType.HEIC
    if brand in (b"avif", b"avis"):
        return FileType.AVIF
    return FileType.AUDIO if brand.startswith(b"M4A") else FileType.VIDEO

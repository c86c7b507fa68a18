"""Coded sound and pictures without what encoders and cameras write between them.

Bytes in, bytes out: what is cut here is never needed to decode. Must not know: containers, files. Runs in the
limited child on hostile bytes; whatever does not parse is left out or left to the decoder, never guessed at.
Source: ISO 11172-3 §2.4 (MP3), ISO 14496-2 §6.2 (user data), ISO 14496-3 §4.4 (AAC), ITU-T H.264 and
H.265 annex B, T.81 annex B (JPEG), Vorbis I §4.2 and §5.2.
"""

from __future__ import annotations

import re
from typing import Final

_USER_DATA: Final = b"\x00\x00\x01\xb2"
_USER_DATA_WHOLE: Final = re.compile(rb"\x00\x00\x01\xb2.*?(?=\x00\x00\x01|\Z)", re.DOTALL)

#: Sequence and picture parameters, and of H.265 video parameters.
_H264_SETS: Final = (7, 8, 13, 15)
_H265_SETS: Final = (32, 33, 34)

_MP3_RATES: Final = (44_100, 48_000, 32_000)
#: Kilobits a second, for MPEG-1 and for the half rates of MPEG-2 and 2.5; 0 is "free" and not supported.
_MP3_KILOBITS: Final = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)

_FILL, _DATA = 6, 4
#: What a fill element of AAC holds: only these two are fill; others carry the upper half of the sound.
_FILLERS: Final = (0, 1)
_LONG_FILL, _LONG_DATA = 15, 255

_SOI: Final = b"\xff\xd8"
_SOS, _EOI, _COMMENT = 0xDA, 0xD9, 0xFE
#: APP0 tells which of two half pictures comes first, APP14 how colours are coded.
_KEPT_SEGMENTS: Final = (0xE0, 0xEE)
_KEPT_SEGMENT_BYTES: Final = 18
_AFTER_SCAN: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")

_NO_COMMENT: Final = b"\x03vorbis" + bytes(8) + b"\x01"


def without_user_data(coded: bytes) -> bytes:
    """MPEG-1, 2 or 4 (part 2) without what its encoder says of itself."""
    return _USER_DATA_WHOLE.sub(b"", coded) if _USER_DATA in coded else coded


def only_parameter_sets(setup: bytes, *, codec: str) -> bytes:
    """H.264 or H.265 set-up data behind start codes, without what x265 and others put among them."""
    kept, shift, mask = (_H264_SETS, 0, 0x1F) if codec == "h264" else (_H265_SETS, 1, 0x3F)
    units = [unit.rstrip(b"\0") for unit in setup.split(b"\x00\x00\x01")[1:]]
    return b"".join(
        b"\x00\x00\x00\x01" + unit for unit in units if unit and (unit[0] >> shift & mask) in kept
    )


def one_frame(coded: bytes) -> bytes:
    """The MP3 frame at the beginning and nothing after it; empty where there is none."""
    if len(coded) < 4 or coded[0] != 0xFF or coded[1] & 0xE6 != 0xE2:
        return b""
    version = coded[1] >> 3 & 3
    is_full_rate = version == 3
    kilobits, rate, padding = coded[2] >> 4, coded[2] >> 2 & 3, coded[2] >> 1 & 1
    if version == 1 or kilobits in (0, 15) or rate == 3:
        return b""
    hertz = _MP3_RATES[rate] // (1 if is_full_rate else 2 if version == 2 else 4)
    bits = _MP3_KILOBITS[0 if is_full_rate else 1][kilobits] * 1000
    length = (144 if is_full_rate else 72) * bits // hertz + padding
    if len(coded) == length:
        return coded
    return coded[:length] if len(coded) > length else b""


def with_blank_fill(coded: bytes) -> bytes:
    """AAC whose leading fill and data elements, where encoders leave their names, hold zeros.

    coded: one raw_data_block, without ADTS header. Its length stays the same, so nothing has to be moved.
    """
    if not coded or coded[0] >> 5 not in (_FILL, _DATA):
        return coded
    bits, length = int.from_bytes(coded, "big"), len(coded) * 8

    def look(at: int, width: int) -> int:
        return bits >> (length - at - width) & ((1 << width) - 1) if at + width <= length else 0

    at = 0
    while look(at, 3) in (_FILL, _DATA):
        start, width, is_blank = _fill_at(look, at)
        if start + width > length:
            break
        if is_blank:
            bits &= ~(((1 << width) - 1) << (length - start - width))
        at = start + width
    return bits.to_bytes(len(coded), "big")


def _fill_at(look: object, at: int) -> tuple[int, int, bool]:
    """Where the content of an element begins, how many bits it has, whether it may be blanked."""
    assert callable(look)
    if look(at, 3) == _FILL:
        count, start = look(at + 3, 4), at + 7
        if count == _LONG_FILL:
            count, start = count + look(start, 8) - 1, start + 8
        return start, count * 8, look(start, 4) in _FILLERS
    is_aligned, count, start = look(at + 7, 1), look(at + 8, 8), at + 16
    if count == _LONG_DATA:
        count, start = count + look(start, 8), start + 8
    return start + (-start % 8 if is_aligned else 0), count * 8, True


def without_segments(coded: bytes) -> bytes:
    """Motion JPEG, one or two pictures, without comments and application segments; empty if it is none."""
    kept, at = [], 0
    while coded[at : at + 2] == _SOI:
        kept.append(_SOI)
        at = _through_segments(coded, at + 2, kept)
        if at < 0:
            return b""
    return b"".join(kept)


def _through_segments(coded: bytes, at: int, kept: list[bytes]) -> int:
    """One picture's segments up to behind its end; -1 where they are broken."""
    while at + 1 < len(coded) and coded[at] == 0xFF:
        marker = coded[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == _EOI:
            kept.append(coded[at : at + 2])
            return at + 2
        end = at + 2 + int.from_bytes(coded[at + 2 : at + 4], "big")
        if end < at + 4 or end > len(coded):
            return -1
        if marker == _SOS:
            found = _AFTER_SCAN.search(coded, end)
            end = found.start() if found else len(coded)
        is_said = 0xE0 <= marker <= 0xEF or marker == _COMMENT
        if not is_said or (marker in _KEPT_SEGMENTS and end - at <= _KEPT_SEGMENT_BYTES):
            kept.append(coded[at:end])
        at = end
    return len(coded)


def without_vorbis_comment(setup: bytes) -> bytes:
    """Vorbis set-up data (three headers in Xiph lacing) with an empty comment. Raises ValueError."""
    if len(setup) < 3 or setup[0] != 2:
        raise ValueError("not three headers")
    sizes, at = [], 1
    for _ in range(2):
        size = 0
        while setup[at] == 255:
            size, at = size + 255, at + 1
        sizes.append(size + setup[at])
        at += 1
    first = setup[at : at + sizes[0]]
    last = setup[at + sum(sizes) :]
    if not first.startswith(b"\x01vorbis") or not last.startswith(b"\x05vorbis") or len(first) > 254:
        raise ValueError("not Vorbis")
    return b"\x02" + bytes((len(first), len(_NO_COMMENT))) + first + _NO_COMMENT + last

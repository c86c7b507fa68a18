"""Which container a recording comes in, by its first bytes, and which it goes out in, by its codecs.

Owns: the lists of demuxers, decoders and muxers that may run at all; no other is ever tried. Must not know:
packets. Source: ISO 14496-12, Matroska, RFC 3533, ISO 13818-1; what browsers play.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from types import MappingProxyType
from typing import BinaryIO, Final

_PROBE_BYTES: Final = 1024
_ID3_HEAD_BYTES: Final = 10
#: Tags before a sound may follow one another, but not for ever.
_MAX_TAGS: Final = 4
_TS_PACKET_BYTES, _M2TS_PACKET_BYTES, _TS_SYNC = 188, 192, 0x47

_SOUND: Final = frozenset({"aac", "mp3", "mp2", "ac3", "eac3", "alac", "flac", "opus"})
_PCM: Final = frozenset({"pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_f32le"})
_PICTURES: Final = frozenset({"h264", "hevc", "av1", "vp9", "mpeg4", "mpeg2video", "mpeg1video", "mjpeg"})
_WEBM: Final = frozenset({"vp8", "vp9", "av1", "opus", "vorbis"})
_TELEPHONE: Final = frozenset({"h263", "mpeg4", "h264", "aac", "amr_nb", "amr_wb"})
_WAV: Final = _PCM | {"pcm_u8", "pcm_alaw", "pcm_mulaw", "pcm_f64le", "adpcm_ima_wav", "adpcm_ms"}
_OGG: Final = frozenset({"opus", "vorbis", "flac", "speex", "theora"})

#: Decoders by FFmpeg's names: for the poster, and for what a demuxer may decode to learn a picture's size.
DECODERS: Final = ",".join(
    sorted(
        {
            *(_SOUND | _PICTURES | _WEBM | _TELEPHONE | _WAV | _OGG) - {"av1", "amr_nb", "amr_wb"},
            *("libdav1d", "av1", "mp3float", "mp2float", "amrnb", "amrwb"),
        }
    )
)

#: Where, what, and which demuxer reads it.
_MAGIC: Final[Sequence[tuple[int, bytes, str]]] = (
    *((4, kind, "mov") for kind in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")),
    (0, b"\x1a\x45\xdf\xa3", "matroska"),
    (8, b"WAVE", "wav"),
    (8, b"AVI ", "avi"),
    (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"),
    (0, b"#!AMR", "amr"),
    *((0, bytes((0xFF, second)), "aac") for second in (0xF0, 0xF1, 0xF8, 0xF9)),
    *((0, bytes((0xFF, second)), "mp3") for second in (0xFB, 0xFA, 0xF3, 0xF2, 0xE3, 0xE2)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A muxer, what it may hold, and what its files are called with a picture and with sound alone."""

    muxer: str
    codecs: Set[str]
    video: str
    audio: str
    options: tuple[tuple[str, str], ...] = ()


_MP4: Final = Target(
    muxer="mp4",
    codecs=_SOUND | _PCM | _PICTURES,
    video="video/mp4",
    audio="audio/mp4",
    # No track of time codes.
    options=(("write_tmcd", "0"),),
)
_3GP: Final = Target(muxer="3gp", codecs=_TELEPHONE, video="video/3gpp", audio="audio/3gpp")
_WEBM_FILE: Final = Target(muxer="webm", codecs=_WEBM, video="video/webm", audio="audio/webm")
_MATROSKA: Final = Target(
    muxer="matroska",
    codecs=_SOUND | _PCM | _PICTURES | _WEBM,
    video="video/x-matroska",
    audio="audio/x-matroska",
)
_TARGETS: Final[Mapping[str, Sequence[Target]]] = MappingProxyType(
    {
        "mov": (_MP4, _3GP, _MATROSKA),
        "mpegts": (_MP4, _MATROSKA),
        "avi": (_MP4, _MATROSKA),
        "matroska": (_WEBM_FILE, _MP4, _MATROSKA),
        "wav": (Target(muxer="wav", codecs=_WAV, video="", audio="audio/wav"),),
        "flac": (Target(muxer="flac", codecs=frozenset({"flac"}), video="", audio="audio/flac"),),
        "ogg": (Target(muxer="ogg", codecs=_OGG, video="video/ogg", audio="audio/ogg"),),
        "amr": (Target(muxer="amr", codecs=frozenset({"amr_nb", "amr_wb"}), video="", audio="audio/amr"),),
        # A bare stream of frames cannot be seeked; the same frames in an MP4 can.
        "aac": (_MP4,),
        "mp3": (
            Target(
                muxer="mp3",
                codecs=frozenset({"mp3"}),
                video="",
                audio="audio/mpeg",
                options=(("id3v2_version", "0"), ("write_id3v1", "0"), ("write_xing", "0")),
            ),
        ),
    }
)


def demuxer_of(source: BinaryIO) -> str | None:
    """Which demuxer reads it, by what stands at the beginning or behind tags there; None where none does."""
    at, head = 0, b""
    for _ in range(_MAX_TAGS):
        source.seek(at)
        head = source.read(_PROBE_BYTES)
        if not (length := _tag_bytes(head)):
            break
        at += length
    found = next((name for at, mark, name in _MAGIC if head[at : at + len(mark)] == mark), None)
    if found is None and is_transport_stream(head):
        found = "mpegts"
    return found or ("mp3" if at else None)


def target_for(demuxer: str, *, codecs: Set[str]) -> Target | None:
    """The first of the containers for such a file that holds all these codecs, named as FFmpeg does."""
    return next((target for target in _TARGETS[demuxer] if codecs <= target.codecs), None)


def _tag_bytes(head: bytes) -> int:
    """How long an ID3v2 tag at this place is; 0 where there is none."""
    if head[:3] != b"ID3" or len(head) < _ID3_HEAD_BYTES:
        return 0
    size = 0
    for byte in head[6:_ID3_HEAD_BYTES]:
        size = size << 7 | (byte & 0x7F)
    return size + _ID3_HEAD_BYTES * (2 if head[5] & 0x10 else 1)


def is_transport_stream(head: bytes) -> bool:
    """Whether these first bytes (600 at least) are packets of broadcast or of a camera's card."""
    for offset, step in ((0, _TS_PACKET_BYTES), (_M2TS_PACKET_BYTES - _TS_PACKET_BYTES, _M2TS_PACKET_BYTES)):
        marks = head[offset::step]
        if len(marks) > 2 and all(mark == _TS_SYNC for mark in marks):
            return True
    return False

"""One stream's way from the old container into the new one: its packets, and nothing that rides on them.

Owns: which filter each codec goes through, the order of times. Must not know: files. Runs in the limited
child. A packet that its filter cannot read is left out: what cannot be read cannot be cleaned.
Source: ITU-T H.264 table 7-1, H.265 table 7-1, AV1 §6.2.2, ISO 13818-2 table 6-1; FFmpeg's bitstream filters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final

import av
import av.error
from av.bitstream import BitStreamFilterContext
from av.codec.context import CodecContext
from av.container import OutputContainer
from av.stream import Stream

from verification.clean_report import Reason, Removed
from verification.jobs.cleaning.media_coded import (
    one_frame,
    only_parameter_sets,
    with_blank_fill,
    without_segments,
    without_user_data,
    without_vorbis_comment,
)
from verification.jobs.cleaning.output import NotCleaned

#: What decoding needs of each codec. User data, camera settings, positions in SEI, filler: not in the list.
_FILTERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "h264": "filter_units=pass_types=1-5|7-11|13-15|19-21",
        "hevc": "filter_units=pass_types=0-9|16-21|32-37",
        "av1": "filter_units=pass_types=1-4|6-8",
        "mpeg1video": "filter_units=pass_types=0-175|179|181|183-184",
        "mpeg2video": "filter_units=pass_types=0-175|179|181|183-184",
        # The one user data that matters to decoders says that two pictures lie in one packet.
        "mpeg4": "mpeg4_unpack_bframes",
    }
)
_REWRITES: Final[Mapping[str, Callable[[bytes], bytes]]] = MappingProxyType(
    {
        "aac": with_blank_fill,
        "mjpeg": without_segments,
        "mp3": one_frame,
        "mpeg4": without_user_data,
    }
)
#: Supplemental information alone, to say that there was some.
_SUPPLEMENT: Final[Mapping[str, tuple[str, int]]] = MappingProxyType(
    {"h264": ("filter_units=pass_types=6", 1), "hevc": ("filter_units=pass_types=39-40", 2)}
)
_ENCODERS: Final = (b"x264 - core", b"x265 (build", b"Lavc", b"encoder")
_USER_DATA_TYPES: Final = (b"\x04", b"\x05")
_LOOKED_AT: Final = 8
#: An ALAC cookie: box head, version, and 24 bytes of set-up; more would be somebody's.
_ALAC_BYTES: Final = 36
_BEFORE_ALL: Final = -(2**62)
#: What rides on a packet and is part of the sound or picture.
_NEEDED: Final = ("new_extradata", "skip_samples", "palette")
#: What rides on packets, may hold anything, and is written by these muxers.
_RIDING: Final = "matroska_block_additional"
_CARRYING: Final = ("matroska", "webm")


class Track:
    """A stream and where it goes.

    kinds: what was found inside the stream and left out.  is_empty: nothing of it went out.
    """

    def __init__(self, stream: Stream, made: OutputContainer, *, start_microseconds: int) -> None:
        """Raises NotCleaned, FFmpegError where the muxer or a filter refuses."""
        self.kinds: set[Removed] = set()
        self.is_empty = True
        self._codec = codec_of(stream)
        self._target = made.add_stream_from_template(stream, opaque=True)
        self._target.metadata.clear()
        self._filter = self._make_filter(stream)
        self._rewrite = _REWRITES.get(self._codec)
        self._clean_setup(made.format.name)
        supplement = _SUPPLEMENT.get(self._codec)
        self._supplement = supplement and (BitStreamFilterContext(supplement[0], stream), supplement[1])
        self._rides = made.format.name in _CARRYING
        self._mux = made.mux_one
        self._seen = 0
        self._last = _BEFORE_ALL
        self._end = 0
        self._base = stream.time_base or Fraction(1)
        self._shift = int(start_microseconds / 1_000_000 / self._base)

    @property
    def milliseconds(self) -> int:
        """How long it plays, as far as it went out."""
        return max(round(self._end * self._base * 1000), 0)

    def take(self, packet: av.Packet[Any]) -> None:
        """Send what is left of this packet into the new container. Raises NotCleaned, FFmpegError."""
        if self._seen < _LOOKED_AT:
            self._look(packet)
        if self._filter is None:
            self._send(packet)
            return
        try:
            filtered = self._filter.filter(packet)
        except av.error.InvalidDataError:
            return
        for one in filtered:
            self._send(one)

    def _send(self, packet: av.Packet[Any]) -> None:
        bare = self._bare(packet) if self._rewrite is not None or self._rides else packet
        if bare is None:
            return
        shown_at, decoded_at = bare.pts, bare.dts
        if shown_at is None or decoded_at is None or decoded_at <= self._last or self._shift:
            shown_at, decoded_at = self._put_in_order(bare)
        self._last = decoded_at
        end = shown_at + (bare.duration or 0)
        if end > self._end:
            self._end = end
        bare.stream = self._target
        self._mux(bare)
        self.is_empty = False

    def _make_filter(self, stream: Stream) -> BitStreamFilterContext | None:
        said = _FILTERS.get(self._codec)
        if self._codec == "aac" and not stream.codec_context.extradata:
            said = "aac_adtstoasc"
        return BitStreamFilterContext(said, stream, self._target) if said else None

    def _clean_setup(self, muxer: str) -> None:
        """Set-up data that the muxer would copy as they are, and the codec's name in the new container."""
        context = self._target.codec_context
        setup = context.extradata
        if setup and self._codec in ("mpeg4", "mpeg1video", "mpeg2video"):
            context.extradata = without_user_data(setup)
        elif setup and self._codec in ("h264", "hevc"):
            # The filter has put them behind start codes; it looks at packets alone.
            context.extradata = only_parameter_sets(setup, codec=self._codec)
        elif setup and self._codec == "vorbis" and muxer != "ogg":
            context.extradata = without_vorbis_comment(setup)
        elif setup and self._codec == "alac":
            context.extradata = setup[:_ALAC_BYTES]
        context.codec_tag = "hvc1" if self._codec == "hevc" and muxer == "mp4" else "\0\0\0\0"

    def _bare(self, packet: av.Packet[Any]) -> av.Packet[Any] | None:
        """The packet with its coded bytes alone; None where nothing is left of it."""
        before = bytes(packet)
        coded = self._rewrite(before) if self._rewrite is not None else before
        if not coded:
            return None
        if coded is before and not (self._rides and packet.has_sidedata(_RIDING)):
            return packet
        bare: av.Packet[Any] = av.Packet(coded)
        bare.pts, bare.dts, bare.duration = packet.pts, packet.dts, packet.duration
        bare.time_base, bare.is_keyframe = packet.time_base, packet.is_keyframe
        for kind in _NEEDED:
            if packet.has_sidedata(kind):
                bare.set_sidedata(packet.get_sidedata(kind))
        return bare

    def _put_in_order(self, packet: av.Packet[Any]) -> tuple[int, int]:
        """Times from the beginning of the recording, each after the one before; when it is shown, decoded."""
        shown_at, decoded_at = packet.pts, packet.dts
        if decoded_at is None:
            decoded_at = shown_at
        if decoded_at is not None:
            decoded_at -= self._shift
        else:
            decoded_at = self._end
        packet.dts = decoded_at = max(decoded_at, self._last + 1)
        if shown_at is not None:
            packet.pts = shown_at = max(shown_at - self._shift, decoded_at)
        return decoded_at if shown_at is None else shown_at, decoded_at

    def _look(self, packet: av.Packet[Any]) -> None:
        """What the first packets carry beside sound and picture. Raises NotCleaned for an encrypted one."""
        self._seen += 1
        if packet.has_sidedata("encryption_info"):
            raise NotCleaned(Reason.ENCRYPTED)
        if self._codec == "mpeg4" and without_user_data(bytes(packet)) != bytes(packet):
            self.kinds.add(Removed.SOFTWARE)
        if self._supplement is None:
            return
        only, head_bytes = self._supplement
        try:
            # A filter takes what it is given away, so it gets its own.
            units = [bytes(unit) for unit in only.filter(av.Packet(bytes(packet)))]
        except av.error.InvalidDataError:
            return
        for unit in units:
            if any(name in unit for name in _ENCODERS):
                self.kinds.add(Removed.SOFTWARE)
            elif unit.lstrip(b"\0")[1 + head_bytes : 2 + head_bytes] in _USER_DATA_TYPES:
                self.kinds.add(Removed.OTHER)


def codec_of(stream: Stream) -> str:
    """FFmpeg's name of the codec, whichever decoder reads it; empty where none does."""
    context: CodecContext | None = stream.codec_context  # None for a codec that FFmpeg does not know
    return context.codec.canonical_name if context is not None else ""

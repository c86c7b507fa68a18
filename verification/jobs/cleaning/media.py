"""Audio and video: the coded sound and pictures into a new container, and nothing else of the old one.

Runs in the limited child. Nothing is decoded but one picture for the thumbnail; nothing is encoded. Metadata,
chapters, covers, subtitles, tracks of positions and whatever else lies beside sound and picture stay behind,
and so does what encoders write into the stream (SEI). Must not know: keys, sealing. Source: 4-sealing "Clean
copies"; ISO 14496-12; Matroska; FFmpeg's muxers by way of PyAV.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, BinaryIO, Final, NoReturn

import av
import av.error
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer, OutputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from verification.clean_report import FileType, PartRole, Reason, Removed
from verification.jobs.cleaning.media_kinds import kinds_said
from verification.jobs.cleaning.output import NotCleaned, Outcome, Parts
from verification.jobs.cleaning.pixels import for_screen, thumbnail_of
from verification.jobs.cleaning.rewrites import NotTheSame, Performance, Rehearsal, TooManyCorrections

MAX_STREAMS: Final = 8
MAX_PACKETS: Final = 1_500_000
MAX_THUMBNAIL_PIXELS: Final = 40_000_000
#: So many packets are looked at for a picture to show.
THUMBNAIL_PACKETS: Final = 120

#: By its first bytes: which demuxer reads it. No other is ever tried.
_DEMUXERS: Final[Sequence[tuple[int, bytes, str]]] = (
    (4, b"ftyp", "mov"),
    (4, b"moov", "mov"),
    (4, b"mdat", "mov"),
    (4, b"wide", "mov"),
    (4, b"free", "mov"),
    (0, b"\x1a\x45\xdf\xa3", "matroska"),
    (8, b"WAVE", "wav"),
    (8, b"AVI ", "avi"),
    (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"),
    (0, b"#!AMR", "amr"),
    (0, b"\xff\xf1", "aac"),
    (0, b"\xff\xf9", "aac"),
    (0, b"ID3", "mp3"),
    (0, b"\xff", "mp3"),
)
#: Which muxers may take it over, the first that can.
_MUXERS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "mov": ("mp4", "mov"),
        "matroska": ("webm", "matroska"),
        "avi": ("mp4", "matroska"),
        "wav": ("wav",),
        "flac": ("flac",),
        "ogg": ("ogg",),
        "amr": ("amr",),
        "aac": ("adts",),
        "mp3": ("mp3",),
    }
)
#: Muxer: media type with a picture, media type of sound alone.
_MEDIA_TYPES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "mp4": ("video/mp4", "audio/mp4"),
        "mov": ("video/quicktime", "audio/mp4"),
        "webm": ("video/webm", "audio/webm"),
        "matroska": ("video/x-matroska", "audio/x-matroska"),
        "wav": ("audio/wav", "audio/wav"),
        "flac": ("audio/flac", "audio/flac"),
        "ogg": ("video/ogg", "audio/ogg"),
        "amr": ("audio/amr", "audio/amr"),
        "adts": ("audio/aac", "audio/aac"),
        "mp3": ("audio/mpeg", "audio/mpeg"),
    }
)
#: What encoders say of themselves and cameras of their whereabouts, inside the coded stream.
_STREAM_FILTERS: Final[Mapping[str, str]] = MappingProxyType(
    {"h264": "filter_units=remove_types=6", "hevc": "filter_units=remove_types=39|40"}
)
#: Codecs whose set-up data hold a comment that Matroska would carry along.
_COMMENTED: Final = frozenset({"vorbis", "theora", "speex"})
_WRITING: Final[Mapping[str, dict[str, str]]] = MappingProxyType(
    {"mp3": {"id3v2_version": "0", "write_id3v1": "0", "write_xing": "0"}}
)
_BITEXACT: Final = {"fflags": "+bitexact"}
_READING: Final = {"probesize": "5000000", "analyzeduration": "5000000"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """A rehearsal that went well, and what it told. size: pixels, zeros for sound alone."""

    demuxer: str
    muxer: str
    rehearsal: Rehearsal
    size: tuple[int, int]
    milliseconds: int
    removed: tuple[Removed, ...]


def remux(source: BinaryIO, *, file_type: FileType, out: Parts) -> Outcome:  # noqa: ARG001  # as every cleaner
    """Take sound and picture over into a new file. Raises NotCleaned."""
    head = source.read(64)
    demuxer = next((name for at, mark, name in _DEMUXERS if head[at : at + len(mark)] == mark), None)
    if demuxer is None:
        raise NotCleaned(Reason.TYPE_NOT_CLEANED)
    plan = _planned(source, demuxer)
    media_type = _MEDIA_TYPES[plan.muxer][0 if any(plan.size) else 1]
    with out.growing(
        role=PartRole.COPY,
        media_type=media_type,
        width=plan.size[0],
        height=plan.size[1],
        milliseconds=plan.milliseconds,
    ) as write:
        performance = Performance(plan.rehearsal, write)
        try:
            _take_over(source, demuxer=plan.demuxer, muxer=plan.muxer, into=performance)
            performance.check()
        except (av.error.FFmpegError, NotTheSame):
            raise NotCleaned(Reason.BROKEN) from None
    return Outcome(
        removed=plan.removed, thumbnail=_pictured(source, demuxer, out=out) if any(plan.size) else b""
    )


def _planned(source: BinaryIO, demuxer: str) -> _Plan:
    """The first muxer that takes everything."""
    for muxer in _MUXERS[demuxer]:
        rehearsal = Rehearsal()
        try:
            told = _take_over(source, demuxer=demuxer, muxer=muxer, into=rehearsal)
        except (av.error.FFmpegError, ValueError):
            continue
        except TooManyCorrections:
            raise NotCleaned(Reason.OVER_LIMITS) from None
        return _Plan(demuxer=demuxer, muxer=muxer, rehearsal=rehearsal, **told)
    raise NotCleaned(Reason.BROKEN)


def _take_over(
    source: BinaryIO, *, demuxer: str, muxer: str, into: Rehearsal | Performance
) -> dict[str, Any]:
    """One run. Raises FFmpegError where the muxer refuses, NotCleaned where nothing is there to take."""
    with _opened(source, demuxer) as given:
        chosen = _chosen(given)
        told = {
            "size": _size_of(chosen),
            "milliseconds": max(given.duration or 0, 0) // 1000,
            "removed": tuple(sorted(kinds_said(given, kept=chosen))),
        }
        options = _BITEXACT | _WRITING.get(muxer, {})
        with av.open(into, "w", format=muxer, options=options, io_open=_no_other_file) as made:
            _copy(given, made, chosen=chosen)
    return told


def _copy(given: InputContainer, made: OutputContainer, *, chosen: Sequence[Stream]) -> None:
    targets, filters = {}, {}
    for stream in chosen:
        if stream.codec_context.name in _COMMENTED and made.format.name in ("webm", "matroska"):
            raise ValueError("this codec's comment would come along")
        target = made.add_stream_from_template(stream)
        target.metadata.clear()
        targets[stream.index] = target
        if (said := _STREAM_FILTERS.get(stream.codec_context.name)) is not None:
            filters[stream.index] = BitStreamFilterContext(said, stream, target)
    for packet in _packets(given, chosen):
        index = packet.stream.index
        passed = filters[index].filter(packet) if index in filters else [packet]
        for one in passed:
            one.stream = targets[index]
            made.mux_one(one)


def _packets(given: InputContainer, chosen: Sequence[Stream]) -> Iterator[av.Packet[Any]]:
    """In order, up to where the file breaks off."""
    count = 0
    with contextlib.suppress(av.error.InvalidDataError, av.error.EOFError):
        for packet in given.demux(list(chosen)):
            if packet.dts is None or packet.size == 0:
                continue
            count += 1
            if count > MAX_PACKETS:
                raise NotCleaned(Reason.OVER_LIMITS)
            yield packet
    if count == 0:
        raise NotCleaned(Reason.BROKEN)


@contextlib.contextmanager
def _opened(source: BinaryIO, demuxer: str) -> Iterator[InputContainer]:
    source.seek(0)
    with av.open(
        source, "r", format=demuxer, options=_READING, metadata_errors="ignore", io_open=_no_other_file
    ) as given:
        for stream in given.streams:
            if stream.codec_context is not None:
                stream.codec_context.thread_count = 1
        yield given


def _chosen(given: InputContainer) -> list[Stream]:
    """Sound and moving pictures. A cover is a picture too, and stays behind."""
    streams: list[Stream] = [
        stream
        for stream in (*given.streams.video, *given.streams.audio)
        if not stream.disposition & Disposition.attached_pic
    ]
    if not streams or len(streams) > MAX_STREAMS:
        raise NotCleaned(Reason.TYPE_NOT_CLEANED)
    return streams


def _size_of(chosen: Sequence[Stream]) -> tuple[int, int]:
    for stream in chosen:
        if isinstance(stream, VideoStream):
            return stream.codec_context.width, stream.codec_context.height
    return 0, 0


def _pictured(source: BinaryIO, demuxer: str, *, out: Parts) -> bytes:
    """The first whole picture, small, and one that fits a screen; empty where none can be decoded."""
    try:
        picture = _first_picture(source, demuxer)
    except (av.error.FFmpegError, ValueError, MemoryError):
        picture = None
    if picture is None:
        return b""
    poster, size = for_screen(picture)
    out.add(poster, role=PartRole.SCREEN, media_type="image/jpeg", width=size[0], height=size[1])
    return thumbnail_of(picture)


def _first_picture(source: BinaryIO, demuxer: str) -> Any:
    with _opened(source, demuxer) as given:
        stream = next(one for one in _chosen(given) if isinstance(one, VideoStream))
        context = stream.codec_context
        if not 0 < context.width * context.height <= MAX_THUMBNAIL_PIXELS:
            return None
        context.skip_frame = "NONKEY"
        for count, packet in enumerate(given.demux(stream)):
            for frame in stream.decode(packet):
                return frame.to_image()  # type: ignore[no-untyped-call]  # untyped in PyAV
            if count > THUMBNAIL_PACKETS:
                return None
    return None


def _no_other_file(*_asked: object) -> NoReturn:
    """A file that names other files gets none of them."""
    raise ValueError("no other file")

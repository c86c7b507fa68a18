"""Audio and video: the coded sound and pictures into a new container, and nothing else of the old one.

Runs in the limited child. Nothing is decoded but one picture for the poster; nothing is encoded. Metadata,
chapters, covers, subtitles, tracks of positions and whatever else lies beside sound and picture stay behind,
and so does what encoders write into the stream. Demuxers, codecs and muxers are those listed in
``media_containers`` alone, and no other file is ever asked for. Must not know: keys, sealing.
Source: 4-sealing "Clean copies"; FFmpeg by way of PyAV.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, NoReturn

import av
import av.error

# A file with subtitles would have these loaded late, when no file can be opened.
import av.subtitles.codeccontext
import av.subtitles.stream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream
from PIL import Image

from verification.clean_report import FileType, PartRole, Reason, Removed
from verification.jobs.cleaning.media_containers import DECODERS, Target, demuxer_of, target_for
from verification.jobs.cleaning.media_kinds import kinds_said
from verification.jobs.cleaning.media_poster import first_picture
from verification.jobs.cleaning.media_source import Blocks
from verification.jobs.cleaning.media_tracks import Track, codec_of
from verification.jobs.cleaning.output import NotCleaned, Outcome, Parts
from verification.jobs.cleaning.pixels import for_screen, thumbnail_of
from verification.jobs.cleaning.protocol import CLEAN_BYTES_FACTOR, CLEAN_BYTES_FLOOR
from verification.jobs.cleaning.rewrites import (
    NotTheSame,
    Performance,
    Rehearsal,
    TooLong,
    TooManyCorrections,
)

MAX_STREAMS: Final = 8
#: Four hours of sound and pictures are a million packets: 4 seconds, 0.25 GB for both containers' indexes. A
#: longer recording has more bytes, and gets more of both.
MIN_PACKETS: Final = 1_200_000
MAX_PACKETS: Final = 2_500_000
BYTES_PER_PACKET: Final = 2048
#: Room for poster and container beside the packets.
SPARE_BYTES: Final = 16 * 1024 * 1024
BUFFER_BYTES: Final = 64 * 1024

_READING: Final = {
    "probesize": "5000000",
    "analyzeduration": "5000000",
    "codec_whitelist": DECODERS,
    "protocol_whitelist": "none",
    "max_streams": "64",
}
#: Many packets at a time: one call for each would take a third of all work.
_WRITING: Final = {"flush_packets": "0", "fflags": "+bitexact-flush_packets"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What a first look told. size: pixels as shown, zeros for sound alone."""

    demuxer: str
    target: Target
    size: tuple[int, int]
    removed: set[Removed]
    picture: Image.Image | None


def clean_recording(source: BinaryIO, *, file_type: FileType, out: Parts) -> Outcome:
    """Take sound and picture over into a new file. Raises NotCleaned, MemoryError."""
    del file_type  # what it is in detail, its first bytes say
    demuxer = demuxer_of(source)
    if demuxer is None:
        raise NotCleaned(Reason.TYPE_NOT_CLEANED)
    blocks = Blocks(source)
    try:
        seen = _first_look(blocks, demuxer)
        removed = _take_over(blocks, seen, out=out)
    except (TooManyCorrections, TooLong):
        raise NotCleaned(Reason.OVER_LIMITS) from None
    except MemoryError:
        raise
    except (av.error.FFmpegError, NotTheSame, ValueError, OverflowError, OSError):
        raise NotCleaned(Reason.BROKEN) from None
    thumbnail = b""
    if seen.picture is not None:
        poster, size = for_screen(seen.picture)
        out.add(poster, role=PartRole.SCREEN, media_type="image/jpeg", width=size[0], height=size[1])
        thumbnail = thumbnail_of(seen.picture)
    return Outcome(removed=tuple(sorted(removed)), thumbnail=thumbnail)


def _first_look(blocks: Blocks, demuxer: str) -> _Seen:
    with _opened(blocks, demuxer) as given:
        chosen = _chosen(given, demuxer)
        target = target_for(demuxer, codecs={codec_of(stream) for stream in chosen})
        if target is None:
            raise NotCleaned(Reason.TYPE_NOT_CLEANED)
        if sum(len(stream.index_entries) for stream in chosen) > _most_packets(blocks):
            raise NotCleaned(Reason.OVER_LIMITS)
        removed = kinds_said(given, kept=chosen)
        film = next((stream for stream in chosen if isinstance(stream, VideoStream)), None)
        picture, size = None, (0, 0)
        if film is not None:
            size = film.codec_context.width, film.codec_context.height
            with contextlib.suppress(av.error.FFmpegError, ValueError, MemoryError):
                picture, is_turned = first_picture(given, film)
                size = size[::-1] if is_turned else size
    return _Seen(demuxer=demuxer, target=target, size=size, removed=removed, picture=picture)


def _take_over(blocks: Blocks, seen: _Seen, *, out: Parts) -> set[Removed]:
    """Write the copy, a second time where it was too long to be kept; what was left out on the way."""
    most = max(CLEAN_BYTES_FLOOR, CLEAN_BYTES_FACTOR * blocks.length) - SPARE_BYTES
    rehearsal = Rehearsal(max_bytes=most)
    milliseconds, inside = _copy(blocks, seen, into=rehearsal)
    with out.growing(
        role=PartRole.COPY,
        media_type=seen.target.video if any(seen.size) else seen.target.audio,
        width=seen.size[0],
        height=seen.size[1],
        milliseconds=milliseconds,
    ) as write:
        if rehearsal.whole is not None:
            write(memoryview(rehearsal.whole))
        else:
            performance = Performance(rehearsal, write)
            _copy(blocks, seen, into=performance)
            performance.check()
    return seen.removed | inside


def _copy(blocks: Blocks, seen: _Seen, *, into: Rehearsal | Performance) -> tuple[int, set[Removed]]:
    """One run: how long it plays in milliseconds, and what was left out of the streams themselves."""
    with _opened(blocks, seen.demuxer) as given:
        chosen = _chosen(given, seen.demuxer)
        options = {**_WRITING, **dict(seen.target.options)}
        with av.open(
            into,
            "w",
            format=seen.target.muxer,
            container_options=options,
            buffer_size=BUFFER_BYTES,
            io_open=_no_other_file,
        ) as made:
            start = max(given.start_time or 0, 0)
            tracks = {stream.index: Track(stream, made, start_microseconds=start) for stream in chosen}
            for packet in _packets(given, chosen, most=_most_packets(blocks)):
                tracks[packet.stream_index].take(packet)
            if all(track.is_empty for track in tracks.values()):
                raise NotCleaned(Reason.BROKEN)
    inside = {kind for track in tracks.values() for kind in track.kinds}
    return max(track.milliseconds for track in tracks.values()), inside


def _packets(given: InputContainer, chosen: Sequence[Stream], *, most: int) -> Iterator[av.Packet[Any]]:
    """In order, up to where the file breaks off."""
    count = 0
    packets = given.demux(list(chosen))
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            break
        except (av.error.MemoryError, av.error.PyAVCallbackError):
            raise
        except av.error.FFmpegError:
            break
        if packet.size:
            count += 1
            if count > most:
                raise NotCleaned(Reason.OVER_LIMITS)
            yield packet
    if count == 0:
        raise NotCleaned(Reason.BROKEN)


def _most_packets(blocks: Blocks) -> int:
    return min(MIN_PACKETS + blocks.length // BYTES_PER_PACKET, MAX_PACKETS)


@contextlib.contextmanager
def _opened(blocks: Blocks, demuxer: str) -> Iterator[InputContainer]:
    blocks.seek(0)
    with av.open(
        blocks,
        "r",
        format=demuxer,
        container_options=_READING,
        metadata_errors="ignore",
        buffer_size=BUFFER_BYTES,
        io_open=_no_other_file,
    ) as given:
        yield given


def _chosen(given: InputContainer, demuxer: str) -> list[Stream]:
    """Moving pictures and sound. A cover is a picture too, and stays behind.

    Sound of an unknown codec is left out where there is other sound; a film whose pictures cannot be taken
    over is not a film any more.
    """
    films = [one for one in given.streams.video if not one.disposition & Disposition.attached_pic]
    sounds = [one for one in given.streams.audio if target_for(demuxer, codecs={codec_of(one)})]
    streams: list[Stream] = [*films, *(sounds or given.streams.audio)]
    if not streams or len(streams) > MAX_STREAMS:
        raise NotCleaned(Reason.TYPE_NOT_CLEANED)
    return streams


def _no_other_file(*_asked: object) -> NoReturn:
    """A file that names other files gets none of them."""
    raise ValueError("no other file")

"""Recordings that tests make themselves: small films and sounds, with marks in every place they can lie in.

``film`` and ``sound`` give bytes; the coded sound and pictures carry none of ``MARKS`` but what the encoder
itself leaves there.
"""

from __future__ import annotations

import io
import math
import struct
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final

import av
from av.container import InputContainer, OutputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from tests.support.photographs import encoded

#: One word for each place; none of them is made of the others.
MARKS: Final = {
    "title": "Blorftitle",
    "artist": "Zhaomingtest",
    "comment": "Whistlecomment",
    "com.apple.quicktime.model": "Qorvex-9000",
    "location": "+31.2304+121.4737/",
    "creation_time": "2026-03-02T09:30:00.000000Z",
    "encoder": "Grommelsoft",
}
CHAPTER, ATTACHED, SAID, TRAILING = "Vexillumchapter", "Tailgateattached", "Kettlesaid", "Ottertrailing"
#: What x264, x265 and FFmpeg's AAC encoder write between what they encode.
ENCODERS: Final = ("x264 - core", "x265 (build", "Lavc")
RATE, WIDTH, HEIGHT = 25, 176, 144
SAMPLE_RATE, SAMPLES = 48_000, 1024


def film(
    muxer: str = "mp4",
    *,
    video: str = "libx264",
    audio: str | None = "aac",
    frames: int = 50,
    rotation: int = 0,
    extras: bool = True,
    still: bool = False,
    options: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
) -> bytes:
    """A film with sound. rotation: degrees against the clock.  extras: marks, chapters and other tracks.

    still: always the same picture, and silence.  options: the muxer's.  settings: the picture encoder's.
    """
    out = io.BytesIO()
    wanted = {"movflags": "use_metadata_tags"} if muxer == "mov" else {}
    with av.open(out, "w", format=muxer, container_options={**wanted, **(options or {})}) as made:
        pictures = made.add_stream(video, rate=RATE, options={"g": "10", **(settings or {})})
        assert isinstance(pictures, VideoStream)
        pictures.width, pictures.height, pictures.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        pictures.thread_count = 1
        if video == "mjpeg":
            pictures.pix_fmt = "yuvj420p"
        if rotation:
            pictures.set_display_rotation(rotation)
        heard = _add_sound(made, audio) if audio else None
        said = _said(made, muxer) if extras else None
        if extras:
            _mark(made, muxer)
        for number in range(frames):
            made.mux(pictures.encode(_frame(number, pictures.pix_fmt, moves=not still)))
        made.mux(pictures.encode(None))
        if heard is not None:
            _sing(made, heard, seconds=frames / RATE, is_silent=still)
        if said is not None:
            packet: av.Packet[Any] = av.Packet(struct.pack(">H", len(SAID)) + SAID.encode())
            packet.pts = packet.dts = 0
            packet.duration, packet.time_base, packet.stream = 1000, Fraction(1, 1000), said
            made.mux(packet)
    return out.getvalue() + (_trailer(muxer) if extras else b"")


def sound(muxer: str, codec: str, *, seconds: float = 1.0, cover: bool = False, extras: bool = True) -> bytes:
    """A sound with marks. cover: with a picture of the album, where the container has a place for it."""
    out = io.BytesIO()
    with av.open(out, "w", format=muxer) as made:
        heard = _add_sound(made, codec)
        album = made.add_stream("mjpeg", rate=1, width=64, height=48, pix_fmt="yuvj420p") if cover else None
        if album is not None:
            album.disposition = Disposition.attached_pic
        if extras:
            made.metadata.update({name: MARKS[name] for name in ("title", "artist", "comment")})
        if album is not None:
            made.start_encoding()
            packet: av.Packet[Any] = av.Packet(encoded("JPEG"))
            packet.pts = packet.dts = 0
            packet.time_base, packet.is_keyframe, packet.stream = Fraction(1, 1), True, album
            made.mux(packet)
        _sing(made, heard, seconds=seconds)
    return out.getvalue()


def long_film(*, hours: float) -> bytes:
    """A film of a still, silent room, made of the packets of two seconds over and over."""
    out = io.BytesIO()
    with (
        av.open(io.BytesIO(film(extras=False, still=True)), "r") as short,
        av.open(out, "w", format="mp4") as made,
    ):
        targets = {one.index: made.add_stream_from_template(one, opaque=True) for one in short.streams}
        base = {one.index: (one.time_base, one.type) for one in short.streams}
        packets = [(one.stream_index, bytes(one), one.pts, one.dts, one.is_keyframe) for one in short.demux()]
        packets = [one for one in packets if one[1]]
        length = Fraction(2)
        for turn in range(math.ceil(hours * 3600 / length)):
            for index, content, shown, decoded, is_key in packets:
                packet: av.Packet[Any] = av.Packet(content)
                time_base = base[index][0]
                assert time_base is not None
                later = int(turn * length / time_base)
                packet.pts, packet.dts = (shown or 0) + later, (decoded or 0) + later
                packet.time_base, packet.is_keyframe = time_base, is_key
                packet.duration = int(Fraction(1, RATE) / time_base) if base[index][1] == "video" else SAMPLES
                packet.stream = targets[index]
                made.mux_one(packet)
    return out.getvalue()


def marks_in(content: bytes) -> set[str]:
    """Names of the planted marks that can be found in these bytes, as text or as QuickTime's seconds."""
    known = {**MARKS, "chapter": CHAPTER, "attached": ATTACHED, "said": SAID, "trailing": TRAILING}
    found = {name for name, mark in known.items() if mark.encode() in content}
    found |= {name for name, mark in known.items() if mark.encode("utf-16-le") in content}
    found |= {name for name in ENCODERS if name.encode() in content}
    seconds = 1_772_443_800 + 2_082_844_800
    return found | ({"creation_time"} if struct.pack(">I", seconds) in content else set())


def opened(content: bytes, muxer: str | None = None) -> InputContainer:
    """To read a recording with."""
    return av.open(io.BytesIO(content), "r", format=muxer, metadata_errors="replace")


def _add_sound(made: OutputContainer, codec: str) -> Any:
    is_narrow, is_own = codec == "libopencore_amrnb", codec == "vorbis"
    return made.add_stream(
        codec,
        rate=8000 if is_narrow else SAMPLE_RATE,
        layout="stereo" if is_own else "mono",
        options={"strict": "experimental"} if is_own else {},
    )


def _mark(made: OutputContainer, muxer: str) -> None:
    made.metadata.update(MARKS)
    if muxer in ("mp4", "mov", "matroska"):
        chapter = {"id": 1, "start": 0, "end": 1000, "time_base": Fraction(1, 1000)}
        made.set_chapters([{**chapter, "metadata": {"title": CHAPTER}}])  # type: ignore[typeddict-item]  # a dict spread is no TypedDict
    if muxer == "matroska":
        made.add_attachment("notes.txt", "text/plain", ATTACHED.encode())


def _said(made: OutputContainer, muxer: str) -> Any:
    """A track beside sound and picture."""
    if muxer in ("mp4", "mov"):
        return made.add_mux_stream("mov_text")
    if muxer == "mpegts":
        return made.add_data_stream("klv")
    return None


def _frame(number: int, form: str, *, moves: bool) -> av.VideoFrame:
    frame = av.VideoFrame(WIDTH, HEIGHT, form)
    for place, plane in enumerate(frame.planes):
        row = bytes((number * 5 * moves + column * (place + 1)) % 200 for column in range(plane.line_size))
        plane.update(row * (plane.buffer_size // plane.line_size))
    frame.pts, frame.time_base = number, Fraction(1, RATE)
    return frame


def _sing(made: OutputContainer, heard: Any, *, seconds: float, is_silent: bool = False) -> None:
    made.start_encoding()
    form, rate = heard.codec_context.format.name, heard.codec_context.rate
    wave = [math.sin(number / 9) for number in range(SAMPLES)]
    content = {
        "s32": bytes(8),
        "s16": b"".join(struct.pack("<h", int(9000 * one)) for one in wave),
        "flt": b"".join(struct.pack("<f", one / 4) for one in wave),
    }
    size = heard.codec_context.frame_size or SAMPLES
    for number in range(int(seconds * rate / size)):
        frame = av.AudioFrame(format=form, layout=heard.codec_context.layout.name, samples=size)
        one = bytes(8) if is_silent else content[form[:3]]
        for plane in frame.planes:
            plane.update((one * (1 + plane.buffer_size // len(one)))[: plane.buffer_size])
        frame.sample_rate, frame.pts, frame.time_base = rate, number * size, Fraction(1, rate)
        made.mux(heard.encode(frame))
    made.mux(heard.encode(None))


def _trailer(muxer: str) -> bytes:
    """Bytes behind the end that a reader of the container never looks at."""
    if muxer in ("mp4", "mov"):
        return struct.pack(">I4s", 8 + len(TRAILING), b"free") + TRAILING.encode()
    return b""

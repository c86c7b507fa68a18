"""The picture that stands for a film: its first that can be decoded, upright and small.

Runs in the limited child, on one thread. A film without such a picture has none. Must not know: reports.
"""

from __future__ import annotations

import math
from typing import Final

import av.error
from av.codec.context import ThreadType
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from verification.jobs.cleaning.pixels import SCREEN_SIDE

MAX_PIXELS: Final = 36_000_000
#: So many packets are looked at for a picture to show.
MAX_PACKETS: Final = 120
#: Pixels that are not square are at most so much wider than high, or higher than wide.
MAX_STRETCH: Final = 4

_TURNS: Final = {
    90: Image.Transpose.ROTATE_90,
    -180: Image.Transpose.ROTATE_180,
    180: Image.Transpose.ROTATE_180,
    -90: Image.Transpose.ROTATE_270,
}


def first_picture(given: InputContainer, stream: VideoStream) -> tuple[Image.Image | None, bool]:
    """The picture, at most as large as a screen, and whether the film is shown lying on its side.

    None where none is found among the first packets.
    """
    context = stream.codec_context
    if not 0 < context.width * context.height <= MAX_PIXELS:
        return None, False
    context.thread_count, context.thread_type = 1, ThreadType.NONE
    context.options = {"max_pixels": str(MAX_PIXELS)}
    for count, packet in enumerate(given.demux(stream)):
        try:
            frames = stream.decode(packet)
        except av.error.InvalidDataError:
            frames = []
        if frames:
            return _upright(frames[0], stretch=_stretch(stream)), abs(frames[0].rotation) == 90
        if count > MAX_PACKETS:
            break
    return None, False


def _stretch(stream: VideoStream) -> float:
    ratio = stream.sample_aspect_ratio
    return min(max(float(ratio), 1 / MAX_STRETCH), MAX_STRETCH) if ratio else 1.0


def _upright(frame: VideoFrame, *, stretch: float) -> Image.Image:
    width, height = frame.width * stretch, float(frame.height)
    factor = min(SCREEN_SIDE / max(width, height), 1.0)
    small = frame.reformat(
        width=max(math.floor(width * factor), 1), height=max(math.floor(height * factor), 1), format="rgb24"
    )
    picture = small.to_image()  # type: ignore[no-untyped-call]  # untyped in PyAV
    assert isinstance(picture, Image.Image)
    turn = _TURNS.get(frame.rotation)
    return picture.transpose(turn) if turn is not None else picture

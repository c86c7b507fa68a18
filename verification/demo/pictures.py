"""Files that people of the demo attach: photographs with position, device, time and comment in them; a voice.

Owns: which traces a phone leaves in a picture, so that there is something for cleaning to take out. Drawn in
processes of their own. Must not know: who attaches them, sealing.
"""

from __future__ import annotations

import io
import math
import random
import struct
import wave
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import date, datetime, time

from PIL import ExifTags, Image

from verification.demo.scenes import SCENES, paint

#: Positions of the county's towns; nothing there is real but the coordinates' form.
POSITIONS = {
    "chengguan": (31.0421, 111.1038), "hedong": (31.0467, 111.1182), "yunling": (31.1514, 110.9823),
    "baisha": (30.9532, 111.2011), "liulin": (31.0875, 111.2247), "shiqiao": (31.1128, 111.0415),
    "qingxi": (31.1836, 111.1359), "beihu": (30.9127, 111.0746), "qingshan": (31.2418, 111.0092),
    "nanping": (30.8865, 111.1563), "kaifaqu": (31.0246, 111.1590),
}  # fmt: skip
PHONES = (("HUAWEI", "ALN-AL10"), ("Xiaomi", "23049RAD8C"), ("OPPO", "PHM110"), ("vivo", "V2244A"))
#: Scenes that somebody would film with the phone's flat scanner: no position in them.
INDOORS = {"sheet", "forms", "receipt", "iou", "attendance", "letter", "permit", "scan", "phone"}
VOICE = "voice"
VOICE_SECONDS, VOICE_RATE = 6, 8000


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture to take: what, which of its kind, when, where and with what comment."""

    scene: str
    seed: int
    taken_at: datetime
    town: str
    comment: str

    @property
    def file_name(self) -> str:
        """What the phone calls it."""
        if self.scene == VOICE:
            return f"录音_{self.taken_at:%Y%m%d}.wav"
        if self.scene in INDOORS:
            return f"扫描件_{self.taken_at:%m%d}_{self.seed:03d}.jpg"
        return f"IMG_{self.taken_at:%Y%m%d_%H%M%S}.jpg"

    @property
    def media_type(self) -> str:
        """What the browser says it is."""
        return "audio/wav" if self.scene == VOICE else "image/jpeg"


class Album:
    """Pictures that stories ask for; they are taken while the first ones are already in use."""

    def __init__(self) -> None:
        self._shots: list[Shot] = []
        self._coming: list[Future[bytes]] = []

    def ask(self, scene: str, *, day: date, town: str, comment: str) -> int:
        """Ask for a picture of that day; returns its number. ValueError for a scene that there is not."""
        if scene not in SCENES and scene != VOICE:
            raise ValueError(f"no such scene: {scene}")
        seed = len(self._shots)
        taken_at = datetime.combine(day, time(7 + seed * 5 % 12, seed * 17 % 60, seed * 29 % 60))
        self._shots.append(Shot(scene, seed, taken_at, town, comment))
        return seed

    def take_all(self, *, pool: Executor) -> None:
        """Begin to take everything that was asked for, the oldest first."""
        by_day = sorted(self._shots, key=lambda shot: shot.taken_at)
        coming = {shot.seed: pool.submit(take, shot) for shot in by_day}
        self._coming = [coming[shot.seed] for shot in self._shots]

    def __getitem__(self, number: int) -> tuple[Shot, bytes]:
        """A picture and its bytes, waited for if need be."""
        return self._shots[number], self._coming[number].result()

    def __len__(self) -> int:
        return len(self._shots)


def take(shot: Shot) -> bytes:
    """One file: a JPEG with everything a phone writes into it, or a short WAV."""
    if shot.scene == VOICE:
        return _voice(shot)
    image, out = paint(shot.scene, seed=shot.seed), io.BytesIO()
    image.save(out, "JPEG", quality=82, exif=_exif(shot), comment=shot.comment.encode())
    return out.getvalue()


def _exif(shot: Shot) -> Image.Exif:
    make, model = PHONES[shot.seed % len(PHONES)]
    moment = shot.taken_at.strftime("%Y:%m:%d %H:%M:%S")
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = make
    exif[ExifTags.Base.Model] = model
    exif[ExifTags.Base.Software] = f"{model} 14.0.0"
    exif[ExifTags.Base.DateTime] = moment
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = moment
    details[ExifTags.Base.UserComment] = b"UNICODE\0" + shot.comment.encode("utf-16-be")
    if shot.scene not in INDOORS:
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(_position(shot))
    return exif


def _position(shot: Shot) -> dict[int, object]:
    rng = random.Random(shot.seed)  # noqa: S311  # a made-up place
    latitude, longitude = POSITIONS.get(shot.town, POSITIONS["chengguan"])
    tags = ExifTags.GPS
    return {
        tags.GPSLatitudeRef: "N",
        tags.GPSLatitude: _degrees(latitude + rng.uniform(-0.004, 0.004)),
        tags.GPSLongitudeRef: "E",
        tags.GPSLongitude: _degrees(longitude + rng.uniform(-0.004, 0.004)),
        tags.GPSDateStamp: shot.taken_at.strftime("%Y:%m:%d"),
    }


def _degrees(value: float) -> tuple[float, float, float]:
    whole, rest = int(value), (value - int(value)) * 60
    return float(whole), float(int(rest)), round((rest - int(rest)) * 60, 3)


def _voice(shot: Shot) -> bytes:
    """A few seconds of a humming voice, loud and soft by turns."""
    rng, out = random.Random(shot.seed), io.BytesIO()  # noqa: S311  # a sound, not a secret
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(VOICE_RATE)
        pitch = rng.uniform(120, 180)
        for index in range(VOICE_SECONDS * VOICE_RATE):
            second = index / VOICE_RATE
            loud = 0.3 + 0.3 * math.sin(second * 7.0) * math.sin(second * 1.3)
            tone = math.sin(2 * math.pi * (pitch + 12 * math.sin(second * 3)) * second)
            file.writeframesraw(struct.pack("<h", int(9000 * loud * tone)))
    return out.getvalue()

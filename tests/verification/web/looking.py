"""Files of every kind that were sent with a tip and cleaned, for tests of looking at them."""

from __future__ import annotations

import io
import uuid
import wave
from dataclasses import dataclass
from pathlib import Path

import av
from PIL import Image
from sqlalchemy import select

from portal.models import Attachment, StoredFile
from tests.support.desk import Desk
from tests.support.documents import pdf_of, zip_of
from tests.support.jobs import make_bench, outbox
from tests.support.photographs import photograph
from tests.verification.web.tips import send
from verification.jobs.clean_file import clean_file
from verification.jobs.cleaning.cleaner import Cleaner
from verification.jobs.running import Work


@dataclass(frozen=True)
class Sent:
    """A tip and its files, by name."""

    tip_id: uuid.UUID
    originals: dict[str, bytes]
    stored: dict[str, StoredFile]

    def view(self, name: str) -> str:
        """The address of its viewer."""
        return f"/files/{self.stored[name].object_id}/view"


def send_cleaned(desk: Desk, files: dict[str, bytes], *, cleaner: Cleaner, folder: Path) -> Sent:
    """A tip with these files, each cleaned in a confined child."""
    bench = make_bench(desk.office, cleaner=cleaner, folder=folder / "cleaner")
    tip_id = send(desk, list(files.items()))
    for row in outbox(desk.office):
        if row.topic.value == "clean-file":
            clean_file(Work(row.id, row.topic, row.subject_id, attempts=1), bench)
    with desk.office.database.read() as session:
        rows = session.scalars(
            select(StoredFile)
            .join(Attachment, Attachment.object_id == StoredFile.object_id)
            .where(Attachment.tip_id == tip_id)
            .order_by(Attachment.ordinal)
        ).all()
        return Sent(tip_id, files, dict(zip(files, rows, strict=True)))


def sound_of(seconds: float, *, title: str = "") -> bytes:
    """A WAV of silence."""
    out = io.BytesIO()
    with wave.open(out, "wb") as writing:
        writing.setparams((1, 2, 8000, 0, "NONE", ""))
        writing.writeframes(bytes(int(16_000 * seconds)))
    if not title:
        return out.getvalue()
    tagged = io.BytesIO()
    with (
        av.open(io.BytesIO(out.getvalue()), "r", format="wav") as given,
        av.open(tagged, "w", format="wav") as made,
    ):
        made.metadata["title"] = title
        target = made.add_stream_from_template(given.streams.audio[0])
        for packet in given.demux(given.streams.audio[0]):
            if packet.size:
                packet.stream = target
                made.mux(packet)
    return tagged.getvalue()


def film_of(frames: int, **metadata: str) -> bytes:
    """An MP4 of so many pictures, ten a second."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4", options={"movflags": "use_metadata_tags"}) as container:
        container.metadata.update(metadata)
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number in range(frames):
            shade = Image.new("RGB", (160, 120), (number % 256, 90, 30))
            container.mux(stream.encode(av.VideoFrame.from_image(shade)))  # type: ignore[no-untyped-call]  # untyped in PyAV
        container.mux(stream.encode(None))
    return out.getvalue()


def one_of_each() -> dict[str, bytes]:
    """A picture, a document of three pages, sound, film, text, an archive, and something else."""
    return {
        "门前的路.jpg": photograph(),
        "合同.pdf": pdf_of(3),
        "录音.wav": sound_of(1.0),
        "现场.mp4": film_of(20),
        "说明.txt": "路坏了半年。\n没有人修。".encode(),
        "材料.zip": zip_of({"照片/1.jpg": b"x" * 300}),
        "图.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    }

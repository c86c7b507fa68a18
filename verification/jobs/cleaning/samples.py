"""A tiny file of each kind, made in memory: what the zygote cleans once before it takes any work.

A confined child can open no file, so whatever a decoder loads late has to be loaded before. Must not know:
cleaners, children.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import wave
import zipfile

import av
from PIL import Image

from verification.jobs.cleaning.image_pdf import ImagePdf


def samples() -> list[bytes]:
    """One of each kind, and some that break off: what a cleaner does then is loaded too."""
    return [*_pictures(), *_documents(), *_others(), *_recordings()]


def _recordings() -> list[bytes]:
    sound = io.BytesIO()
    with wave.open(sound, "wb") as writing:
        writing.setparams((1, 2, 8000, 0, "NONE", ""))
        writing.writeframes(bytes(800))
    film = io.BytesIO()
    with av.open(film, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        container.metadata["title"] = "warm-up"
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        stream.thread_count = 1
        for _ in range(3):
            frame = av.VideoFrame(32, 32, "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return [each.getvalue()[:cut] for each in (sound, film) for cut in (None, -60)]


def _others() -> list[bytes]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writing:
        for name in ("名.txt", "a.txt"):
            writing.writestr(name, "warm-up")
    tarball = io.BytesIO()
    with tarfile.open(fileobj=tarball, mode="w") as packing:
        packing.addfile(tarfile.TarInfo("a.txt"))
    plain = tarball.getvalue()
    packed = [plain, gzip.compress(plain), bz2.compress(plain), lzma.compress(plain), gzip.compress(b"")]
    return [*packed, archive.getvalue(), "线索".encode("gb18030"), "线索".encode("utf-16"), "线索".encode()]


def _documents() -> list[bytes]:
    picture, written = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (40, 30)).save(picture, "JPEG")
    pdf = ImagePdf(written.write)
    pdf.page(picture.getvalue(), width=40, height=30, points=(40, 30), grey=False)
    pdf.finish()
    return [written.getvalue(), written.getvalue()[:300]]


def _pictures() -> list[bytes]:
    exif = Image.Exif()
    exif[0x0112], exif[0x0131] = 6, "warm-up"
    exif.get_ifd(0x8825)[1] = "N"
    samples = []
    for name in ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP", "MPO", "AVIF", "HEIF"):
        for frames in (1, 2):
            out = io.BytesIO()
            picture = Image.new("RGB", (40, 30), (10, 20, 30))
            more = {"save_all": True, "append_images": [Image.new("RGB", (40, 30))]} if frames == 2 else {}
            if name in ("BMP", "JPEG") and frames == 2:
                continue
            kept = {} if name in ("GIF", "BMP") else {"exif": exif}
            picture.save(out, name, **more, **kept)
            samples += [out.getvalue(), out.getvalue()[:-60]]
    return samples

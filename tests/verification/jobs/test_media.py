"""Clean recordings: what goes, what stays, byte for byte, and how they play."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from av.stream import Disposition

from tests.support.cleaning import Made, cleaned
from tests.support.recordings import (
    ATTACHED,
    HEIGHT,
    RATE,
    WIDTH,
    film,
    marks_in,
    opened,
    sound,
)
from verification.clean_report import FileType, PartRole, Reason, Removed
from verification.jobs.cleaning import media, rewrites
from verification.jobs.cleaning.output import NotCleaned

pytestmark = pytest.mark.slow

QUIET = {"x265-params": "log-level=none:pools=none"}
#: What the generator makes, and the media type it comes back as.
FILMS: dict[str, tuple[Callable[[], bytes], str]] = {
    "mp4, H.264": (lambda: film("mp4"), "video/mp4"),
    "mp4, AV1": (lambda: film("mp4", video="libsvtav1"), "video/mp4"),
    "mp4, MPEG-4": (lambda: film("mp4", video="mpeg4"), "video/mp4"),
    "mov, H.264": (lambda: film("mov"), "video/mp4"),
    "mov, H.265 and PCM": (
        lambda: film("mov", video="libx265", audio="pcm_s16le", settings=QUIET), "video/mp4",
    ),
    "mkv, H.264": (lambda: film("matroska"), "video/mp4"),
    "mkv, H.265 and Vorbis": (
        lambda: film("matroska", video="libx265", audio="vorbis", settings=QUIET), "video/x-matroska",
    ),
    "webm, VP8 and Vorbis": (lambda: film("matroska", video="libvpx", audio="vorbis"), "video/webm"),
    "webm, VP9 and Opus": (lambda: film("webm", video="libvpx-vp9", audio="libopus"), "video/webm"),
    "ts, H.264": (lambda: film("mpegts"), "video/mp4"),
    "ts, MPEG-2 and AC-3": (lambda: film("mpegts", video="mpeg2video", audio="ac3"), "video/mp4"),
    "avi, MPEG-4 and MP3": (lambda: film("avi", video="mpeg4", audio="libmp3lame"), "video/mp4"),
    "avi, JPEG and PCM": (lambda: film("avi", video="mjpeg", audio="pcm_s16le"), "video/mp4"),
    "3gp, H.263 and AMR": (
        lambda: film("3gp", video="h263", audio="libopencore_amrnb"), "video/3gpp",
    ),
}  # fmt: skip
SOUNDS: dict[str, tuple[Callable[[], bytes], str]] = {
    "mp3": (lambda: sound("mp3", "libmp3lame", cover=True), "audio/mpeg"),
    "m4a": (lambda: sound("ipod", "aac"), "audio/mp4"),
    "mp4 with a cover": (lambda: sound("mp4", "aac", cover=True), "audio/mp4"),
    "aac": (lambda: sound("adts", "aac"), "audio/mp4"),
    "alac": (lambda: sound("mp4", "alac"), "audio/mp4"),
    "wav": (lambda: sound("wav", "pcm_s16le"), "audio/wav"),
    "flac": (lambda: sound("flac", "flac", cover=True), "audio/flac"),
    "ogg, Opus": (lambda: sound("ogg", "libopus"), "audio/ogg"),
    "ogg, Vorbis": (lambda: sound("ogg", "vorbis"), "audio/ogg"),
    "ogg, FLAC": (lambda: sound("ogg", "flac"), "audio/ogg"),
    "amr": (lambda: sound("amr", "libopencore_amrnb"), "audio/amr"),
}
#: Groups of ExifTool's that say how a file is built. Every other is somebody's metadata.
STRUCTURE = frozenset({"ExifTool", "System", "File", "QuickTime", "Track1", "Track2", "RIFF", "MPEG", "FLAC",
                       "Matroska", "Info", "Composite", "Opus", "Vorbis", "AAC"})  # fmt: skip
#: Names in those groups that would be metadata all the same.
TELLING = ("Date", "Author", "Artist", "Title", "Comment", "GPS", "Make", "Model", "Software", "EncodedBy",
           "EncodingTool", "EncoderName", "Chapter", "Location", "Attached")  # fmt: skip


def decoded(content: bytes) -> dict[str, list[str]]:
    """A hash of every picture and of every frame of sound, decoded; a cover is not looked at."""
    pictures, heard = [], []
    with opened(content) as given:
        films = [one for one in given.streams.video if not one.disposition & Disposition.attached_pic]
        for frame in given.decode(*films, *given.streams.audio[:1]):
            if isinstance(frame, av.VideoFrame):
                pictures.append(hashlib.blake2b(seen(frame)).hexdigest())
            elif isinstance(frame, av.AudioFrame):
                heard.append(hashlib.blake2b(sounding(frame)).hexdigest())
    return {"pictures": pictures, "sound": heard}


def seen(frame: av.VideoFrame) -> bytes:
    """The pixels alone: what pads a row is whatever lay there."""
    rows = []
    for plane in frame.planes:
        content, step = bytes(plane), plane.line_size
        rows += [content[at : at + plane.width] for at in range(0, plane.height * step, step)]
    return b"".join(rows)


def sounding(frame: av.AudioFrame) -> bytes:
    """The samples alone."""
    channels = 1 if frame.format.is_planar else len(frame.layout.channels)
    return b"".join(bytes(plane)[: frame.samples * frame.format.bytes * channels] for plane in frame.planes)


def coded(content: bytes, kind: str) -> list[bytes]:
    """The packets of the first stream of a kind."""
    with opened(content) as given:
        return [bytes(one) for one in given.demux(**{kind: 0}) if one.size]


def assert_same(clean: Made, original: bytes) -> None:
    """Decoded alike. By LAME's header and FAAC's name, which go, a player knows of milliseconds to skip."""
    if clean.copy.media_type == "audio/mpeg":
        assert coded(clean.encoded, "audio") == coded(original, "audio")
        return
    before, after = decoded(original), decoded(clean.encoded)
    assert after["pictures"] == before["pictures"]
    assert before["sound"]
    assert after["sound"][-len(before["sound"]) :] == before["sound"]
    assert len(after["sound"]) - len(before["sound"]) <= (b"libfaac" in original)


@pytest.mark.parametrize(("make", "media_type"), [*FILMS.values(), *SOUNDS.values()], ids=[*FILMS, *SOUNDS])
def test_recording_loses_every_mark_and_stays_the_same_to_eye_and_ear(
    make: Callable[[], bytes], media_type: str
) -> None:
    original = make()
    clean = cleaned(original)
    assert marks_in(clean.content) == set()
    assert clean.copy.media_type == media_type
    assert_same(clean, original)
    with opened(clean.encoded) as given:
        assert set(given.metadata) <= {"major_brand", "minor_version", "compatible_brands", "encoder"}
        assert given.metadata.get("encoder", "Lavf") == "Lavf"  # Matroska has to name what wrote it
        assert given.chapters() == []
        assert {stream.type for stream in given.streams} <= {"video", "audio"}
        told = [set(stream.metadata) for stream in given.streams]
    assert set().union(*told) <= {"language", "handler_name", "vendor_id", "DURATION"}


@pytest.mark.parametrize("name", ["mov, H.264", "mkv, H.264", "ts, H.264", "mp4, H.264"])
def test_marks_are_in_the_original(name: str) -> None:
    """Else their absence from the copy would say nothing."""
    expected = {
        "mov, H.264": {"title", "artist", "comment", "com.apple.quicktime.model", "location", "creation_time",
                       "chapter", "said", "trailing", "x264 - core", "Lavc"},
        "mkv, H.264": {"title", "artist", "comment", "com.apple.quicktime.model", "location", "chapter",
                       "attached", "x264 - core", "Lavc"},
        "ts, H.264": {"title", "said", "x264 - core", "Lavc"},
        "mp4, H.264": {"title", "artist", "comment", "creation_time", "chapter", "said", "trailing",
                       "x264 - core", "Lavc"},
    }  # fmt: skip
    assert marks_in(FILMS[name][0]()) == expected[name]


def test_film_of_a_telephone_names_every_kind_removed() -> None:
    assert set(cleaned(film("mov")).removed) == {
        Removed.POSITION, Removed.DEVICE, Removed.TIME, Removed.AUTHOR, Removed.COMMENTS, Removed.SOFTWARE,
        Removed.EMBEDDED,
    }  # fmt: skip
    assert Removed.EMBEDDED in cleaned(film("matroska")).removed
    assert Removed.THUMBNAIL in cleaned(sound("mp3", "libmp3lame", cover=True)).removed


def test_film_with_nothing_names_nothing_but_its_encoder() -> None:
    assert cleaned(film("mp4", video="mpeg2video", extras=False)).removed == (Removed.SOFTWARE,)
    assert cleaned(sound("adts", "aac", extras=False)).removed == ()


def test_packets_of_a_film_without_marks_are_carried_over_byte_for_byte() -> None:
    original = film("mp4", video="mpeg2video", audio="libmp3lame", extras=False)
    clean = cleaned(original)
    assert coded(clean.encoded, "video") == coded(original, "video")
    assert coded(clean.encoded, "audio") == coded(original, "audio")


@pytest.mark.parametrize("name", [*FILMS])
def test_film_can_be_seeked(name: str) -> None:
    clean = cleaned(FILMS[name][0]())
    with opened(clean.encoded) as given:
        pictures = given.streams.video[0]
        assert given.duration is not None
        given.seek(given.duration // 2)
        frame = next(given.decode(pictures))
        assert frame.time is not None
        assert 0.2 < frame.time < 1.3


@pytest.mark.parametrize("rotation", [90, -90, 180])
def test_film_stays_upright_and_so_does_its_poster(rotation: int) -> None:
    clean = cleaned(film("mov", rotation=rotation))
    with opened(clean.encoded) as given:
        frame = next(given.decode(video=0))
        assert abs(frame.rotation) == abs(rotation)
        assert abs(rotation) == 180 or frame.rotation == rotation
    poster = next(part for part in clean.parts if part.role is PartRole.SCREEN)
    shown = (WIDTH, HEIGHT) if abs(rotation) == 180 else (HEIGHT, WIDTH)
    assert (clean.copy.width, clean.copy.height) == (poster.width, poster.height) == shown


def test_film_says_how_long_it_plays_and_has_a_thumbnail() -> None:
    clean = cleaned(film("mp4", frames=3 * RATE))
    assert abs(clean.copy.milliseconds - 3000) < 60
    assert clean.outcome.thumbnail.startswith(b"\xff\xd8\xff")
    assert clean.outcome.thumbnail != b""
    assert cleaned(sound("wav", "pcm_s16le")).outcome.thumbnail == b""


def test_film_of_too_many_pixels_has_no_poster_but_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verification.jobs.cleaning.media_poster.MAX_PIXELS", WIDTH * HEIGHT - 1)
    clean = cleaned(film("mp4"))
    assert (clean.outcome.thumbnail, [part.role for part in clean.parts]) == (b"", [PartRole.COPY])


def test_film_too_long_to_be_kept_is_written_forward_in_two_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    for muxer, video in (("mov", "libx264"), ("matroska", "libvpx")):
        original = film(muxer, video=video, audio="libopus" if video == "libvpx" else "aac")
        kept = cleaned(original)
        with monkeypatch.context() as patch:
            patch.setattr(rewrites, "KEPT_BYTES", 1000)
            assert cleaned(original).content == kept.content


def test_film_of_more_packets_than_fit_is_original_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MIN_PACKETS", 50)
    for muxer in ("mp4", "mpegts"):
        with pytest.raises(NotCleaned, match=Reason.OVER_LIMITS):
            cleaned(film(muxer))


def test_encrypted_film_says_so() -> None:
    key = {
        "encryption_scheme": "cenc-aes-ctr",
        "encryption_key": "76a6c65c5ea762046bd749a2e632ccbb",
        "encryption_kid": "a7e61c373e219033c21091fa607bf3b8",
    }
    with pytest.raises(NotCleaned, match=Reason.ENCRYPTED):
        cleaned(film("mp4", extras=False, options=key))


def test_film_that_breaks_off_is_kept_as_far_as_it_goes() -> None:
    original = film("matroska", frames=100)
    whole, part = cleaned(original), cleaned(original[: len(original) * 2 // 3])
    assert 1000 < part.copy.milliseconds < whole.copy.milliseconds


@pytest.mark.parametrize(
    "content",
    [
        film("mp4")[:4000],
        b"\x1aE\xdf\xa3" + bytes(400),
        b"ID3\x04\x00\x00\x00\x00\x00\x05" + bytes(90),
        b"ID3\x04\x00\x00\x00\x00\x00\x05" + sound("wav", "pcm_s16le"),
    ],
    ids=["mp4 without its index", "mkv of zeros", "tag with nothing behind it", "no frame in all of it"],
)
def test_broken_recording_is_refused_as_broken(content: bytes) -> None:
    with pytest.raises(NotCleaned, match=Reason.BROKEN):
        cleaned(content)


def test_playlist_that_names_other_files_is_no_recording(tmp_path: Path) -> None:
    """FFmpeg alone would open what a playlist names; here its reader of playlists is never asked."""
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(film("mp4", extras=False))
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{secret}\n#EXT-X-ENDLIST\n".encode()
    concat = b"ffconcat version 1.0\nfile " + str(secret).encode()
    with av.open(io.BytesIO(concat), "r", format="concat", options={"safe": "0"}) as given:
        assert next(given.decode(video=0)).width == WIDTH
    for content in (playlist, concat):
        for file_type in (FileType.VIDEO, FileType.AUDIO):
            with pytest.raises(NotCleaned, match=Reason.TYPE_NOT_CLEANED):
                cleaned(content, file_type=file_type)


def test_shared_recordings_lose_their_marks(shared_attachments: Path) -> None:
    for name, marks in (
        ("dirty.mp3", (b"jvoisin", b"MAT !", b"LAME3.99r")),
        ("dirty.mp4", (b"HandBrake", b"Stereo", b"JVT/AVC", b"libfaac")),
        ("dirty.wav", (b"jvoisin", b"Zomg")),
    ):
        original = (shared_attachments / "documents" / name).read_bytes()
        assert all(mark in original for mark in marks)
        clean = cleaned(original)
        assert not any(mark in clean.content for mark in marks)
        assert_same(clean, original)
        assert set(clean.removed) - {Removed.OTHER}


def test_another_reader_finds_no_metadata_in_any_copy(tmp_path: Path, shared_attachments: Path) -> None:
    """FFmpeg wrote the copies; ExifTool, where a machine has it, reads them with parsers of its own."""
    exiftool = shutil.which("exiftool")
    if exiftool is None:
        return
    made: dict[str, bytes] = {name: make() for name, (make, _type) in {**FILMS, **SOUNDS}.items()}
    for path in (shared_attachments / "documents").iterdir():
        if path.suffix in (".mp3", ".mp4", ".wav"):
            made[path.name] = path.read_bytes()
    for number, content in enumerate(made.values()):
        clean = cleaned(content)
        write(tmp_path / "before", number, content, suffix_of(clean))
        write(tmp_path / "after", number, clean.encoded, suffix_of(clean))
    assert telling(exiftool, tmp_path / "after") == set()
    assert len(telling(exiftool, tmp_path / "before")) > 30


def suffix_of(clean: Made) -> str:
    return {"audio/mpeg": "mp3", "video/x-matroska": "mkv", "video/3gpp": "3gp"}.get(
        clean.copy.media_type, clean.copy.media_type.split("/")[1]
    )


def write(folder: Path, number: int, content: bytes, suffix: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{number}.{suffix}").write_bytes(content)


def telling(exiftool: str, folder: Path) -> set[str]:
    """What ExifTool finds in a folder that says more than how a file is built."""
    said = subprocess.run(
        (exiftool, "-a", "-G1", "-j", "-q", "-q", str(folder)), capture_output=True, text=True, check=False
    )
    found = set()
    for file in json.loads(said.stdout):
        for name, value in file.items():
            group, _, tag = name.rpartition(":")
            is_empty = str(value).startswith("0000:00:00") or value == ""
            if group in ("System", "ExifTool", "File", "") or is_empty:
                continue
            if group not in STRUCTURE or any(word in tag for word in TELLING):
                found.add(f"{name}={value}")
    return found


def test_attachment_is_gone_from_the_copy_and_was_there() -> None:
    original = film("matroska")
    assert ATTACHED.encode() in original
    with opened(original) as given, opened(cleaned(original).encoded) as made:
        assert "attachment" in {stream.type for stream in given.streams}
        assert "attachment" not in {stream.type for stream in made.streams}

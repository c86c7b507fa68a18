"""Recordings in the real confined child: nothing kills it, and what it uses is bounded."""

from __future__ import annotations

import io
import random
import time
from collections.abc import Callable

import pytest

from portal.crypto.recipients import PrivateKey
from tests.support.confined import Answer, confined
from tests.support.recordings import film, long_film, marks_in, opened, sound
from verification.clean_report import FileType, PartRole, Reason
from verification.jobs.cleaning.cleaner import Cleaner

pytestmark = pytest.mark.slow

QUIET = {"x265-params": "log-level=none:pools=none"}
#: Few of each, since every mutated file goes through a child of its own.
MUTATED, SEED = 400, 20_261_123
SHORT = 10
MIB = 1024 * 1024

#: One of each container and codec that differs in what is loaded or written.
KINDS: dict[str, Callable[[], bytes]] = {
    "mp4": lambda: film("mp4", frames=SHORT),
    "mov": lambda: film("mov", frames=SHORT, video="libx265", audio="pcm_s16le", rotation=90, settings=QUIET),
    "mkv": lambda: film("matroska", frames=SHORT, video="libvpx", audio="vorbis"),
    "webm": lambda: film("webm", frames=SHORT, video="libvpx-vp9", audio="libopus"),
    "av1": lambda: film("mp4", frames=SHORT, video="libsvtav1"),
    "ts": lambda: film("mpegts", frames=SHORT, video="mpeg2video", audio="ac3"),
    "avi": lambda: film("avi", frames=SHORT, video="mjpeg", audio="pcm_s16le"),
    "avi, MPEG-4": lambda: film("avi", frames=SHORT, video="mpeg4", audio="libmp3lame"),
    "3gp": lambda: film("3gp", frames=SHORT, video="h263", audio="libopencore_amrnb"),
    "mp3": lambda: sound("mp3", "libmp3lame", seconds=0.5, cover=True),
    "aac": lambda: sound("adts", "aac", seconds=0.5),
    "alac": lambda: sound("mp4", "alac", seconds=0.5),
    "wav": lambda: sound("wav", "pcm_s16le", seconds=0.5),
    "flac": lambda: sound("flac", "flac", seconds=0.5, cover=True),
    "ogg": lambda: sound("ogg", "libopus", seconds=0.5),
    "amr": lambda: sound("amr", "libopencore_amrnb", seconds=0.5),
}


@pytest.fixture(scope="module")
def originals() -> dict[str, bytes]:
    return {name: make() for name, make in KINDS.items()}


@pytest.fixture(scope="module")
def private() -> PrivateKey:
    return PrivateKey.generate()


@pytest.mark.parametrize("name", KINDS)
def test_confined_child_cleans_each_kind(
    name: str, originals: dict[str, bytes], cleaner: Cleaner, private: PrivateKey
) -> None:
    answer = confined(cleaner, originals[name], private=private)
    assert answer.report.reason is None
    assert answer.report.file_type in (FileType.VIDEO, FileType.AUDIO)
    assert marks_in(answer.content) == set()
    with opened(answer.encoded) as given:
        assert sum(1 for _ in given.decode(*given.streams.audio)) > 3
    is_film = answer.report.parts[0].width > 0
    assert bool(answer.report.thumbnail) is is_film
    assert [part.role for part in answer.report.parts] == [PartRole.COPY, PartRole.SCREEN][: 1 + is_film]


def mutated(original: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """Bits turned, cut short, or with the beginning of another."""
    kind = rng.choice(("bits", "bits", "head", "cut", "splice", "numbers"))
    content = bytearray(original)
    if kind in ("bits", "head"):
        for _ in range(rng.randint(1, 24)):
            at = rng.randrange(min(len(content), 3000) if kind == "head" else len(content))
            content[at] ^= 1 << rng.randrange(8)
    elif kind == "cut":
        del content[rng.randrange(16, len(content)) :]
    elif kind == "numbers":
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(content) - 4)
            content[at : at + 4] = rng.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", bytes(4)))
    else:
        head = rng.choice(others)[: rng.randint(16, 2000)]
        content[: len(head)] = head
    return bytes(content)


def test_mutated_recordings_end_as_a_clean_copy_or_with_a_reason(
    originals: dict[str, bytes], cleaner: Cleaner, private: PrivateKey
) -> None:
    rng, zygote = random.Random(SEED), cleaner.pid
    names, reasons = list(originals), dict[Reason | None, int]()
    for number in range(MUTATED):
        original = originals[names[number % len(names)]]
        answer = confined(cleaner, mutated(original, list(originals.values()), rng), private=private)
        reason = answer.report.reason
        reasons[reason] = reasons.get(reason, 0) + 1
        assert answer.ending.code == 0
        assert answer.ending.peak_bytes < 512 * MIB
        assert (reason is None) == bool(answer.report.parts) == bool(answer.content)
    assert cleaner.pid == zygote
    assert reasons[None] > MUTATED // 4
    assert reasons[Reason.BROKEN] > MUTATED // 20


def bounded(answer: Answer, *, cpu_seconds: float = 10) -> bool:
    """What is asked of every bomb."""
    return answer.ending.cpu_seconds < cpu_seconds and answer.ending.peak_bytes < 512 * MIB


def test_silent_film_of_four_hours_is_cleaned_within_its_bounds(
    cleaner: Cleaner, private: PrivateKey
) -> None:
    began = time.process_time()
    bomb = long_film(hours=4)
    made_in = time.process_time() - began
    with opened(bomb) as given:
        assert given.duration is not None
        assert given.duration >= 4 * 3600 * 1_000_000
    answer = confined(cleaner, bomb, private=private)
    assert answer.report.reason is None
    assert answer.report.parts[0].milliseconds >= 4 * 3600 * 1000
    # Ten seconds; on a machine too slow for that, no more than it takes there to write the same packets once.
    assert bounded(answer, cpu_seconds=max(10, made_in))


def test_film_that_claims_endless_pictures_is_refused_within_its_bounds(
    cleaner: Cleaner, private: PrivateKey
) -> None:
    """A table of one size for all samples claims two thousand million of them in four bytes."""
    content = bytearray(sound("mp4", "alac", extras=False))
    at = content.index(b"stsz") + 8
    content[at : at + 8] = (1).to_bytes(4, "big") + (2**31 - 1).to_bytes(4, "big")
    at = content.index(b"stsc") + 8
    content[at + 8 : at + 12] = (2**31 - 1).to_bytes(4, "big")
    answer = confined(cleaner, io.BytesIO(bytes(content)), private=private)
    assert answer.report.reason is not None
    assert bounded(answer)

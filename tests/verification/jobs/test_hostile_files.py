"""Bombs and broken files through the real confined child: refused or bounded, and the zygote lives on.

The child's own resource figures are what counts. The mutated files are drawn from a fixed seed, half from
files the tests make and, where they lie on the machine, half from real ones.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.confined import Looking
from tests.support.documents import pdf_by_hand, pdf_of, pdf_with_everything, zip_bomb, zip_of
from tests.support.office_files import docx_of
from tests.support.photographs import encoded, photograph, png_bomb, scan
from tests.verification.web.looking import film_of, sound_of
from verification.clean_report import Reason
from verification.jobs.cleaning.cleaner import Cleaner
from verification.jobs.cleaning.office_box import is_installed

pytestmark = pytest.mark.slow

MIB = 1024 * 1024
MOST_CPU_SECONDS, MOST_BYTES = 10.0, 512 * MIB
MUTATED = 500


@pytest.fixture(scope="module")
def looking() -> Iterator[Looking]:
    started = Cleaner()
    started.start()
    yield Looking(started)
    started.close()


BILLION_LAUGHS = b"<?xml version='1.0'?><!DOCTYPE z [<!ENTITY a 'ha'>%s]><svg>&z9;</svg>" % b"".join(
    b"<!ENTITY z%d '%s'>" % (number, b"&z%d;" % (number - 1) * 10) for number in range(1, 10)
)
DECLARED = (
    BILLION_LAUGHS.removeprefix(b"<?xml version='1.0'?>").partition(b"<svg>")[0].replace(b"&z0;", b"&a;")
)
#: Where the host has LibreOffice, it refuses them in its box; elsewhere nothing opens them.
NOT_DRAWN = Reason.BROKEN if is_installed() else Reason.TYPE_NOT_CLEANED
NOT_DRAWN_IN_BOUNDS = Reason.OVER_LIMITS if is_installed() else Reason.TYPE_NOT_CLEANED
BOMBS: dict[str, tuple[Callable[[], bytes], Reason | None]] = {
    "png of 50,000 x 50,000": (lambda: png_bomb(width=50_000, height=50_000), Reason.TOO_MANY_PIXELS),
    "archive of ten gigabytes": (zip_bomb, Reason.BOMB),
    "pdf that claims a million pages": (lambda: pdf_by_hand(count=1_000_000), None),
    "pdf of a million pages": (lambda: pdf_by_hand(count=1_000_000, kids="3 0 R " * 1_000_000), None),
    "page as large as a field": (lambda: pdf_by_hand(size="0 0 14400 14400"), None),
    "billion laughs svg": (lambda: BILLION_LAUGHS, Reason.TYPE_NOT_CLEANED),
    "billion laughs docx": (
        lambda: zip_of({"[Content_Types].xml": BILLION_LAUGHS, "word/document.xml": BILLION_LAUGHS}),
        NOT_DRAWN,
    ),
    "billion laughs in a whole docx": (lambda: docx_of(text="&z9;", before=DECLARED), NOT_DRAWN),
    "docx of four million words": (lambda: docx_of(*["线索 haha " * 20] * 200_000), NOT_DRAWN_IN_BOUNDS),
    "text of 100 megabytes": (lambda: b"haha\n" * (20 * MIB), None),
    "four silent hours": (lambda: sound_of(4 * 3600.0), None),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bomb_is_refused_or_bounded(looking: Looking, name: str) -> None:
    make, reason = BOMBS[name]
    content = make()
    zygote = looking.zygote
    report, _clean, ending = looking.at(content)
    if reason is not None:
        assert report.reason is reason
    assert ending.cpu_seconds < MOST_CPU_SECONDS
    assert ending.peak_bytes < MOST_BYTES
    assert looking.zygote == zygote


def mutated(content: bytes, other: bytes, chance: random.Random) -> bytes:
    """One of: some bits turned, cut short, the head of another file, a piece of another, a piece doubled."""
    changed = bytearray(content)
    match chance.randrange(5):
        case 0:
            for _ in range(chance.choice([1, 3, 20])):
                changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        case 1:
            del changed[chance.randrange(len(changed)) :]
        case 2:
            size = chance.choice([8, 64, 512])
            changed[:size] = other[:size]
        case 3:
            at, size = chance.randrange(len(changed)), chance.choice([16, 200, 3000])
            start = chance.randrange(max(len(other) - size, 1))
            changed[at : at + size] = other[start : start + size]
        case _:
            at, size = chance.randrange(len(changed)), chance.choice([4, 100, 5000])
            changed[at:at] = changed[at : at + size]
    return bytes(changed)


def originals(shared: Path | None) -> list[bytes]:
    made = [
        photograph(), encoded("PNG"), encoded("GIF"), encoded("WEBP"), encoded("BMP"), encoded("HEIF"),
        encoded("AVIF"), scan(pages=2), pdf_of(2), pdf_with_everything(), film_of(12), sound_of(0.5),
        zip_of({"a.txt": b"x" * 99}), "路坏了半年。\n".encode() * 9,
    ]  # fmt: skip
    if shared is None:
        return made
    # Office documents take two seconds each: test_office_documents has some of them.
    files = [path for path in sorted(shared.rglob("*")) if path.is_file()]
    real = [path.read_bytes() for path in files if path.suffix not in (".docx", ".xlsx", ".odt")]
    return made + [content for content in real if len(content) < 400_000]


def test_mutated_files_end_as_copy_or_reason_and_harm_nobody(
    looking: Looking, shared_attachments: Path
) -> None:
    chance, zygote = random.Random(20261123), looking.zygote
    files = originals(shared_attachments)
    endings: dict[str, int] = {}
    for _ in range(MUTATED):
        content = mutated(chance.choice(files), chance.choice(files), chance)
        report, clean, _ending = looking.at(content)
        assert (report.reason is None) == (report.copy is not None)
        assert (clean != b"") == (report.reason is None)
        name = report.reason.value if report.reason else "clean"
        endings[name] = endings.get(name, 0) + 1
    assert looking.zygote == zygote
    assert endings["clean"] > MUTATED / 4
    assert endings["broken"] > MUTATED / 20

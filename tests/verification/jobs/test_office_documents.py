"""Office documents in, pictures of their pages out; the box they are drawn in reaches nothing."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.support.confined import Looking
from tests.support.documents import pdf_of_borrowed_letters, zip_of
from tests.support.office_files import docx_of
from tests.support.photographs import marks_in
from verification.clean_report import FileType, PartRole, Reason, Removed
from verification.jobs.cleaning import office_box
from verification.jobs.cleaning.cleaner import Cleaner
from verification.jobs.cleaning.fonts import has_font

pytestmark = pytest.mark.slow
needs_office = pytest.mark.skipif(not office_box.is_installed(), reason="needs LibreOffice")


@pytest.fixture(scope="module")
def looking() -> Iterator[Looking]:
    started = Cleaner()
    started.start()
    yield Looking(started)
    started.close()


@needs_office
def test_document_becomes_pictures_without_what_was_hidden_in_it(looking: Looking) -> None:
    original = docx_of("路坏了半年。", marked=True)
    with zipfile.ZipFile(BytesIO(original)) as archive:
        hidden = b"".join(archive.read(name) for name in archive.namelist())
    assert marks_in(hidden) == {"artist", "comment", "trailing", "xmp"}
    report, clean, ending = looking.at(original)
    assert (report.reason, report.file_type) == (None, FileType.OFFICE)
    assert (report.frames_total, report.frames_kept) == (1, 1)
    assert [part.role for part in report.parts] == [PartRole.COPY, PartRole.PAGE]
    assert set(report.removed) == {
        Removed.AUTHOR, Removed.TIME, Removed.COMMENTS, Removed.EDIT_HISTORY, Removed.THUMBNAIL,
        Removed.EMBEDDED,
    }  # fmt: skip
    assert marks_in(clean) == set()
    assert clean.startswith(b"%PDF-")
    assert report.thumbnail
    assert ending.cpu_seconds > 0.3, "the box's own use is counted"


@needs_office
def test_real_documents_are_drawn_or_refused_with_a_reason(
    looking: Looking, shared_attachments: Path
) -> None:
    folder = shared_attachments / "documents"
    endings = {
        path.name: looking.at(path.read_bytes())[0].reason
        for path in sorted(folder.iterdir())
        if path.suffix in (".docx", ".xlsx", ".odt")
    }
    assert endings == {
        "broken_xml_content_types.docx": Reason.BROKEN,
        "comment.docx": None,
        "dangling_rels.xlsx": None,
        "dirty.docx": None,
        "dirty.odt": None,
        "embedded.docx": None,
    }


@needs_office
def test_second_document_is_drawn_after_one_that_was_broken(looking: Looking) -> None:
    assert looking.at(docx_of("x")[:-40] + b"y" * 40)[0].reason is Reason.BROKEN
    assert looking.at(docx_of("x"))[0].reason is None


def test_package_of_no_known_program_is_original_only(looking: Looking) -> None:
    report, clean, _ending = looking.at(zip_of({"[Content_Types].xml": b"<Types/>", "a.bin": b"x"}))
    assert (report.reason, report.file_type, clean) == (Reason.TYPE_NOT_CLEANED, FileType.OFFICE, b"")


def test_locked_document_says_so(looking: Looking) -> None:
    content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage\0".encode("utf-16-le")
    report, _clean, _ending = looking.at(content)
    expected = Reason.ENCRYPTED if office_box.is_installed() else Reason.TYPE_NOT_CLEANED
    assert (report.reason, report.file_type) == (expected, FileType.OFFICE)


def test_mutated_documents_end_as_copy_or_reason(looking: Looking) -> None:
    chance, zygote = random.Random(20261123), looking.zygote
    original = docx_of("路坏了半年。", marked=True)
    endings = set()
    for _ in range(12):
        content = bytearray(original)
        for _ in range(chance.choice([1, 3, 20])):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        report, clean, ending = looking.at(bytes(content))
        assert (clean != b"") == (report.reason is None)
        assert ending.cpu_seconds < 10
        endings.add(report.reason)
    assert looking.zygote == zygote
    assert len(endings) > 1


@pytest.mark.skipif(not has_font(), reason="needs a Chinese font")
def test_pdf_without_its_chinese_font_is_drawn_in_the_hosts(looking: Looking) -> None:
    simple, rich = (_ink(looking, letter * 4) for letter in "一鑫")
    assert 0 < 3 * simple < rich


def _ink(looking: Looking, text: str) -> int:
    report, clean, _ending = looking.at(pdf_of_borrowed_letters(text))
    (page,) = (part for part in report.parts if part.role is PartRole.PAGE)
    picture = Image.open(BytesIO(clean[page.start : page.start + page.length])).convert("L")
    return sum(picture.histogram()[:100])

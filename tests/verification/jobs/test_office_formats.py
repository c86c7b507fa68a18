"""Office formats that people send, written by LibreOffice, drawn in the box, and read by exiftool."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.confined import Looking
from tests.support.office_files import docx_of
from tests.support.photographs import MARKS, marks_in
from verification.clean_report import FileType, PartRole
from verification.jobs.cleaning import office_box
from verification.jobs.cleaning.cleaner import Cleaner

EXIFTOOL = shutil.which("exiftool")
SLIDES = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0"
 xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
 xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.3"
 office:mimetype="application/vnd.oasis.opendocument.presentation">
<office:meta><meta:initial-creator>{artist}</meta:initial-creator></office:meta>
<office:body><office:presentation><draw:page draw:name="p1">
<draw:frame svg:x="2cm" svg:y="2cm" svg:width="20cm" svg:height="4cm">
<draw:text-box><text:p>路坏了半年。</text:p></draw:text-box></draw:frame></draw:page>
<draw:page draw:name="p2"/></office:presentation></office:body></office:document>"""
#: What exiftool may say of a file that says nothing: what it measured, and how the file is built.
_BARE = {"File", "ExifTool", "Composite", "JFIF", "PDF", "SourceFile"}
_BARE_PDF = {"PDF:PDFVersion", "PDF:Linearized", "PDF:PageCount"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not office_box.is_installed() or EXIFTOOL is None, reason="needs LibreOffice, exiftool"
    ),
]


@pytest.fixture(scope="module")
def looking() -> Iterator[Looking]:
    started = Cleaner()
    started.start()
    yield Looking(started)
    started.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A text, a table and slides, each in every usual format."""
    folder = tmp_path_factory.mktemp("formats")
    (folder / "text.docx").write_bytes(docx_of("路坏了半年。", marked=True))
    (folder / "table.csv").write_text("地点,天数\n卫生院门前,180\n", encoding="utf-8")
    (folder / "slides.fodp").write_text(SLIDES.format(artist=MARKS["artist"]), encoding="utf-8")
    for source, formats in (
        ("text.docx", ("doc", "odt", "rtf")),
        ("table.csv", ("xls", "xlsx", "ods")),
        ("slides.fodp", ("ppt", "pptx", "odp")),
    ):
        for wanted in formats:
            subprocess.run(
                (
                    "soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to",
                    wanted, "--outdir", str(folder), str(folder / source),
                ),
                check=True, capture_output=True, timeout=120, cwd=folder,
            )  # fmt: skip
    return folder


@pytest.mark.parametrize(
    ("name", "pages"),
    [
        ("text.doc", 1), ("text.odt", 1), ("table.xls", 1), ("table.xlsx", 1), ("table.ods", 1),
        ("slides.ppt", 2), ("slides.pptx", 2), ("slides.odp", 2),
    ],
)  # fmt: skip
def test_format_becomes_pictures_that_say_nothing_of_their_maker(
    looking: Looking, written: Path, tmp_path: Path, name: str, pages: int
) -> None:
    report, clean, _ending = looking.at((written / name).read_bytes())
    assert (report.reason, report.file_type) == (None, FileType.OFFICE)
    assert (report.frames_kept, report.frames_total) == (pages, pages)
    assert marks_in(clean) == set()
    for number, part in enumerate(report.parts):
        suffix = "pdf" if part.role is PartRole.COPY else "jpg"
        path = tmp_path / f"{number}.{suffix}"
        path.write_bytes(clean[part.start : part.start + part.length])
        assert told_of(path) == set()


def told_of(path: Path) -> set[str]:
    """What exiftool reads in a file besides its measures."""
    said = subprocess.run(
        (str(EXIFTOOL), "-a", "-G0", "-j", str(path)), capture_output=True, text=True, check=True
    )
    names = json.loads(said.stdout)[0].keys()
    return {
        name for name in names if name.partition(":")[0] not in _BARE or name.startswith("PDF:")
    } - _BARE_PDF

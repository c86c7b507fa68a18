"""Looking into documents as readers' programs do: letters of a PDF by place, a DOCX through LibreOffice."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pytest

MM = 72 / 25.4


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter of a page; left and baseline box in millimetres from the page's top left corner."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


def page_sizes(pdf: bytes) -> list[tuple[float, float]]:
    """Width and height of every page in millimetres."""
    document = pypdfium2.PdfDocument(pdf)
    return [(page.get_width() / MM, page.get_height() / MM) for page in document]


def text_of(pdf: bytes) -> str:
    """All letters of all pages."""
    return "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf))


def letters_of(pdf: bytes, number: int = 0) -> list[Letter]:
    """Every visible letter of a page, in order."""
    page = pypdfium2.PdfDocument(pdf)[number]
    height = page.get_height()
    textpage = page.get_textpage()
    found = []
    for index in range(textpage.count_chars()):
        left, bottom, right, top = textpage.get_charbox(index)
        text = textpage.get_text_range(index, 1)
        if text.strip():
            found.append(Letter(text, left / MM, (height - top) / MM, right / MM, (height - bottom) / MM))
    return found


def through_libreoffice(docx: bytes, folder: Path) -> bytes:
    """The DOCX as LibreOffice prints it. A damaged one it opens with a repair alone, and headless never."""
    program = shutil.which("soffice")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("LibreOffice is not installed: sh tests/support/install.sh")
        pytest.skip("LibreOffice is not installed: sh tests/support/install.sh")
    (folder / "document.docx").write_bytes(docx)
    subprocess.run(
        (
            program, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "pdf",
            "--outdir", str(folder / "printed"), str(folder / "document.docx"),
        ),
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return (folder / "printed" / "document.pdf").read_bytes()

"""The two files: measures of GB/T 9704, letters on a bare host, and that an office program opens them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import pytest

from tests.support.papers import letters_of, page_sizes, text_of, through_libreoffice
from verification.documents import docx_writer, measures, pdf_writer
from verification.documents.forms import shipped_forms
from verification.documents.kinds import KINDS
from verification.documents.sheet import MISSING, Sheet, Style, Text
from verification.documents.values import empty
from verification.models import DocumentKind

MADE_AT = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
#: Without punctuation, which is set closer.
FULL = Sheet("", "", (Text(Style.BODY, "督查核实整改销号" * 200),))


def blank(kind: DocumentKind) -> Sheet:
    """A document of which nothing is known."""
    return shipped_forms()[kind].set(empty(KINDS[kind].groups), {}, number="")


def lines_of(pdf: bytes) -> list[list[float]]:
    """The left edges of the letters of each line of the first page's text, the page number left out."""
    lines: list[list[float]] = [[]]
    for letter in letters_of(pdf):
        if letter.bottom < 297 - measures.BOTTOM_MM + 1:
            if lines[-1] and letter.left < lines[-1][-1]:
                lines.append([])
            lines[-1].append(letter.left)
    return lines


def test_page_holds_22_lines_of_28_characters_within_the_margins() -> None:
    pdf = pdf_writer.write_pdf(FULL, made_at=MADE_AT)
    assert page_sizes(pdf)[0] == pytest.approx((210, 297), abs=0.1)
    letters = [one for one in letters_of(pdf) if one.bottom < 297 - measures.BOTTOM_MM + 1]
    lines = lines_of(pdf)
    assert (len(lines), {len(line) for line in lines[1:]}) == (22, {28})
    assert len(lines[0]) == 26  # the first line of a paragraph is indented by two
    assert 28 <= min(one.left for one in letters) < 29
    assert 210 - 26 - 1.5 < max(one.right for one in letters) <= 210 - 26
    assert 37 <= min(one.top for one in letters) < 39
    assert max(one.bottom for one in letters) <= 297 - 35


def test_docx_says_the_same_measures_and_prints_them(tmp_path: Path) -> None:
    pdf = through_libreoffice(docx_writer.write_docx(FULL, made_at=MADE_AT), tmp_path)
    assert page_sizes(pdf)[0] == pytest.approx((210, 297), abs=0.2)
    lines = lines_of(pdf)
    assert (len(lines), median(len(line) for line in lines)) == (22, 28)
    assert min(min(line) for line in lines) == pytest.approx(28, abs=1)


@pytest.mark.parametrize("kind", DocumentKind)
def test_every_kind_is_whole_with_nothing_filled_in(kind: DocumentKind) -> None:
    sheet = blank(kind)
    assert sheet.title
    assert sheet.missing > 0
    said = "".join(text_of(pdf_writer.write_pdf(sheet, made_at=MADE_AT)).split())
    assert said.count(MISSING) == sheet.missing
    wanted = "".join("".join(sheet.texts()).split())
    assert set(wanted) <= set(said)


@pytest.mark.slow
@pytest.mark.parametrize("kind", DocumentKind)
def test_libreoffice_opens_every_kind_without_repair(kind: DocumentKind, tmp_path: Path) -> None:
    sheet = blank(kind)
    pdf = through_libreoffice(docx_writer.write_docx(sheet, made_at=MADE_AT), tmp_path)
    said = "".join(text_of(pdf).split())
    assert said.count(MISSING) == sheet.missing
    assert "".join(sheet.title.split()) in said


def test_same_sheet_and_time_give_the_same_pdf() -> None:
    first, second = (pdf_writer.write_pdf(FULL, made_at=MADE_AT) for _ in range(2))
    assert first == second


def test_host_without_chinese_fonts_sets_documents_from_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = frozenset({"Noto Serif SC", "Noto Sans SC"})
    assert pdf_writer.known_fonts() >= bare
    pdf_writer.font_names.cache_clear()
    monkeypatch.setattr(pdf_writer, "known_fonts", lambda: bare)
    try:
        pdf = pdf_writer.write_pdf(blank(DocumentKind.NOTICE), made_at=MADE_AT)
        assert b"NotoSerifSC" in pdf
        assert b"CJK" not in pdf
        assert "督查通知书" in text_of(pdf)
    finally:
        pdf_writer.font_names.cache_clear()

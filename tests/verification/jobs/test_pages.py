"""PDF in, pictures of its pages out, and a document made of nothing else."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.support.cleaning import cleaned
from tests.support.documents import pdf_by_hand, pdf_of, pdf_with_everything
from tests.support.photographs import MARKS, marks_in
from verification.clean_report import FileType, PartRole, Reason, Removed
from verification.jobs.cleaning import page_pictures, pages
from verification.jobs.cleaning.output import NotCleaned

pytestmark = pytest.mark.slow


def test_pages_are_pictures_and_lie_inside_the_document() -> None:
    clean = cleaned(pdf_of(3))
    drawn = [Image.open(io.BytesIO(page)) for page in clean.of(PartRole.PAGE)]
    assert [page.width for page in drawn] == sorted({page.width for page in drawn})
    assert (clean.outcome.frames_total, clean.outcome.frames_kept) == (3, 3)
    assert clean.copy.length == len(clean.content)
    with pypdfium2.PdfDocument(clean.encoded) as again:
        assert [round(again[number].get_width()) for number in range(3)] == [100, 110, 120]
        shown = again[0].render(scale=1).to_pil().convert("RGB")
    left_top, right_low = shown.getpixel((10, 10)), shown.getpixel((90, 130))
    assert isinstance(left_top, tuple)
    assert isinstance(right_low, tuple)
    assert left_top[0] > 180 > left_top[2]
    assert right_low[2] > 180 > right_low[0]


def test_nothing_that_the_document_says_of_itself_is_kept() -> None:
    original = pdf_with_everything()
    assert marks_in(original) == {"artist", "description", "software", "comment"}
    clean = cleaned(original)
    assert marks_in(clean.content) == set()
    assert set(clean.removed) == {Removed.AUTHOR, Removed.COMMENTS, Removed.SOFTWARE, Removed.TIME}
    with pypdfium2.PdfDocument(clean.encoded) as again:
        assert set(again.get_metadata_dict().values()) == {""}


def test_document_saved_over_again_says_so() -> None:
    once = pdf_by_hand()
    assert Removed.EDIT_HISTORY not in cleaned(once).removed
    assert Removed.EDIT_HISTORY in cleaned(once + b"%%EOF\n%%EOF\n").removed


def test_more_pages_than_are_drawn_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_pictures, "MAX_PAGES", 2)
    outcome = cleaned(pdf_of(4)).outcome
    assert (outcome.frames_total, outcome.frames_kept) == (4, 2)
    monkeypatch.setattr(page_pictures, "DRAWING_SECONDS", -1.0)
    assert cleaned(pdf_of(4)).outcome.frames_kept == 1


@pytest.mark.parametrize("size", ["0 0 14400 14400", "0 0 200 14400", "0 0 3 3"])
def test_page_of_any_size_becomes_a_picture_within_bounds(size: str) -> None:
    (page,) = cleaned(pdf_by_hand(size=size)).of(PartRole.PAGE)
    picture = Image.open(io.BytesIO(page))
    assert picture.width * picture.height <= pages.MAX_PAGE_PIXELS * 1.01
    assert max(picture.size) <= pages.MAX_PAGE_SIDE


@pytest.mark.parametrize(
    "content",
    [b"%PDF-1.7 and so on", pdf_of(2)[:400], pdf_by_hand(count=0, kids="")],
    ids=["lie", "cut", "none"],
)
def test_document_without_a_page_is_broken(content: bytes) -> None:
    with pytest.raises(NotCleaned, match=Reason.BROKEN):
        cleaned(content)


def test_document_with_a_password_says_so() -> None:
    # Standard security handler, revision 2, with a user password nobody gave.
    locked = pdf_by_hand().replace(
        b"/Info 6 0 R>>",
        b"/Info 6 0 R/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>>>"
        % (b"41" * 32, b"42" * 32),
    )
    with pytest.raises(NotCleaned, match=Reason.ENCRYPTED):
        cleaned(locked)


@given(st.integers(min_value=0, max_value=900), st.binary(min_size=1, max_size=30))
def test_damaged_document_is_drawn_or_refused(at: int, damage: bytes) -> None:
    original = bytearray(pdf_with_everything())
    original[at : at + len(damage)] = damage
    try:
        clean = cleaned(bytes(original), file_type=FileType.PDF)
    except NotCleaned:
        return
    assert marks_in(clean.content) == set()


def test_shared_document_has_nothing_left_in_the_eyes_of_another_reader(
    shared_attachments: Path, tmp_path: Path
) -> None:
    clean = cleaned((shared_attachments / "documents" / "dirty.pdf").read_bytes())
    assert clean.outcome.frames_kept == clean.outcome.frames_total == 20
    (tmp_path / "clean.pdf").write_bytes(clean.encoded)
    exiftool = shutil.which("exiftool")
    if exiftool is None:
        pytest.skip("needs exiftool")
    said = subprocess.run(
        (exiftool, "-a", "-G1", "-s", str(tmp_path / "clean.pdf")), capture_output=True, text=True, check=True
    ).stdout
    names = {
        line.split("]")[1].split(":")[0].strip() for line in said.splitlines() if line.startswith("[PDF]")
    }
    assert names == {"PDFVersion", "Linearized", "PageCount"}
    assert MARKS["artist"] not in said

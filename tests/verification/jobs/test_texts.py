"""Plain text is shown as plain text; archives by their table of contents alone."""

from __future__ import annotations

import codecs
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cleaning import Made, cleaned
from tests.support.documents import zip_bomb, zip_of
from verification.clean_report import FileType, Listed, Reason, Removed
from verification.jobs.cleaning import archives, text
from verification.jobs.cleaning.output import NotCleaned
from verification.jobs.cleaning.sniffing import file_type_of

WORDS = "他们收了钱不办事。\n第二行，没有人管。\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_text_in_any_usual_encoding_reads_the_same(encoding: str) -> None:
    clean = cleaned(WORDS.encode(encoding))
    assert clean.encoded.decode("utf-8") == WORDS
    assert (clean.copy.media_type, clean.removed) == ("text/plain", ())
    assert (clean.outcome.frames_total, clean.outcome.frames_kept) == (3, 3)


def test_line_ends_are_made_alike_and_unseen_characters_seen() -> None:
    clean = cleaned("发票\u202egpj.exe\r\n下一行\r又一行\u200b".encode())
    assert clean.encoded.decode() == "发票\ufffdgpj.exe\n下一行\n又一行\ufffd"
    assert clean.removed == (Removed.OTHER,)


def test_long_text_is_cut_and_says_how_much_there_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "MAX_TEXT_BYTES", 40)
    clean = cleaned(("路坏了\n" * 50).encode())
    assert len(clean.encoded) <= 40
    assert (clean.outcome.frames_total, clean.outcome.frames_kept) == (51, 5)


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script></html>",
        b"  <?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY lol 'lol'>]><svg/>",
        b"{\\rtf1 \\author someone}",
        b"\x00\x01\x02 not text",
        b"\x7fELF\x02\x01\x01\x00",
    ],
    ids=["html", "billion laughs", "rtf", "zeros", "program"],
)
def test_what_is_marked_up_or_no_text_is_original_only(content: bytes) -> None:
    assert file_type_of(content) is FileType.UNKNOWN
    with pytest.raises(NotCleaned, match=Reason.TYPE_NOT_CLEANED):
        cleaned(content, file_type=FileType.TEXT if content[:1] in (b"<", b"{") else None)


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_refused(content: bytes) -> None:
    try:
        clean = cleaned(content, file_type=FileType.TEXT)
    except NotCleaned:
        return
    clean.encoded.decode("utf-8")


def test_archive_is_listed_and_never_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    archive = zip_of({"照片/1.jpg": b"x" * 100, "../../etc/passwd": b"y", "内层.zip": zip_of({"a": b"b"})})
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_given: pytest.fail("it was unpacked"))
    listed = cleaned(archive)
    assert (listed.outcome.reason, listed.parts) == (Reason.LISTED, [])
    assert [entry.name for entry in listed.outcome.listing] == ["照片/1.jpg", "../../etc/passwd", "内层.zip"]
    assert listed.outcome.listing[0] == Listed(name="照片/1.jpg", length=100)


def test_names_written_on_a_chinese_system_are_read() -> None:
    archive = zip_of({"ABCD.txt": b"x"}).replace(b"ABCD", codecs.encode("照片", "gb18030"))
    assert cleaned(archive).outcome.listing[0].name == "照片.txt"


def test_long_listing_is_cut_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_LISTED", 3)
    outcome = cleaned(zip_of({f"{number}.txt": b"" for number in range(9)})).outcome
    assert (len(outcome.listing), outcome.listed_total) == (3, 9)


def test_archive_that_claims_too_much_is_named_a_bomb() -> None:
    bomb = zip_bomb()
    assert len(bomb) < 10_000
    assert cleaned(bomb).outcome.reason is Reason.BOMB


@pytest.mark.parametrize("name", ["MAX_ENTRIES", "MAX_TABLE_BYTES"])
def test_boundless_table_is_not_read(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    archive = zip_of({f"{number}.txt": b"" for number in range(9)})
    monkeypatch.setattr(archives, name, 8)
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_given: pytest.fail("its table was read"))
    with pytest.raises(NotCleaned, match=Reason.OVER_LIMITS):
        cleaned(archive)


def test_office_document_is_told_from_an_archive() -> None:
    made = zip_of({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})
    outcome = cleaned(made).outcome
    assert (outcome.reason, outcome.file_type) == (Reason.TYPE_NOT_CLEANED, FileType.OFFICE)


@given(st.integers(min_value=0, max_value=400), st.binary(min_size=1, max_size=20))
def test_damaged_archive_is_listed_or_refused(at: int, damage: bytes) -> None:
    archive = bytearray(zip_of({"a.txt": b"x" * 100, "照片.jpg": b"y" * 50}))
    archive[at : at + len(damage)] = damage
    outcome = _outcome_of(bytes(archive))
    assert outcome is None or outcome.parts == []


def _outcome_of(archive: bytes) -> Made | None:
    try:
        return cleaned(io.BytesIO(archive), file_type=FileType.ZIP)
    except NotCleaned:
        return None

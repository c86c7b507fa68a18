"""Making documents: sealed, hashed, versioned; who may, when; what leaves; nothing in clear on disk."""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile
from pathlib import Path

import pytest

from tests.support.made import Papers, rules
from tests.support.markers import Search
from tests.support.office import TestOffice
from verification.audit.events import Event
from verification.documents import listing
from verification.documents.forms import shipped_forms
from verification.documents.making import FileKind
from verification.documents.sheet import MISSING
from verification.domain import casework, conclusions, fieldwork, using
from verification.domain.using import UsePaper
from verification.errors import InvalidInput, KeyLocked, NotHere, Refused
from verification.models import (
    DocumentKind,
    MeasureKind,
    RecordKind,
)

MARKER = "卫生院门前坑洼的标记词语甲乙丙丁"


def kinds(walk: Papers, login: str) -> set[DocumentKind]:
    with walk.acting(login) as acting:
        return {one.kind for one in listing.possible_kinds(acting, walk.case)}


def test_version_is_sealed_hashed_and_stands_in_the_trail(office: TestOffice) -> None:
    walk = Papers(office)
    walk.proposed()
    row = walk.make(DocumentKind.DOCKETING_FORM, suggestion="建议立项核查。")
    said = "".join(walk.sheet(row).texts())
    assert {"道路修复情况", "建议立项核查。", "交通运输局"} <= set(walk.sheet(row).texts())
    assert "1．道路长期破损\n2．多次反映未处理" in said
    docx, pdf = walk.file(row, FileKind.DOCX), walk.file(row, FileKind.PDF)
    assert (docx[:2], pdf[:5]) == (b"PK", b"%PDF-")
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in (("docx", docx), ("pdf", pdf))}
    (made,) = walk.entries(Event.DOCUMENT_MADE)
    assert {name: made[name] for name in ("docx", "pdf")} == hashes
    assert (row.docx_hash.hex(), row.pdf_hash.hex()) == (hashes["docx"], hashes["pdf"])
    assert (made["kind"], made["version"], made["number"]) == ("docketing-form", 1, "")
    assert made["template"] == shipped_forms()[DocumentKind.DOCKETING_FORM].source_hash
    assert [fact["file"] for fact in walk.entries(Event.DOCUMENT_TAKEN)] == ["docx", "pdf"]
    assert "道路" not in str(made)


def test_versions_follow_each_other_and_none_is_changed(office: TestOffice) -> None:
    walk = Papers(office)
    walk.docketed()
    first = walk.make(DocumentKind.DOCKETING_FORM, suggestion="一")
    before = walk.file(first, FileKind.PDF)
    second = walk.make(DocumentKind.DOCKETING_FORM, document_id=first.document_id, suggestion="二")
    assert (first.version, second.version, second.document_id) == (1, 2, first.document_id)
    assert walk.file(first, FileKind.PDF) == before != walk.file(second, FileKind.PDF)
    with walk.acting("fan") as acting:
        (row,) = listing.documents_of(acting, walk.case)
        assert (row.newest.version, row.made_by) == (2, office.staff["fan"].name)
    with pytest.raises(NotHere):
        walk.make(DocumentKind.PRESSING, office.unit_id("transport"), document_id=first.document_id)


def test_nothing_of_a_document_is_in_clear_on_disk_or_in_the_database(
    office: TestOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    for name in ("TMPDIR", "TEMP", "TMP", "HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.chdir(temporary)
    walk = Papers(office)
    walk.proposed()
    row = walk.make(DocumentKind.DOCKETING_FORM, suggestion=MARKER)
    assert MARKER in walk.sheet(row).texts()
    search = Search({"suggestion": MARKER.encode(), "title": "道路修复情况、核查路段破损".encode()})
    # The files do hold it, so that it could be found if they lay anywhere.
    assert search.in_bytes(walk.file(row, FileKind.DOCX), place="docx") or MARKER.encode() in _unzipped(
        walk.file(row, FileKind.DOCX)
    )
    assert search.in_folders([tmp_path]) == set()
    assert search.in_database(str(office.database.url)) == set()
    assert list(temporary.rglob("*")) == []


def _unzipped(docx: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(docx)) as archive:
        return archive.read("word/document.xml")


def test_stranger_to_the_case_opens_nothing(office: TestOffice) -> None:
    walk = Papers(office)
    walk.proposed()
    row = walk.make(DocumentKind.DOCKETING_FORM)
    with pytest.raises(KeyLocked):
        walk.sheet(row, login="wei")
    with pytest.raises(KeyLocked):
        walk.file(row, FileKind.PDF, login="wei")


@pytest.mark.rule("doc-state")
def test_kinds_appear_as_the_case_goes_its_way(office: TestOffice) -> None:
    walk = Papers(office)
    walk.proposed()
    assert kinds(walk, "fan") == {DocumentKind.DOCKETING_FORM}
    with pytest.raises(Refused) as refused:
        walk.make(DocumentKind.REPORT)
    assert rules(refused) == ["doc-state"]
    walk.on_case("head", casework.approve_docketing)
    assert kinds(walk, "fan") >= {DocumentKind.DELIVERY, DocumentKind.PRESSING}
    assert DocumentKind.NOTICE not in kinds(walk, "fan")
    assert kinds(walk, "head") == set()
    assert kinds(walk, "du") == set()


@pytest.mark.rule("doc-embargo")
def test_no_notice_before_the_card_was_shown_on_an_unannounced_visit(office: TestOffice) -> None:
    walk, unit = Papers(office), office.unit_id("transport")
    walk.signed()
    with pytest.raises(Refused) as refused:
        walk.make(DocumentKind.NOTICE, unit)
    assert rules(refused) == ["doc-embargo"]
    assert DocumentKind.NOTICE not in kinds(walk, "fan")
    walk.logged(words={"arrival": "步行", "card_shown": False, "seen": "坑洼"})
    with pytest.raises(Refused):
        walk.make(DocumentKind.NOTICE, unit)
    walk.logged()
    assert "交通运输局：" in walk.sheet(walk.make(DocumentKind.NOTICE, unit)).texts()


def test_document_made_under_embargo_opens_to_those_who_may_know_until_the_card_is_shown(
    office: TestOffice,
) -> None:
    walk = Papers(office)
    walk.signed()
    row = walk.make(DocumentKind.PLAN)
    assert walk.sheet(row, login="director").title == walk.sheet(row, login="du").title
    with pytest.raises(KeyLocked):
        walk.sheet(row, login="head")
    with pytest.raises(KeyLocked):
        walk.file(row, FileKind.PDF, login="head")
    walk.logged()
    assert "督查方案" in walk.sheet(row, login="head").title
    assert walk.file(row, FileKind.PDF, login="head")[:5] == b"%PDF-"


def test_announced_visit_is_notified_as_soon_as_the_plan_is_approved(office: TestOffice) -> None:
    walk = Papers(office)
    walk.planned(unannounced=False)
    sheet = walk.sheet(walk.make(DocumentKind.NOTICE, office.unit_id("transport"), contact="0555-1234567"))
    assert sheet.head == "安澜县政府督查室"
    assert sheet.number == MISSING
    assert any("0555-1234567" in text for text in sheet.texts())


def test_unit_version_holds_what_the_unit_may_read_and_nothing_else(office: TestOffice) -> None:
    walk = Papers(office)
    walk.signed().logged()
    answers = "问：何时发现？答：去年冬天就发现了，反映过三次都没有人来看，我就住在旁边。"
    walk.logged(
        kind=RecordKind.INTERVIEW,
        words={
            "person": "证人乙",
            "card_shown": True,
            "questions": answers,
            "read_back": True,
            "signed": True,
        },
    )
    walk.found()
    walk.on_task("du", fieldwork.begin_follow)
    walk.on_task("du", fieldwork.begin_fix)
    walk.on_case("fan", conclusions.begin_conclusion)
    walk.drafted().read_over()
    walk.on_case("fan", conclusions.propose_conclusion)
    walk.on_case("head", conclusions.approve_conclusion)
    unit = office.unit_id("transport")
    printed = "".join(walk.sheet(walk.make(DocumentKind.CONCLUSION, unit, contact="办公室")).texts())
    assert "请于三十日内修复路面。" in printed
    for told in ("证人乙", answers[:20], "情况属实，正在安排修复", "经查，两项均属实。"):
        assert told not in printed
    for text in ("据证人乙说", answers[:24], "电话13800138000"):
        with pytest.raises(InvalidInput) as wrong:
            walk.make(DocumentKind.PRESSING, unit, reason=text)
        assert set(wrong.value.errors) == {"ask-reason"}
    walk.make(DocumentKind.PRESSING, unit, reason="逾期。", contact="证人乙")


@pytest.mark.rule("doc-outward")
def test_witness_in_a_text_of_the_case_keeps_it_in_the_office(office: TestOffice) -> None:
    walk = Papers(office)
    walk.signed().logged()
    walk.logged(
        kind=RecordKind.INTERVIEW,
        words={
            "person": "清溪镇",
            "card_shown": True,
            "questions": "问答。",
            "read_back": True,
            "signed": True,
        },
    )
    with walk.acting("fan") as acting:
        title = acting.open(walk.case.brief_id)["title"]
    assert "清溪镇" not in title
    row = walk.make(DocumentKind.DELIVERY, office.unit_id("transport"))
    assert row.version == 1
    with pytest.raises(Refused) as refused:
        walk.make(DocumentKind.NOTICE, office.unit_id("transport"))
    assert rules(refused) == ["doc-outward"]


def test_days_are_written_out_and_wrong_ones_named(office: TestOffice) -> None:
    walk, unit = Papers(office), office.unit_id("transport")
    walk.docketed()
    with pytest.raises(InvalidInput) as wrong:
        walk.make(DocumentKind.PRESSING, unit, due="31.12.")
    assert set(wrong.value.errors) == {"ask-due"}
    sheet = walk.sheet(walk.make(DocumentKind.PRESSING, unit, due="2026-12-01"))
    assert any("请于2026年12月1日前办结" in text for text in sheet.texts())


def test_paper_of_a_use_is_made_once_it_is_approved(office: TestOffice) -> None:
    walk, unit = Papers(office), office.unit_id("transport")
    walk.docketed()
    paper = UsePaper(unit_id=unit, organ="", addressee="证人乙局长", text="路面修复进展迟缓，请说明原因。")
    with walk.acting("fan") as acting:
        use = using.write_use(acting, case_id=walk.case_id, kind=MeasureKind.TALK, paper=paper)
    with walk.acting("fan") as acting:
        using.propose_use(acting, measure_id=use.id, version=use.version)
    assert DocumentKind.SUMMONS not in kinds(walk, "fan")
    with pytest.raises(Refused) as refused:
        walk.make(DocumentKind.SUMMONS, use.id)
    assert rules(refused) == ["doc-state"]
    with walk.acting("director") as acting:
        using.approve_use(acting, measure_id=use.id, version=use.version + 1)
    sheet = walk.sheet(walk.make(DocumentKind.SUMMONS, use.id, day="2026-12-01", place="县政府三楼"))
    said = "".join(sheet.texts())
    assert "定于2026年12月1日〔未填〕约谈证人乙局长" in said
    assert "路面修复进展迟缓，请说明原因。" in said
    assert DocumentKind.CLEARING not in kinds(walk, "fan")
